import type { Json, JsonObject } from '../schema/json.ts';
import { cloneJson, getOwn, isObject, setOwn } from '../schema/json.ts';

/** RFC 7386: `null` removes a member, objects merge, everything else replaces. Neither argument is changed. */
export function applyMergePatch(document: Json, patch: Json): Json {
  if (!isObject(patch)) return cloneJson(patch);
  const out: JsonObject = {};
  if (isObject(document)) for (const key of Object.keys(document)) setOwn(out, key, document[key] as Json);
  for (const key of Object.keys(patch)) {
    const value = patch[key] as Json;
    if (value === null) delete out[key];
    else setOwn(out, key, applyMergePatch(getOwn(out, key) ?? null, value));
  }
  return out;
}
