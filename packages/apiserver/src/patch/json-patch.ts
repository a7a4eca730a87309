import type { Json, JsonObject } from '../schema/json.ts';
import { cloneJson, equalJson, getOwn, isObject, setOwn } from '../schema/json.ts';

/** Most operations one JSON patch may have. */
export const maxOperations = 10_000;

/** Thrown where an operation does not apply; the message is that of the library kube-apiserver uses (evanphx/json-patch 4). */
export class JsonPatchError extends Error {
  override readonly name = 'JsonPatchError';
}

type Container = JsonObject | Json[];

/**
 * Applies RFC 6902 operations, in order, to a copy of `document`. Beyond the RFC, as on a real server: a negative index
 * counts from the end, `replace` and `test` of an absent member see it as null, `test` of absent against null passes.
 */
export function applyJsonPatch(document: Json, operations: readonly JsonObject[]): Json {
  let root = cloneJson(document);
  for (const operation of operations) root = applyOperation(root, operation);
  return root;
}

function applyOperation(root: Json, operation: JsonObject): Json {
  const kind = getOwn(operation, 'op');
  switch (kind) {
    case 'add': {
      const path = pathOf(operation, 'add operation failed to decode path: missing value');
      const place = find(root, path);
      if (place === undefined) {
        throw new JsonPatchError(`add operation does not apply: doc is missing path: "${path}": missing value`);
      }
      during(`error in add for path: '${path}'`, () => add(place.container, place.key, operand(operation)));
      return root;
    }
    case 'remove': {
      const path = pathOf(operation, 'remove operation failed to decode path: missing value');
      const place = find(root, path);
      if (place === undefined) {
        throw new JsonPatchError(`remove operation does not apply: doc is missing path: "${path}": missing value`);
      }
      during(`error in remove for path: '${path}'`, () => remove(place.container, place.key));
      return root;
    }
    case 'replace':
      return replace(root, operation);
    case 'move':
      return move(root, operation);
    case 'copy':
      return copy(root, operation);
    case 'test':
      test(root, operation);
      return root;
    default:
      throw new JsonPatchError(`Unexpected kind: ${typeof kind === 'string' ? kind : 'unknown'}`);
  }
}

function replace(root: Json, operation: JsonObject): Json {
  const path = pathOf(
    operation,
    'replace operation failed to decode path: operation missing path field: missing value',
  );
  if (path === '') {
    const value = operand(operation);
    if (!isObject(value) && !Array.isArray(value)) {
      throw new JsonPatchError('replace operation value must be object or array: %!w(<nil>)');
    }
    return value;
  }
  const place = find(root, path);
  if (place === undefined) {
    throw new JsonPatchError(`replace operation does not apply: doc is missing path: ${path}: missing value`);
  }
  try {
    get(place.container, place.key);
  } catch {
    throw new JsonPatchError(`replace operation does not apply: doc is missing key: ${path}: missing value`);
  }
  const { container, key } = place;
  if (Array.isArray(container)) container[indexIn(container.length, key)] = operand(operation);
  else setOwn(container, key, operand(operation));
  return root;
}

function move(root: Json, operation: JsonObject): Json {
  const from = fromOf(operation, 'move');
  const source = find(root, from);
  if (source === undefined) {
    throw new JsonPatchError(`move operation does not apply: doc is missing from path: ${from}: missing value`);
  }
  const value = during(`error in move for path: '${source.key}'`, () => {
    const found = get(source.container, source.key);
    remove(source.container, source.key);
    return found;
  });
  const path = pathOf(operation, 'move operation failed to decode path: operation missing path field: missing value');
  const target = find(root, path);
  if (target === undefined) {
    throw new JsonPatchError(`move operation does not apply: doc is missing destination path: ${path}: missing value`);
  }
  during(`error in move for path: '${path}'`, () => add(target.container, target.key, value ?? null));
  return root;
}

function copy(root: Json, operation: JsonObject): Json {
  const from = fromOf(operation, 'copy');
  const source = find(root, from);
  if (source === undefined) {
    throw new JsonPatchError(`copy operation does not apply: doc is missing from path: ${from}: missing value`);
  }
  const value = during(`error in copy for from: '${from}'`, () => get(source.container, source.key));
  const path = pathOf(operation, 'copy operation failed to decode path: missing value');
  const target = find(root, path);
  if (target === undefined) {
    throw new JsonPatchError(`copy operation does not apply: doc is missing destination path: ${path}: missing value`);
  }
  during('error while adding value during copy', () => add(target.container, target.key, cloneJson(value ?? null)));
  return root;
}

function test(root: Json, operation: JsonObject): void {
  const path = pathOf(operation, 'test operation failed to decode path: operation missing path field: missing value');
  const expected = getOwn(operation, 'value') ?? null;
  if (path === '') {
    if (!equalJson(root, expected)) throw new JsonPatchError(`testing value ${path} failed: test failed`);
    return;
  }
  const place = find(root, path);
  if (place === undefined) {
    throw new JsonPatchError(`test operation does not apply: is missing path: ${path}: missing value`);
  }
  const actual = during(`error in test for path: '${path}'`, () => get(place.container, place.key)) ?? null;
  if (!equalJson(actual, expected)) throw new JsonPatchError(`testing value ${path} failed: test failed`);
}

function pathOf(operation: JsonObject, missing: string): string {
  const path = getOwn(operation, 'path');
  if (typeof path !== 'string') throw new JsonPatchError(missing);
  return path;
}

function fromOf(operation: JsonObject, kind: string): string {
  const from = getOwn(operation, 'from');
  if (typeof from !== 'string') {
    throw new JsonPatchError(`${kind} operation failed to decode from: operation, missing from field: missing value`);
  }
  return from;
}

function operand(operation: JsonObject): Json {
  return cloneJson(getOwn(operation, 'value') ?? null);
}

function during<T>(what: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof JsonPatchError) throw new JsonPatchError(`${what}: ${error.message}`);
    throw error;
  }
}

function find(root: Json, path: string): { container: Container; key: string } | undefined {
  const parts = path.split('/');
  if (parts.length < 2) return undefined;
  let at: Json = root;
  for (const part of parts.slice(1, -1)) {
    if (!isObject(at) && !Array.isArray(at)) return undefined;
    try {
      at = get(at, unescapeKey(part)) ?? null;
    } catch {
      return undefined;
    }
  }
  if (!isObject(at) && !Array.isArray(at)) return undefined;
  return { container: at, key: unescapeKey(parts.at(-1) ?? '') };
}

function unescapeKey(part: string): string {
  return part.replace(/~[01]/g, (code) => (code === '~1' ? '/' : '~'));
}

function atoi(key: string): number {
  if (!/^[+-]?\d+$/.test(key)) throw new JsonPatchError(`strconv.Atoi: parsing ${JSON.stringify(key)}: invalid syntax`);
  const number = Number(key);
  if (!Number.isSafeInteger(number)) {
    throw new JsonPatchError(`strconv.Atoi: parsing ${JSON.stringify(key)}: value out of range`);
  }
  return number;
}

function indexIn(length: number, key: string): number {
  const index = atoi(key);
  if (index >= length || index < -length) {
    throw new JsonPatchError(`Unable to access invalid index: ${index}: invalid index referenced`);
  }
  return index < 0 ? index + length : index;
}

function get(container: Container, key: string): Json | undefined {
  return Array.isArray(container) ? container[indexIn(container.length, key)] : getOwn(container, key);
}

function add(container: Container, key: string, value: Json): void {
  if (!Array.isArray(container)) setOwn(container, key, value);
  else if (key === '-') container.push(value);
  else {
    if (!/^[+-]?\d+$/.test(key)) {
      throw new JsonPatchError(
        `value was not a proper array index: '${key}': strconv.Atoi: parsing ${JSON.stringify(key)}: invalid syntax`,
      );
    }
    container.splice(indexIn(container.length + 1, key), 0, value);
  }
}

function remove(container: Container, key: string): void {
  if (Array.isArray(container)) container.splice(indexIn(container.length, key), 1);
  else {
    if (!Object.hasOwn(container, key))
      throw new JsonPatchError(`Unable to remove nonexistent key: ${key}: missing value`);
    delete container[key];
  }
}
