import type { Json, JsonObject } from '../schema/json.ts';
import { cloneJson, equalJson, getOwn, isObject, setOwn } from '../schema/json.ts';
import type { Schema } from '../schema/schema.ts';
import { memberSchema } from '../schema/schema.ts';

/** Applies a strategic merge patch by the built-in kind's patch strategies and merge keys. Neither argument is changed. */
export function applyStrategicMergePatch(document: JsonObject, patch: JsonObject, schema: Schema): JsonObject {
  const out: JsonObject = {};
  for (const key of Object.keys(document)) setOwn(out, key, document[key] as Json);
  for (const [key, value] of Object.entries(patch)) {
    if (key.startsWith('$')) continue;
    const inner = memberSchema(schema, key);
    const current = getOwn(out, key);
    if (value === null) delete out[key];
    else if (isObject(value) && isObject(current))
      setOwn(out, key, applyStrategicMergePatch(current, value, inner ?? {}));
    else if (
      Array.isArray(value) &&
      Array.isArray(current) &&
      inner?.['x-kubernetes-patch-strategy']?.includes('merge')
    ) {
      setOwn(out, key, mergeList(current, value, inner));
    } else setOwn(out, key, cloneJson(value));
  }
  return out;
}

function mergeList(current: Json[], patch: Json[], schema: Schema): Json[] {
  const out = [...current];
  const mergeKey = schema['x-kubernetes-patch-merge-key'];
  for (const item of patch) {
    if (mergeKey === undefined || !isObject(item)) {
      if (!out.some((other) => equalJson(other, item))) out.push(item);
      continue;
    }
    const index = out.findIndex(
      (other) => isObject(other) && equalJson(getOwn(other, mergeKey), getOwn(item, mergeKey)),
    );
    const found = out[index];
    if (item.$patch === 'delete') {
      if (index >= 0) out.splice(index, 1);
    } else if (isObject(found)) out[index] = applyStrategicMergePatch(found, item, schema.items ?? {});
    else out.push(cloneJson(item));
  }
  return out;
}
