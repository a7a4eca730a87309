import type { JsonObject } from '../schema/json.ts';
import { cloneJson, equalJson, objectAt, setOwn, stringAt } from '../schema/json.ts';
import { applyDefaults } from '../schema/normalize-custom.ts';
import { rootSchema } from '../schema/root-schema.ts';
import type { KindSchema, Schema } from '../schema/schema.ts';
import { apiVersionText } from '../schema/schema.ts';
import { StatusError } from '../schema/status-error.ts';
import { conflictError, type ManagerConflict } from './conflicts.ts';
import { FieldSet, fieldSetOf } from './field-set.ts';
import { allowedByLastApplied, updateLastApplied } from './last-applied.ts';
import {
  entryKey,
  type ManagedEntry,
  type Managers,
  readManagers,
  resetsManagers,
  withManagers,
} from './managed-fields.ts';
import { resetFields } from './reset-fields.ts';
import { compareTyped, mergeTyped, removePaths, toFieldSet, typeErrors, withNamedFields } from './typed-walks.ts';

/** Who writes, and through what: one entry of managedFields. */
export interface Writer {
  /** `fieldManager` of the request, else {@link managerOfUserAgent}. */
  readonly manager: string;
  /** `status`, `scale`, … or empty. */
  readonly subresource: string;
  /** RFC 3339, whole seconds. */
  readonly time: string;
}

/** Fields of every object that no manager owns. */
const stripped = fieldSetOf(
  ['apiVersion'],
  ['kind'],
  ['metadata'],
  ['metadata', 'name'],
  ['metadata', 'namespace'],
  ['metadata', 'creationTimestamp'],
  ['metadata', 'selfLink'],
  ['metadata', 'uid'],
  ['metadata', 'clusterName'],
  ['metadata', 'generation'],
  ['metadata', 'managedFields'],
  ['metadata', 'resourceVersion'],
);

/** The manager of what an object had before its first apply. */
const beforeFirstApply = 'before-first-apply';
/** The manager into which the oldest updates are merged when there are too many. */
const ancientChanges = 'ancient-changes';
const maxUpdateManagers = 10;
const currentOperation = '\u0000current';

/**
 * Server-side apply: merges `applied` (as the client sent it, already parsed) into `live` and returns the object with its
 * managedFields. `live` undefined: creates. A custom object comes back with its schema's defaults; a built-in one is yet
 * to be decoded and defaulted as any other. Throws a StatusError: 409 naming each conflicting field and its managers
 * unless `force`, 400 for another version or given managedFields, 500 (as the real server) where the configuration is not
 * of the kind's schema.
 */
export function applyObject(options: {
  readonly kind: KindSchema;
  readonly live: JsonObject | undefined;
  readonly applied: JsonObject;
  readonly writer: Writer;
  readonly force: boolean;
}): JsonObject {
  const { kind, applied, writer } = options;
  checkApplied(kind, applied);
  const schema = rootSchema(kind);
  const errors = typeErrors(schema, applied);
  if (errors.length > 0) throw untyped(kind, applied, errors);
  const live = withoutManagers(options.live ?? newObject(kind));
  let managers = readManagers(options.live) ?? new Map<string, ManagedEntry>();
  if (managers.size === 0 && options.live !== undefined) {
    managers = updatedManagers(kind, schema, {
      live: newObject(kind),
      object: live,
      managers,
      writer: { ...writer, manager: beforeFirstApply },
    });
  }
  const run = (force: boolean): ApplyResult => applyTyped({ kind, schema, live, applied, managers, writer, force });
  let result = run(options.force);
  if (result.kind === 'conflict' && writer.manager === 'kubectl') {
    const allowed = allowedByLastApplied(kind, schema, live);
    if (allowed !== undefined) {
      const rest = result.conflicts.filter((conflict) => !allowed.has(conflict.path));
      result = rest.length === 0 ? run(true) : { kind: 'conflict', conflicts: rest };
    }
  }
  if (result.kind === 'conflict') throw conflictError(result.conflicts);
  const object = writer.manager === 'kubectl' ? updateLastApplied(result.object, applied) : result.object;
  return withManagers(object, result.managers);
}

function checkApplied(kind: KindSchema, applied: JsonObject): void {
  const apiVersion = stringAt(applied, 'apiVersion') ?? '';
  const name = stringAt(applied, 'kind') ?? '';
  if (apiVersion !== apiVersionText(kind) || name !== kind.kind) {
    const shown = apiVersion.includes('/') ? apiVersion : `/${apiVersion}`;
    throw StatusError.badRequest(`invalid object type: ${shown}, Kind=${name}`);
  }
  if (
    Object.hasOwn(objectAt(applied, 'metadata'), 'managedFields') &&
    objectAt(applied, 'metadata').managedFields !== null
  ) {
    throw StatusError.badRequest('metadata.managedFields must be nil');
  }
}

function untyped(kind: KindSchema, applied: JsonObject, errors: readonly string[]): StatusError {
  const metadata = objectAt(applied, 'metadata');
  const name = `${stringAt(metadata, 'namespace') ?? ''}/${stringAt(metadata, 'name') ?? ''}`;
  const text = errors.length === 1 ? (errors[0] ?? '') : `errors:\n${errors.map((error) => `  ${error}`).join('\n')}`;
  return new StatusError({
    code: 500,
    reason: '',
    message: `failed to create typed patch object (${name}; ${kind.group}/${kind.version}, Kind=${kind.kind}): ${text}`,
  });
}

/** The object before it is created. A built-in one has the members that Go writes even when they are empty. */
function newObject(kind: KindSchema): JsonObject {
  const zero = kind.origin === 'builtin' ? zeroStruct(kind.schema, 0) : {};
  return { ...zero, apiVersion: apiVersionText(kind), kind: kind.kind };
}

function zeroStruct(schema: Schema, depth: number): JsonObject {
  const out: JsonObject = {};
  for (const [key, property] of Object.entries(schema.properties ?? {})) {
    if (property.properties !== undefined && property.default !== undefined && depth < 8) {
      setOwn(out, key, zeroStruct(property, depth + 1));
    } else if (property.default !== undefined) setOwn(out, key, property.default);
    else if (schema.required?.includes(key) === true) setOwn(out, key, null);
  }
  return out;
}

function withoutManagers(object: JsonObject): JsonObject {
  if (!Object.hasOwn(objectAt(object, 'metadata'), 'managedFields')) return object;
  const { managedFields: _dropped, ...metadata } = objectAt(object, 'metadata');
  return { ...object, metadata };
}

type ApplyResult =
  | { readonly kind: 'applied'; readonly object: JsonObject; readonly managers: Managers }
  | { readonly kind: 'conflict'; readonly conflicts: readonly ManagerConflict[] };

function applyTyped(options: {
  readonly kind: KindSchema;
  readonly schema: Schema;
  readonly live: JsonObject;
  readonly applied: JsonObject;
  readonly managers: Managers;
  readonly writer: Writer;
  readonly force: boolean;
}): ApplyResult {
  const { kind, schema, live, applied, writer, force } = options;
  const managers: Managers = new Map(options.managers);
  const ignored = resetFields(kind, writer.subresource);
  const entry: ManagedEntry = {
    manager: writer.manager,
    operation: 'Apply',
    subresource: writer.subresource,
    apiVersion: apiVersionText(kind),
    time: undefined,
    fields: toFieldSet(schema, applied).without(ignored),
  };
  const key = entryKey(entry);
  const last = managers.get(key);
  managers.set(key, entry);
  const merged = mergeTyped(schema, live, applied) as JsonObject;
  const pruned = last === undefined ? merged : prune(schema, merged, managers, last.fields);
  const { conflicts, others } = settle({ schema, live, object: pruned, managers, own: key, ignored });
  if (conflicts.length > 0 && !force) return { kind: 'conflict', conflicts };
  const changed = !equalJson(live, pruned);
  const fields = entry.fields.difference(stripped);
  if (fields.isEmpty) others.delete(key);
  else others.set(key, { ...entry, fields, time: changed ? writer.time : last?.time });
  if (!changed) return { kind: 'applied', object: live, managers: others };
  const object = cloneJson(pruned);
  if (kind.origin === 'custom') applyDefaults(kind.schema, object);
  return { kind: 'applied', object, managers: others };
}

/** Takes away what this manager applied before and does not any more, where nobody else owns it. */
function prune(schema: Schema, merged: JsonObject, managers: Managers, last: FieldSet): JsonObject {
  if (last.isEmpty) return merged;
  const named = (set: FieldSet): FieldSet => withNamedFields(schema, set);
  const all = named(toFieldSet(schema, merged));
  const lastNamed = named(last);
  const without = removePaths(schema, merged, lastNamed);
  let owned = FieldSet.empty;
  for (const entry of managers.values()) owned = owned.union(entry.fields);
  const kept = named(toFieldSet(schema, without)).union(named(owned));
  const addedBack = removePaths(schema, merged, all.difference(kept));
  const gone = all.difference(named(toFieldSet(schema, addedBack))).intersection(lastNamed);
  return (removePaths(schema, merged, gone) ?? {}) as JsonObject;
}

/** What a change takes from the other managers: fields it gave another value are conflicts, removed ones are forgotten. */
function settle(options: {
  readonly schema: Schema;
  readonly live: JsonObject;
  readonly object: JsonObject;
  readonly managers: Managers;
  readonly own: string;
  readonly ignored: FieldSet;
}): { readonly conflicts: ManagerConflict[]; readonly others: Managers } {
  const found = compareTyped(options.schema, options.live, options.object);
  const touched = found.modified.union(found.added).without(options.ignored);
  const removed = found.removed.without(options.ignored);
  const conflicts: ManagerConflict[] = [];
  const others: Managers = new Map();
  for (const [key, entry] of options.managers) {
    if (key === options.own) {
      others.set(key, entry);
      continue;
    }
    const taken = entry.fields.intersection(touched);
    for (const path of taken.paths()) conflicts.push({ entry, path });
    const fields = entry.fields.difference(taken).difference(removed);
    if (!fields.isEmpty) others.set(key, { ...entry, fields });
  }
  return { conflicts, others };
}

/**
 * Gives `object` (a create, update or patch about to be stored; `live` undefined for a create) the managedFields that
 * follow from what the writer changed. The request's own managedFields count where they can be read, an empty list resets
 * them, and through a subresource they are ignored. Never throws.
 */
export function trackUpdate(options: {
  readonly kind: KindSchema;
  readonly live: JsonObject | undefined;
  readonly object: JsonObject;
  readonly writer: Writer;
}): JsonObject {
  const { kind, live, writer } = options;
  const managers = managersOfRequest(options);
  const object = withoutManagers(options.object);
  // An object whose managers were reset stays untracked until the next apply.
  if (managers.size === 0 && live !== undefined) return withManagers(object, managers);
  const before = live === undefined ? newObject(kind) : withoutManagers(live);
  const tracked = updatedManagers(kind, rootSchema(kind), { live: before, object, managers, writer });
  return withManagers(object, tracked);
}

function managersOfRequest(options: {
  readonly live: JsonObject | undefined;
  readonly object: JsonObject;
  readonly writer: Writer;
}): Managers {
  const ofLive = (): Managers => readManagers(options.live) ?? new Map<string, ManagedEntry>();
  if (options.writer.subresource !== '') return ofLive();
  if (resetsManagers(options.object)) return new Map();
  const given = readManagers(options.object);
  return given === undefined || given.size === 0 ? ofLive() : given;
}

function updatedManagers(
  kind: KindSchema,
  schema: Schema,
  change: {
    readonly live: JsonObject;
    readonly object: JsonObject;
    readonly managers: Managers;
    readonly writer: Writer;
  },
): Managers {
  const { live, object, writer } = change;
  const ignored = resetFields(kind, writer.subresource);
  const { others } = settle({ schema, live, object, managers: change.managers, own: currentOperation, ignored });
  const found = compareTyped(schema, live, object);
  const fields = found.modified.union(found.added).without(ignored);
  const own: ManagedEntry = {
    manager: writer.manager === '' ? 'unknown' : writer.manager,
    operation: 'Update',
    subresource: writer.subresource,
    apiVersion: apiVersionText(kind),
    // What a scale changes is entered without a time.
    time: writer.subresource === 'scale' ? undefined : writer.time,
    fields: fields.difference(stripped),
  };
  if (fields.isEmpty) return others;
  const key = entryKey(own);
  const all = own.fields.union(others.get(key)?.fields ?? FieldSet.empty);
  if (all.isEmpty) others.delete(key);
  else others.set(key, { ...own, fields: all });
  return capped(others);
}

/** At most ten updaters: the oldest are merged, per version, into one. */
function capped(managers: Managers): Managers {
  const updaters = [...managers].filter(([, entry]) => entry.operation === 'Update' && entry.subresource === '');
  let count = [...managers.values()].filter((entry) => entry.operation === 'Update').length;
  if (count <= maxUpdateManagers) return managers;
  updaters.sort(([a, x], [b, y]) => (x.time ?? '').localeCompare(y.time ?? '') || (a < b ? -1 : 1));
  const first = new Map<string, string>();
  for (const [key, entry] of updaters) {
    if (count <= maxUpdateManagers) break;
    const bucketKey = entryKey({ ...entry, manager: ancientChanges });
    const firstKey = first.get(entry.apiVersion);
    if (firstKey === undefined) {
      first.set(entry.apiVersion, key);
      continue;
    }
    const into = managers.get(bucketKey) ?? managers.get(firstKey);
    if (into === undefined) continue;
    if (!managers.has(bucketKey)) managers.delete(firstKey);
    managers.delete(key);
    managers.set(bucketKey, { ...entry, manager: ancientChanges, fields: into.fields.union(entry.fields) });
    count--;
  }
  return managers;
}

/** The manager of a request without `fieldManager`: the User-Agent up to the first `/`, printable, at most 128 bytes. */
export function managerOfUserAgent(userAgent: string): string {
  const printable = [...(userAgent.split('/')[0] ?? '')].filter((char) => !/\p{C}/u.test(char)).join('');
  let out = '';
  for (const char of printable) {
    if (Buffer.byteLength(out + char) > 128) break;
    out += char;
  }
  return out === '' ? 'unknown' : out;
}
