import type { Json, JsonObject } from '../schema/json.ts';
import { compareBytes, getOwn, isObject, objectAt, stringAt } from '../schema/json.ts';
import { FieldSet } from './field-set.ts';

/** One entry of `metadata.managedFields`. */
export interface ManagedEntry {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  readonly subresource: string;
  readonly apiVersion: string;
  /** RFC 3339; undefined where an apply changed nothing. */
  readonly time: string | undefined;
  readonly fields: FieldSet;
}

/** Entries by {@link entryKey}. */
export type Managers = Map<string, ManagedEntry>;

/** Who an entry belongs to. An applier has one entry whatever version it applies in. */
export function entryKey(entry: Pick<ManagedEntry, 'manager' | 'operation' | 'subresource' | 'apiVersion'>): string {
  const version = entry.operation === 'Apply' ? '' : entry.apiVersion;
  return [entry.operation, entry.manager, entry.subresource, version].join('\u0000');
}

/** Reads `metadata.managedFields`; undefined where it is malformed. */
export function readManagers(object: JsonObject | undefined): Managers | undefined {
  const list = getOwn(objectAt(object, 'metadata'), 'managedFields');
  const out: Managers = new Map();
  if (!Array.isArray(list)) return out;
  for (const item of list) {
    const entry = isObject(item) ? readEntry(item) : undefined;
    if (entry === undefined) return undefined;
    out.set(entryKey(entry), entry);
  }
  return out;
}

function readEntry(item: JsonObject): ManagedEntry | undefined {
  const operation = item.operation;
  const apiVersion = stringAt(item, 'apiVersion') ?? '';
  if ((operation !== 'Apply' && operation !== 'Update') || apiVersion === '' || item.fieldsType !== 'FieldsV1')
    return undefined;
  try {
    return {
      manager: stringAt(item, 'manager') ?? '',
      operation,
      subresource: stringAt(item, 'subresource') ?? '',
      apiVersion,
      time: stringAt(item, 'time'),
      fields: FieldSet.fromJson(objectAt(item, 'fieldsV1')),
    };
  } catch {
    return undefined;
  }
}

/** Whether a request asks to forget all managers: an empty list, or one empty entry. */
export function resetsManagers(object: JsonObject): boolean {
  const list = getOwn(objectAt(object, 'metadata'), 'managedFields');
  if (!Array.isArray(list)) return false;
  const [only] = list;
  return list.length === 0 || (list.length === 1 && isObject(only) && Object.keys(only).length === 0);
}

/** The object with these managers, in the server's order; without the list where there are none. */
export function withManagers(object: JsonObject, managers: Managers): JsonObject {
  const { managedFields: _dropped, ...metadata } = objectAt(object, 'metadata');
  const entries = [...managers.values()].sort(
    (a, b) =>
      compareBytes(a.operation, b.operation) ||
      seconds(a.time) - seconds(b.time) ||
      compareBytes(a.manager, b.manager) ||
      compareBytes(a.apiVersion, b.apiVersion) ||
      compareBytes(a.subresource, b.subresource),
  );
  const managedFields = entries.map(writeEntry);
  return { ...object, metadata: entries.length === 0 ? metadata : { ...metadata, managedFields } };
}

function seconds(time: string | undefined): number {
  return time === undefined ? 0 : Math.floor(Date.parse(time) / 1000);
}

function writeEntry(entry: ManagedEntry): Json {
  return {
    manager: entry.manager,
    operation: entry.operation,
    apiVersion: entry.apiVersion,
    ...(entry.time === undefined ? {} : { time: entry.time }),
    fieldsType: 'FieldsV1',
    fieldsV1: entry.fields.toJson(),
    ...(entry.subresource === '' ? {} : { subresource: entry.subresource }),
  };
}
