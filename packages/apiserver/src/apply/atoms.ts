import type { Json, JsonObject } from '../schema/json.ts';
import { canonicalJson, compareBytes, getOwn, isObject, setOwn } from '../schema/json.ts';
import type { Schema } from '../schema/schema.ts';
import { isIntOrString, isQuantity } from '../schema/schema.ts';
import type { PathElement } from './field-set.ts';

/** How a value merges: whole, member by member, or item by item. */
export type Atom =
  | { readonly kind: 'leaf' }
  | {
      readonly kind: 'map';
      /** The member's schema, and whether it is a declared field rather than a free key; undefined: not declared. */
      member(key: string): { readonly schema: Schema | undefined; readonly declared: boolean } | undefined;
    }
  | {
      readonly kind: 'list';
      readonly items: Schema | undefined;
      /** Of a map list; a set has none. */
      readonly keys: readonly string[] | undefined;
    };

const leaf: Atom = { kind: 'leaf' };
/** A value nothing is known about: members merge one by one, lists are replaced whole. */
const free: Atom = { kind: 'map', member: () => ({ schema: untyped, declared: false }) };

/** The schema of values below `x-kubernetes-preserve-unknown-fields`. */
const untyped: Schema = Object.freeze({ 'x-kubernetes-preserve-unknown-fields': true });

/** The atom of a value by its schema and, where the schema leaves it open, by the value. */
export function atomOf(schema: Schema | undefined, value: Json | undefined): Atom {
  if (schema === undefined || isIntOrString(schema) || isQuantity(schema)) return leaf;
  const open = schema['x-kubernetes-preserve-unknown-fields'] === true;
  if (schema.type === undefined && schema.properties === undefined) return open && isObject(value) ? free : leaf;
  if (schema.type === 'array') return listAtom(schema);
  if (schema.type !== 'object' && schema.properties === undefined) return leaf;
  if (schema['x-kubernetes-map-type'] === 'atomic') return leaf;
  const { properties, additionalProperties: rest } = schema;
  if (properties === undefined && typeof rest !== 'object') return open ? free : leaf;
  return {
    kind: 'map',
    member: (key) => {
      if (properties !== undefined && Object.hasOwn(properties, key))
        return { schema: properties[key], declared: true };
      if (typeof rest === 'object') return { schema: rest, declared: false };
      return open ? { schema: untyped, declared: false } : undefined;
    },
  };
}

function listAtom(schema: Schema): Atom {
  switch (schema['x-kubernetes-list-type']) {
    case 'set':
      return { kind: 'list', items: schema.items, keys: undefined };
    case 'map':
      return { kind: 'list', items: schema.items, keys: schema['x-kubernetes-list-map-keys'] ?? [] };
    default:
      return leaf;
  }
}

/** How an item of a set or map list is named. Throws an Error where it lacks its keys. */
export function itemElement(
  atom: { readonly items: Schema | undefined; readonly keys: readonly string[] | undefined },
  item: Json,
): PathElement {
  if (atom.keys === undefined) {
    if (isObject(item)) throw new Error("associative list without keys has an element that's a map type");
    if (Array.isArray(item)) throw new Error('not supported: associative list with lists as elements');
    if (item === null) throw new Error("associative list without keys has an element that's an explicit null");
    return `v:${canonicalJson(item)}`;
  }
  if (item === null) throw new Error('associative list with keys may not have a null element');
  if (!isObject(item)) throw new Error('associative list with keys may not have non-map elements');
  const keys: JsonObject = {};
  for (const name of [...atom.keys].sort(compareBytes)) {
    const value = getOwn(item, name) ?? atom.items?.properties?.[name]?.default;
    if (value !== undefined && value !== null) setOwn(keys, name, value);
  }
  if (atom.keys.length > 0 && Object.keys(keys).length === 0) {
    const names = atom.keys.map((name) => JSON.stringify(name)).join(' ');
    throw new Error(
      `associative list with keys has an element that omits all key fields [${names}] (and doesn't have default values for any key fields)`,
    );
  }
  return `k:${canonicalJson(keys)}`;
}
