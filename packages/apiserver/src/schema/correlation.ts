import type { Json } from './json.ts';
import { equalJson, getOwn, isObject } from './json.ts';
import type { Schema } from './schema.ts';
import { memberSchema } from './schema.ts';

/**
 * A value of an update beside the value it had before, where the schema tells which one that is: members of maps by name,
 * items of map lists by their keys. What cannot be matched has no correlation.
 */
export class Correlation {
  readonly value: Json;
  readonly old: Json;
  readonly #schema: Schema;
  #equal: boolean | undefined;
  #oldByKey: Map<string, Json> | undefined;

  constructor(value: Json, old: Json, schema: Schema) {
    this.value = value;
    this.old = old;
    this.#schema = schema;
  }

  /** Whether the value is what it was; errors of such a value are let through. */
  get unchanged(): boolean {
    this.#equal ??= equalJson(this.value, this.old);
    return this.#equal;
  }

  key(name: string): Correlation | undefined {
    if (!isObject(this.value) || !isObject(this.old)) return undefined;
    const value = getOwn(this.value, name);
    const old = getOwn(this.old, name);
    const schema = memberSchema(this.#schema, name);
    if (value === undefined || old === undefined || schema === undefined) return undefined;
    return new Correlation(value, old, schema);
  }

  index(index: number): Correlation | undefined {
    if (!Array.isArray(this.value) || !Array.isArray(this.old)) return undefined;
    const item = this.value[index];
    const schema = this.#schema.items;
    const keys = this.#schema['x-kubernetes-list-map-keys'];
    if (this.#schema['x-kubernetes-list-type'] !== 'map' || keys === undefined || schema === undefined)
      return undefined;
    if (!isObject(item)) return undefined;
    this.#oldByKey ??= indexByKeys(this.old, keys);
    const old = this.#oldByKey.get(listMapKey(item, keys));
    return old === undefined ? undefined : new Correlation(item, old, schema);
  }
}

function indexByKeys(items: readonly Json[], keys: readonly string[]): Map<string, Json> {
  const out = new Map<string, Json>();
  for (const item of items) {
    if (!isObject(item)) continue;
    const key = listMapKey(item, keys);
    if (!out.has(key)) out.set(key, item);
  }
  return out;
}

function listMapKey(item: { [key: string]: Json }, keys: readonly string[]): string {
  return keys.map((key) => `${typeof getOwn(item, key)}:${String(getOwn(item, key))}`).join('\u0000');
}
