import { builtinDefinition } from './builtin-kinds.ts';
import { decodeStruct, GoDecodeError, type KnownMembers } from './decode-builtin.ts';
import type { Json, JsonObject } from './json.ts';
import { canonicalJson, cloneJson, getOwn, isObject, setOwn } from './json.ts';
import type { KindSchema, Schema } from './schema.ts';
import { memberSchema } from './schema.ts';

/**
 * What the server does with every custom object it reads, be it from a request, a patch, a webhook or the store: metadata
 * coerced to ObjectMeta, unknown members pruned, nulls that may not be null dropped, defaults filled in. Throws a
 * {@link GoDecodeError} where metadata is none.
 */
export function normalizeCustom(kind: KindSchema, value: JsonObject): KnownMembers {
  const unknown: string[] = [];
  const { metadata, ...rest } = value;
  const pruned = pruneObject(kind.schema, rest, '', unknown, true);
  const object: JsonObject = {};
  for (const [key, member] of Object.entries(pruned)) {
    if (key !== 'metadata') setOwn(object, key, member);
  }
  if (metadata !== undefined && metadata !== null) object.metadata = readMetadata(metadata, 'metadata', '', unknown);
  dropNulls(kind.schema, object);
  applyDefaults(kind.schema, object);
  return { object, unknown };
}

/** A value without what its schema does not know; the paths of that go to `unknown`. */
export function pruneValue(schema: Schema, value: Json, unknown: string[]): Json {
  return prune(schema, value, '', unknown);
}

function readMetadata(value: Json, path: string, errorPrefix: string, unknown: string[]): Json {
  const schema = builtinDefinition('io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta');
  if (schema === undefined) return value;
  try {
    const found = decodeStruct(schema, value, path, '');
    unknown.push(...found.unknown);
    return found.object;
  } catch (error) {
    if (error instanceof GoDecodeError && errorPrefix !== '') throw new GoDecodeError(`${errorPrefix}${error.message}`);
    throw error;
  }
}

function prune(schema: Schema, value: Json, path: string, unknown: string[]): Json {
  if (Array.isArray(value)) {
    const { items } = schema;
    return items === undefined ? value : value.map((item, index) => prune(items, item, `${path}[${index}]`, unknown));
  }
  if (!isObject(value)) return value;
  return pruneObject(schema, value, path, unknown, schema['x-kubernetes-embedded-resource'] === true);
}

function pruneObject(
  schema: Schema,
  value: JsonObject,
  path: string,
  unknown: string[],
  resource: boolean,
): JsonObject {
  const open = schema['x-kubernetes-preserve-unknown-fields'] === true;
  const out: JsonObject = {};
  for (const [key, member] of Object.entries(value)) {
    const inner = memberSchema(schema, key);
    const at = path === '' ? key : `${path}.${key}`;
    if (resource && (key === 'apiVersion' || key === 'kind')) setOwn(out, key, member);
    else if (resource && path !== '' && key === 'metadata' && member !== null) {
      setOwn(out, key, readMetadata(member, at, `${at}: Invalid value: ${canonicalJson(member)}: `, unknown));
    } else if (inner !== undefined) setOwn(out, key, prune(inner, member, at, unknown));
    else if (open || schema.additionalProperties === true) setOwn(out, key, member);
    else unknown.push(at);
  }
  return out;
}

/** Takes away null members that may not be null and have no default: they count as absent. */
function dropNulls(schema: Schema, value: Json): void {
  if (Array.isArray(value)) {
    if (schema.items !== undefined) for (const item of value) dropNulls(schema.items, item);
    return;
  }
  if (!isObject(value)) return;
  for (const key of Object.keys(value)) {
    const inner = memberSchema(schema, key);
    if (inner === undefined) continue;
    if (value[key] === null && inner.nullable !== true && inner.default === undefined) delete value[key];
    else dropNulls(inner, value[key] as Json);
  }
}

/** Fills defaults of a structural schema into `value`, in place. */
export function applyDefaults(schema: Schema, value: Json): void {
  if (Array.isArray(value)) {
    if (schema.items !== undefined) for (const item of value) applyDefaults(schema.items, item);
    return;
  }
  if (!isObject(value)) return;
  for (const [key, property] of Object.entries(schema.properties ?? {})) {
    if (property.default === undefined) continue;
    const present = getOwn(value, key);
    if (present === undefined || (present === null && property.nullable !== true)) {
      setOwn(value, key, cloneJson(property.default));
    }
  }
  for (const key of Object.keys(value)) {
    const inner = memberSchema(schema, key);
    if (inner !== undefined) applyDefaults(inner, value[key] as Json);
  }
}
