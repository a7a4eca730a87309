import { goText } from '../patch/go-text.ts';
import type { Json, JsonObject } from '../schema/json.ts';
import { equalJson, getOwn, isObject, setOwn } from '../schema/json.ts';
import type { Schema } from '../schema/schema.ts';
import { isIntOrString, isQuantity } from '../schema/schema.ts';
import { type Atom, atomOf, itemElement } from './atoms.ts';
import { FieldSet, FieldSetBuilder, type PathElement, showPath } from './field-set.ts';

type ListAtom = Extract<Atom, { kind: 'list' }>;
type MapAtom = Extract<Atom, { kind: 'map' }>;

/** Everything in `value` that a manager who wrote it would own. */
export function toFieldSet(schema: Schema, value: Json): FieldSet {
  const builder = new FieldSetBuilder();
  collect(schema, value, [], builder);
  return builder.build();
}

function collect(schema: Schema | undefined, value: Json, path: PathElement[], out: FieldSetBuilder): void {
  const atom = atomOf(schema, value);
  if (atom.kind === 'map' && isObject(value)) {
    for (const [key, member] of Object.entries(value)) {
      const found = atom.member(key);
      const at = [...path, `f:${key}`];
      collect(found?.schema, member, at, out);
      const empty = member === null || (isObject(member) && Object.keys(member).length === 0);
      if (empty || found?.declared !== true) out.insert(at);
    }
  } else if (atom.kind === 'list' && Array.isArray(value)) {
    const elements = value.map((item) => elementOf(atom, item));
    for (const [index, element] of elements.entries()) {
      if (element === undefined) continue;
      const at = [...path, element];
      if (elements.indexOf(element) === elements.lastIndexOf(element))
        collect(atom.items, value[index] as Json, at, out);
      out.insert(at);
    }
  } else if (atom.kind === 'leaf') out.insert(path);
}

function elementOf(atom: ListAtom, item: Json): PathElement | undefined {
  try {
    return itemElement(atom, item);
  } catch {
    return undefined;
  }
}

/** Everything wrong with a configuration that is to be applied, as `.path: reason`; empty where it fits its schema. */
export function typeErrors(schema: Schema, value: Json): string[] {
  const errors: string[] = [];
  check(schema, value, [], errors);
  return errors;
}

function check(schema: Schema | undefined, value: Json, path: PathElement[], errors: string[]): void {
  if (value === null) return;
  const fail = (reason: string): void => {
    errors.push(path.length === 0 ? reason : `${showPath(path)}: ${reason}`);
  };
  const atom = atomOf(schema, value);
  const expected = schema?.type;
  if (expected === 'object' && !isObject(value)) fail(`expected map, got &{${goText(value)}}`);
  else if (expected === 'array' && !Array.isArray(value)) fail(`expected list, got &{${goText(value)}}`);
  else if (atom.kind === 'leaf') checkScalar(schema, value, fail);
  else if (atom.kind === 'map' && isObject(value)) checkMembers(atom, value, path, errors);
  else if (atom.kind === 'list' && Array.isArray(value)) checkItems(atom, value, path, errors, fail);
}

function checkScalar(schema: Schema | undefined, value: Json, fail: (reason: string) => void): void {
  if (schema === undefined || isIntOrString(schema) || isQuantity(schema)) return;
  switch (schema.type) {
    case 'integer':
    case 'number':
      if (typeof value !== 'number' && typeof value !== 'bigint')
        fail(`expected numeric (int or float), got ${goTypeOf(value)}`);
      return;
    case 'string':
      if (typeof value !== 'string') fail(`expected string, got &value.valueUnstructured{Value:${goText(value)}}`);
      return;
    case 'boolean':
      if (typeof value !== 'boolean') fail(`expected boolean, got &{${goText(value)}}`);
      return;
    default:
  }
}

function goTypeOf(value: Json): string {
  if (typeof value === 'boolean') return 'bool';
  if (Array.isArray(value)) return '[]interface {}';
  return isObject(value) ? 'map[string]interface {}' : typeof value;
}

function checkMembers(atom: MapAtom, value: JsonObject, path: PathElement[], errors: string[]): void {
  for (const [key, member] of Object.entries(value)) {
    const found = atom.member(key);
    if (found === undefined) errors.push(`${showPath([...path, `f:${key}`])}: field not declared in schema`);
    else check(found.schema, member, [...path, `f:${key}`], errors);
  }
}

function checkItems(
  atom: ListAtom,
  value: Json[],
  path: PathElement[],
  errors: string[],
  fail: (reason: string) => void,
): void {
  const seen = new Set<PathElement>();
  for (const [index, item] of value.entries()) {
    let element: PathElement;
    try {
      element = itemElement(atom, item);
    } catch (error) {
      fail(`element ${index}: ${error instanceof Error ? error.message : String(error)}`);
      return;
    }
    if (seen.has(element)) fail(`duplicate entries for key ${showPath([element])}`);
    seen.add(element);
    check(atom.items, item, [...path, element], errors);
  }
}

/** `live` with everything that `config` says laid over it. Nothing is removed. */
export function mergeTyped(
  schema: Schema | undefined,
  live: Json | undefined,
  config: Json | undefined,
): Json | undefined {
  if (config === undefined) return live;
  if (live === undefined || live === null) return config;
  const atom = atomOf(schema, config);
  if (atom.kind === 'map' && (isObject(config) || config === null) && isObject(live)) {
    if (config === null || (Object.keys(config).length === 0 && Object.keys(live).length === 0)) return config ?? live;
    const out: JsonObject = {};
    for (const key of new Set([...Object.keys(live), ...Object.keys(config)])) {
      const merged = mergeTyped(atom.member(key)?.schema, getOwn(live, key), getOwn(config, key));
      if (merged !== undefined) setOwn(out, key, merged);
    }
    return out;
  }
  if (atom.kind === 'list' && Array.isArray(config) && Array.isArray(live)) {
    return live.length === 0 && config.length === 0 ? config : mergeItems(atom, live, config);
  }
  return config;
}

/**
 * Items of both lists: what stands in both keeps the configuration's order, what only the live list has stays beside its
 * neighbours.
 */
function mergeItems(atom: ListAtom, live: readonly Json[], config: readonly Json[]): Json[] {
  const liveKeys = live.map((item) => elementOf(atom, item) ?? '');
  const configKeys = config.map((item) => elementOf(atom, item) ?? '');
  const liveBy = new Map<PathElement, Json | undefined>();
  for (const [index, key] of liveKeys.entries()) liveBy.set(key, liveBy.has(key) ? undefined : live[index]);
  const configBy = new Map(configKeys.map((key, index) => [key, config[index]]));
  const shared = configKeys.filter((key) => liveBy.has(key));
  let nextShared = shared.shift();
  const done = new Set<PathElement>();
  const out: Json[] = [];
  const push = (key: PathElement): void => {
    const merged = mergeTyped(atom.items, liveBy.get(key), configBy.get(key));
    if (merged !== undefined) out.push(merged);
  };
  let l = 0;
  let r = 0;
  while (l < live.length || r < config.length) {
    const left = liveKeys[l];
    const right = configKeys[r];
    if (left !== undefined && right !== undefined) {
      if (left === right) {
        done.add(left);
        push(left);
        l++;
        r++;
        nextShared = shared.shift();
        continue;
      }
      if (configBy.has(left) && nextShared !== undefined && nextShared !== left) {
        l++;
        continue;
      }
    }
    if (left !== undefined) {
      if (!configBy.has(left)) {
        out.push(live[l] as Json);
        l++;
        continue;
      }
      if (done.has(left)) l++;
    }
    if (right !== undefined) {
      done.add(right);
      push(right);
      r++;
      if (nextShared === right) nextShared = shared.shift();
    }
  }
  return out;
}

/** What differs between two objects. */
export interface Comparison {
  readonly removed: FieldSet;
  readonly modified: FieldSet;
  readonly added: FieldSet;
}

/** Compares two objects of one schema. */
export function compareTyped(schema: Schema, before: Json, after: Json): Comparison {
  const removed = new FieldSetBuilder();
  const modified = new FieldSetBuilder();
  const added = new FieldSetBuilder();
  const sides = { removed, modified, added };
  compare(schema, before, after, [], sides);
  return { removed: removed.build(), modified: modified.build(), added: added.build() };
}

type Sides = Readonly<Record<keyof Comparison, FieldSetBuilder>>;

function compare(
  schema: Schema | undefined,
  before: Json | undefined,
  after: Json | undefined,
  path: PathElement[],
  out: Sides,
): void {
  const a = before === undefined ? undefined : atomOf(schema, before);
  const b = after === undefined ? undefined : atomOf(schema, after);
  const leaf = descend(schema, a, b, before, after, path, out);
  if (path.length === 0) return;
  if (before === undefined) out.added.insert(path);
  else if (after === undefined) out.removed.insert(path);
  else if (leaf && !equalJson(before, after)) out.modified.insert(path);
}

/** Compares what lies below; true where the value counts as one. */
function descend(
  schema: Schema | undefined,
  a: Atom | undefined,
  b: Atom | undefined,
  before: Json | undefined,
  after: Json | undefined,
  path: PathElement[],
  out: Sides,
): boolean {
  const atom = b ?? a;
  if (atom === undefined || schema === undefined) return true;
  if (a !== undefined && b !== undefined && a.kind !== b.kind) return true;
  if (atom.kind === 'map' && isMapOrNothing(before) && isMapOrNothing(after)) {
    const l = isObject(before) ? before : {};
    const r = isObject(after) ? after : {};
    const keys = new Set([...Object.keys(l), ...Object.keys(r)]);
    for (const key of keys) {
      compare(atom.member(key)?.schema, getOwn(l, key), getOwn(r, key), [...path, `f:${key}`], out);
    }
    return keys.size === 0;
  }
  if (atom.kind === 'list' && isListOrNothing(before) && isListOrNothing(after)) {
    const l = Array.isArray(before) ? before : [];
    const r = Array.isArray(after) ? after : [];
    compareItems(atom, l, r, path, out);
    return l.length === 0 && r.length === 0;
  }
  return true;
}

function isMapOrNothing(value: Json | undefined): boolean {
  return value === undefined || value === null || isObject(value);
}

function isListOrNothing(value: Json | undefined): boolean {
  return value === undefined || value === null || Array.isArray(value);
}

function compareItems(
  atom: ListAtom,
  before: readonly Json[],
  after: readonly Json[],
  path: PathElement[],
  out: Sides,
): void {
  const group = (items: readonly Json[]): Map<PathElement, Json[]> => {
    const groups = new Map<PathElement, Json[]>();
    for (const item of items) {
      const element = elementOf(atom, item);
      if (element !== undefined) groups.set(element, [...(groups.get(element) ?? []), item]);
    }
    return groups;
  };
  const left = group(before);
  const right = group(after);
  for (const element of new Set([...left.keys(), ...right.keys()])) {
    const l = left.get(element) ?? [];
    const r = right.get(element) ?? [];
    const at = [...path, element];
    if (l.length <= 1 && r.length <= 1) compare(atom.items, l[0], r[0], at, out);
    else if (l.length >= 2 && r.length >= 2) {
      if (!equalJson(l, r)) out.modified.insert(at);
    } else if (l.length >= 2) {
      if (r.length > 0) compare(atom.items, undefined, r[0], at, out);
      out.removed.insert(at);
    } else {
      if (l.length > 0) compare(atom.items, l[0], undefined, at, out);
      out.added.insert(at);
    }
  }
}

/** `value` without the paths of `set`: members of maps and items of sets and map lists. */
export function removePaths(schema: Schema | undefined, value: Json, set: FieldSet): Json {
  if (set.isEmpty) return value;
  const atom = atomOf(schema, value);
  if (atom.kind === 'map' && isObject(value)) {
    const out: JsonObject = {};
    for (const [key, member] of Object.entries(value)) {
      const element = `f:${key}`;
      if (set.members.has(element)) continue;
      setOwn(out, key, removePaths(atom.member(key)?.schema, member, set.below(element)));
    }
    return Object.keys(out).length === 0 && Object.keys(value).length > 0 ? null : out;
  }
  if (atom.kind === 'list' && Array.isArray(value)) {
    const out: Json[] = [];
    for (const item of value) {
      const element = elementOf(atom, item);
      if (element === undefined) out.push(item);
      else if (!set.members.has(element)) out.push(removePaths(atom.items, item, set.below(element)));
    }
    return out.length === 0 && value.length > 0 ? null : out;
  }
  return value;
}

/** The set with every declared field that has members below it a member itself: taking all of it away takes the field. */
export function withNamedFields(schema: Schema | undefined, set: FieldSet): FieldSet {
  const atom = atomOf(schema, {});
  const list = atomOf(schema, []);
  const members = new Set(set.members);
  const children = new Map<PathElement, FieldSet>();
  for (const [element, child] of set.children) {
    let inner: Schema | undefined;
    if (element.startsWith('f:') && atom.kind === 'map') {
      const found = atom.member(element.slice(2));
      inner = found?.schema;
      if (found?.declared === true) members.add(element);
    } else if (list.kind === 'list') inner = list.items;
    children.set(element, withNamedFields(inner, child));
  }
  return new FieldSet(members, children);
}
