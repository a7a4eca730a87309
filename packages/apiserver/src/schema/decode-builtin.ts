import type { Json, JsonObject } from './json.ts';
import { isObject, setOwn } from './json.ts';
import type { KindSchema, Schema } from './schema.ts';
import { memberSchema } from './schema.ts';

/** An object without members its schema does not know, and the paths of those members. */
export interface KnownMembers {
  readonly object: JsonObject;
  readonly unknown: readonly string[];
}

/** Reads `value` as Go would read it into the kind's struct: unknown members and nulls are left out. */
export function decodeBuiltin(kind: KindSchema, value: JsonObject): KnownMembers {
  const unknown: string[] = [];
  const object = decodeValue(kind.schema, value, '', unknown) as JsonObject;
  return { object, unknown };
}

function decodeValue(schema: Schema, value: Json, path: string, unknown: string[]): Json {
  if (Array.isArray(value)) {
    const items = schema.items;
    return items === undefined
      ? value
      : value.map((item, index) => decodeValue(items, item, `${path}[${index}]`, unknown));
  }
  if (!isObject(value)) return value;
  if (schema.properties === undefined && schema.additionalProperties === undefined) return value;
  const out: JsonObject = {};
  for (const [key, member] of Object.entries(value)) {
    const inner = memberSchema(schema, key);
    const at = path === '' ? key : `${path}.${key}`;
    if (inner === undefined) unknown.push(at);
    else if (member !== null) setOwn(out, key, decodeValue(inner, member, at, unknown));
  }
  return out;
}
