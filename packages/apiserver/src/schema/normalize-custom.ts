import { builtinDefinition } from './builtin-kinds.ts';
import type { KnownMembers } from './decode-builtin.ts';
import type { Json, JsonObject } from './json.ts';
import { cloneJson, isObject, setOwn } from './json.ts';
import type { KindSchema, Schema } from './schema.ts';
import { memberSchema } from './schema.ts';

/**
 * What the server does with every custom object it reads, be it from a request, a patch, a webhook or the store: metadata
 * coerced to ObjectMeta, unknown members pruned, defaults filled in.
 */
export function normalizeCustom(kind: KindSchema, value: JsonObject): KnownMembers {
  const unknown: string[] = [];
  const object = prune(rootSchema(kind), value, '', unknown) as JsonObject;
  applyDefaults(kind.schema, object);
  return { object, unknown };
}

function rootSchema(kind: KindSchema): Schema {
  const metadata = builtinDefinition('io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta');
  return {
    ...kind.schema,
    properties: {
      ...kind.schema.properties,
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      ...(metadata === undefined ? {} : { metadata }),
    },
  };
}

function prune(schema: Schema, value: Json, path: string, unknown: string[]): Json {
  if (Array.isArray(value)) {
    const items = schema.items;
    return items === undefined ? value : value.map((item, index) => prune(items, item, `${path}[${index}]`, unknown));
  }
  if (!isObject(value)) return value;
  const out: JsonObject = {};
  for (const [key, member] of Object.entries(value)) {
    const inner = memberSchema(schema, key);
    const at = path === '' ? key : `${path}.${key}`;
    if (inner !== undefined) setOwn(out, key, prune(inner, member, at, unknown));
    else if (schema['x-kubernetes-preserve-unknown-fields'] === true) setOwn(out, key, member);
    else unknown.push(at);
  }
  return out;
}

/** Fills defaults of a structural schema into `value`, in place. */
export function applyDefaults(schema: Schema, value: Json): void {
  if (Array.isArray(value)) {
    if (schema.items !== undefined) for (const item of value) applyDefaults(schema.items, item);
    return;
  }
  if (!isObject(value)) return;
  for (const [key, property] of Object.entries(schema.properties ?? {})) {
    const missing = !Object.hasOwn(value, key) || (value[key] === null && property.nullable !== true);
    if (property.default !== undefined && missing) setOwn(value, key, cloneJson(property.default));
  }
  for (const key of Object.keys(value)) {
    const inner = memberSchema(schema, key);
    if (inner !== undefined) applyDefaults(inner, value[key] as Json);
  }
}
