import type { FieldError } from './field-error.ts';
import { fieldError } from './field-error.ts';
import type { Json, JsonObject } from './json.ts';
import { canonicalJson, getOwn, isObject, setOwn } from './json.ts';
import type { Schema } from './schema.ts';

/** Finds items that stand twice in lists of type set, and keys that stand twice in lists of type map. */
export function validateListTypes(schema: Schema, value: Json, path: string): FieldError[] {
  const errors: FieldError[] = [];
  walk(schema, value, path, errors);
  return errors;
}

function walk(schema: Schema, value: Json, path: string, errors: FieldError[]): void {
  if (Array.isArray(value)) {
    const type = schema['x-kubernetes-list-type'];
    if (type === 'set') {
      for (const index of repeated(value)) errors.push(fieldError.duplicate(`${path}[${index}]`, value[index] as Json));
    } else if (type === 'map') errors.push(...listMapErrors(schema['x-kubernetes-list-map-keys'] ?? [], value, path));
    if (schema.items !== undefined) {
      for (const [index, item] of value.entries()) walk(schema.items, item, `${path}[${index}]`, errors);
    }
    return;
  }
  if (!isObject(value)) return;
  const properties = schema.properties ?? {};
  const rest = typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined;
  for (const [key, member] of Object.entries(value)) {
    if (Object.hasOwn(properties, key))
      walk(properties[key] ?? {}, member, path === '' ? key : `${path}.${key}`, errors);
    else if (rest !== undefined) walk(rest, member, `${path}[${key}]`, errors);
  }
}

/** Index of the second appearance of each value that appears more than once. */
function repeated(values: readonly Json[]): number[] {
  const times = new Map<string, number>();
  const out: number[] = [];
  for (const [index, value] of values.entries()) {
    const key = canonicalJson(value);
    const seen = times.get(key) ?? 0;
    times.set(key, seen + 1);
    if (seen === 1) out.push(index);
  }
  return out;
}

function listMapErrors(keyNames: readonly string[], items: readonly Json[], path: string): FieldError[] {
  for (const [index, item] of items.entries()) {
    if (item !== null && !isObject(item)) {
      return [fieldError.invalid(`${path}[${index}]`, item, 'must be an object for an array of list-type map')];
    }
  }
  const keys = items.map((item) => {
    const key: JsonObject = {};
    for (const name of keyNames) {
      const part = isObject(item) ? getOwn(item, name) : undefined;
      if (part !== undefined) setOwn(key, name, part);
    }
    return key;
  });
  return repeated(keys).map((index) => fieldError.duplicate(`${path}[${index}]`, keys[index] ?? {}));
}
