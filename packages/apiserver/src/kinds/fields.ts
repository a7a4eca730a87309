import { getOwn, isObject, type Json, type JsonObject } from '../schema/contract.ts';

/** The objects of a list field; empty where there is none. */
export function objectsAt(object: JsonObject | undefined, key: string): JsonObject[] {
  const value = object === undefined ? undefined : getOwn(object, key);
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** Sets a field that is missing. */
export function setDefault(object: JsonObject, key: string, value: Json): void {
  if (getOwn(object, key) === undefined) object[key] = value;
}

/** The object at a key, made where it is missing. */
export function ensureObject(object: JsonObject, key: string): JsonObject {
  const found = getOwn(object, key);
  if (isObject(found)) return found;
  const made: JsonObject = {};
  object[key] = made;
  return made;
}

export function numberAt(object: JsonObject | undefined, key: string): number | undefined {
  const value = object === undefined ? undefined : getOwn(object, key);
  return typeof value === 'number' || typeof value === 'bigint' ? Number(value) : undefined;
}

export function booleanAt(object: JsonObject | undefined, key: string): boolean {
  return object !== undefined && getOwn(object, key) === true;
}

export function stringsAt(object: JsonObject | undefined, key: string): string[] {
  const value = object === undefined ? undefined : getOwn(object, key);
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
}

/** Go writes the empty times of conditions as null. `first`: the time beside lastTransitionTime. */
export function nullTimes(conditions: readonly JsonObject[], first: 'lastHeartbeatTime' | 'lastProbeTime'): void {
  for (const condition of conditions) {
    setDefault(condition, first, null);
    setDefault(condition, 'lastTransitionTime', null);
  }
}
