import type { Json, JsonObject } from '../schema/json.ts';
import { cloneJson, equalJson, getOwn, isObject, setOwn } from '../schema/json.ts';
import type { Schema } from '../schema/schema.ts';
import { memberSchema } from '../schema/schema.ts';
import { goText } from './go-text.ts';

const marker = '$patch';
const retainKeys = '$retainKeys';
const orderPrefix = '$setElementOrder';
const deletePrefix = '$deleteFromPrimitiveList';

/** Thrown where a strategic merge patch cannot be applied. `code`: 400 for a malformed directive, else 500 as the real server answers. */
export class StrategicPatchError extends Error {
  override readonly name = 'StrategicPatchError';
  readonly code: 400 | 500;

  constructor(message: string, code: 400 | 500 = 500) {
    super(message);
    this.code = code;
  }
}

/**
 * Applies a strategic merge patch by the built-in kind's patch strategies and merge keys, with its directives: `$patch`
 * (replace, delete), `$retainKeys`, `$setElementOrder/…`, `$deleteFromPrimitiveList/…`. Neither argument is changed.
 */
export function applyStrategicMergePatch(document: JsonObject, patch: JsonObject, schema: Schema): JsonObject {
  return mergeMap(cloneJson(document), cloneJson(patch), schema);
}

function mergeMap(original: JsonObject, patch: JsonObject, schema: Schema | undefined): JsonObject {
  const directive = getOwn(patch, marker);
  if (directive !== undefined) {
    if (directive === 'replace') {
      delete patch[marker];
      return patch;
    }
    if (directive === 'delete') return {};
    throw new StrategicPatchError(`unknown patch type: ${goText(directive)} in map: ${goText(patch)}`);
  }
  keepOnly(original, patch);
  mergeOrdered(original, patch, schema);
  for (const [key, value] of Object.entries(patch)) {
    const deletion = key.startsWith(deletePrefix);
    const name = deletion ? directiveTarget(key, deletePrefix, 'invalid patch format of primitive list') : key;
    if (value === null) {
      delete original[name];
      continue;
    }
    mergeMember(original, name, value, schema, deletion);
  }
  return original;
}

function mergeMember(
  original: JsonObject,
  name: string,
  value: Json,
  schema: Schema | undefined,
  deletion: boolean,
): void {
  const current = getOwn(original, name);
  const inner = memberSchema(schema, name);
  if (isObject(current) && isObject(value)) {
    const replace = strategies(inner).includes('replace');
    setOwn(original, name, replace ? value : mergeMap(current, value, inner));
  } else if (Array.isArray(current) && Array.isArray(value)) {
    setOwn(original, name, mergeList(current, value, inner, deletion));
  } else if (!deletion) put(original, name, value);
}

function strategies(schema: Schema | undefined): string[] {
  return (schema?.['x-kubernetes-patch-strategy'] ?? '').split(',');
}

function put(original: JsonObject, name: string, value: Json): void {
  const kept = withoutDirectives(withoutNulls(value));
  if (kept === undefined) delete original[name];
  else setOwn(original, name, kept);
}

function withoutNulls(value: Json): Json {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isObject(value)) return value;
  const out: JsonObject = {};
  for (const [key, member] of Object.entries(value)) if (member !== null) setOwn(out, key, withoutNulls(member));
  return out;
}

/** A value to be taken over whole, undefined where it is itself a directive. */
function withoutDirectives(value: Json): Json | undefined {
  if (Array.isArray(value)) return value.flatMap((item) => withoutDirectives(item) ?? []);
  if (!isObject(value)) return value;
  if (Object.hasOwn(value, marker)) return undefined;
  const out: JsonObject = {};
  for (const [key, member] of Object.entries(value)) {
    const kept = withoutDirectives(member);
    if (kept !== undefined) setOwn(out, key, kept);
  }
  return out;
}

function keepOnly(original: JsonObject, patch: JsonObject): void {
  const keys = getOwn(patch, retainKeys);
  if (keys === undefined) return;
  delete patch[retainKeys];
  if (!Array.isArray(keys)) throw new StrategicPatchError('invalid patch format of retainKeys', 400);
  for (const [key, value] of Object.entries(patch)) {
    if (value === null || key.startsWith(deletePrefix) || key.startsWith(orderPrefix)) continue;
    if (!keys.includes(key)) throw new StrategicPatchError('invalid patch format of retainKeys', 400);
  }
  for (const key of Object.keys(original)) if (!keys.includes(key)) delete original[key];
}

function directiveTarget(key: string, prefix: string, message: string): string {
  const slash = key.indexOf('/');
  if (slash < 0 || key.slice(0, slash) !== prefix) throw new StrategicPatchError(message, 400);
  return key.slice(slash + 1);
}

/** Lists with an order directive: merged, then the named items in the directive's order among the others. */
function mergeOrdered(original: JsonObject, patch: JsonObject, schema: Schema | undefined): void {
  for (const [key, order] of Object.entries(patch)) {
    if (!key.startsWith(orderPrefix)) continue;
    delete patch[key];
    const name = directiveTarget(key, orderPrefix, 'invalid patch format of setElementOrder list');
    const list = getOwn(original, name);
    const given = getOwn(patch, name);
    for (const value of [order, list, given]) {
      if (value !== undefined && !Array.isArray(value)) {
        throw new StrategicPatchError(`expected a []interface {}, but received a ${goType(value)}`);
      }
    }
    if (!Array.isArray(order)) continue;
    const inner = memberSchema(schema, name);
    const mergeKey = inner?.['x-kubernetes-patch-merge-key'];
    checkOrder(Array.isArray(given) ? given : [], order, mergeKey);
    if (!Array.isArray(list) && !Array.isArray(given)) continue;
    const before = Array.isArray(list) ? list : [];
    let merged: Json[];
    if (!Array.isArray(given)) merged = before;
    else if (!Array.isArray(list)) merged = (withoutDirectives(given) as Json[] | undefined) ?? [];
    else merged = mergeList([...before], given, inner, false);
    setOwn(original, name, arrange(merged, order, before, mergeKey));
    delete patch[name];
  }
}

function checkOrder(given: readonly Json[], order: readonly Json[], mergeKey: string | undefined): void {
  if (given.length === 0 || order.length === 0) return;
  const kept = given.filter((item) => !(isObject(item) && Object.hasOwn(item, marker)));
  let at = 0;
  for (const item of order) {
    const next = kept[at];
    if (next === undefined) break;
    if (equalJson(identity(next, mergeKey), identity(item, mergeKey))) at++;
  }
  if (at < kept.length) {
    throw new StrategicPatchError(
      `The order in patch list:\n${goText([...given])}\n doesn't match ${orderPrefix} list:\n${goText([...order])}\n`,
    );
  }
}

/** What tells an item from the others: its merge key's value, or itself. Throws where the key is missing. */
function identity(item: Json, mergeKey: string | undefined): Json {
  if (mergeKey === undefined || !isObject(item)) return item;
  const value = getOwn(item, mergeKey);
  if (value === undefined) {
    throw new StrategicPatchError(`map: ${goText(item)} does not contain declared merge key: ${mergeKey}`);
  }
  return value;
}

function mergeList(original: Json[], patch: Json[], schema: Schema | undefined, deletion: boolean): Json[] {
  if (!deletion && !strategies(schema).includes('merge')) return patch;
  if (original.length === 0 && patch.length === 0) return original;
  const [first] = original.length > 0 ? original : patch;
  if (!isObject(first)) {
    if (deletion) return original.filter((item) => !patch.some((other) => equalJson(item, other)));
    const merged: Json[] = [];
    for (const item of [...original, ...patch]) if (!merged.some((other) => equalJson(other, item))) merged.push(item);
    return arrange(merged, patch, original, undefined);
  }
  const mergeKey = schema?.['x-kubernetes-patch-merge-key'];
  if (mergeKey === undefined) throw new StrategicPatchError('cannot merge lists without merge key for ');
  const { before, items } = specialItems(original, patch, mergeKey);
  const merged = [...before];
  for (const item of items) {
    const key = identity(item, mergeKey);
    const index = merged.findIndex((other) => isObject(other) && equalJson(getOwn(other, mergeKey), key));
    const found = merged[index];
    if (isObject(found) && isObject(item)) merged[index] = mergeMap(found, item, schema?.items);
    else merged.push(item);
  }
  return arrange(merged, items, before, mergeKey).map((item) => withoutNulls(item));
}

function specialItems(
  original: Json[],
  patch: readonly Json[],
  mergeKey: string,
): { readonly before: Json[]; readonly items: Json[] } {
  let before = original;
  let replace = false;
  const items: Json[] = [];
  for (const item of patch) {
    const directive = isObject(item) ? getOwn(item, marker) : undefined;
    if (!isObject(item) || directive === undefined) items.push(item);
    else if (directive === 'delete') {
      const key = identity(item, mergeKey);
      before = before.filter((other) => !(isObject(other) && equalJson(getOwn(other, mergeKey), key)));
    } else if (directive === 'replace') replace = true;
    else if (directive === 'merge') throw new StrategicPatchError('merging lists cannot yet be specified in the patch');
    else throw new StrategicPatchError(`unknown patch type: ${goText(directive)} in map: ${goText(item)}`);
  }
  return replace ? { before: items, items: [] } : { before, items };
}

/**
 * The list with the items that `order` names in that order, and the others, in the order they had, each before the first
 * named item that once stood behind it.
 */
function arrange(
  list: readonly Json[],
  order: readonly Json[],
  before: readonly Json[],
  mergeKey: string | undefined,
): Json[] {
  const position = (items: readonly Json[], item: Json): number => {
    const key = identity(item, mergeKey);
    return items.findIndex((other) => equalJson(identity(other, mergeKey), key));
  };
  const named = list
    .filter((item) => position(order, item) >= 0)
    .sort((a, b) => position(order, a) - position(order, b));
  const others = list.filter((item) => position(order, item) < 0);
  others.sort((a, b) => {
    const [x, y] = [position(before, a), position(before, b)];
    return x < 0 || y < 0 ? 0 : x - y;
  });
  const out: Json[] = [];
  let i = 0;
  let j = 0;
  while (i < others.length || j < named.length) {
    const left = others[i];
    const right = named[j];
    if (right === undefined || (left !== undefined && stoodBefore(position(before, left), position(before, right)))) {
      out.push(left as Json);
      i++;
    } else {
      out.push(right);
      j++;
    }
  }
  return out;
}

function stoodBefore(left: number, right: number): boolean {
  return left >= 0 && right >= 0 && left < right;
}

function goType(value: Json): string {
  if (isObject(value)) return 'map[string]interface {}';
  if (typeof value === 'boolean') return 'bool';
  return typeof value === 'string' ? 'string' : 'int64';
}
