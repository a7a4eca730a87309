import type { JsonObject } from '../schema/json.ts';
import { cloneJson, getOwn, isObject, objectAt, stringAt } from '../schema/json.ts';

/**
 * The status a CRD should have, given the other CRDs of its group: acceptedNames, conditions NamesAccepted and
 * Established, storedVersions. Returns `crd.status` itself where nothing changes. `time`: RFC 3339.
 */
export function crdStatus(options: {
  readonly crd: JsonObject;
  readonly others: readonly JsonObject[];
  readonly time: string;
}): JsonObject {
  const { crd, time } = options;
  const spec = objectAt(crd, 'spec');
  const old = objectAt(crd, 'status');
  const conditions = getOwn(old, 'conditions');
  if (Array.isArray(conditions) && conditions.length > 0) return old;
  const versions = getOwn(spec, 'versions');
  const storage = Array.isArray(versions)
    ? versions.filter(isObject).find((version) => version.storage === true)
    : undefined;
  return {
    conditions: [
      {
        lastTransitionTime: time,
        message: 'no conflicts found',
        reason: 'NoConflicts',
        status: 'True',
        type: 'NamesAccepted',
      },
      {
        lastTransitionTime: time,
        message: 'the initial names have been accepted',
        reason: 'InitialNamesAccepted',
        status: 'True',
        type: 'Established',
      },
    ],
    acceptedNames: cloneJson(objectAt(spec, 'names')),
    storedVersions: [stringAt(storage, 'name') ?? ''],
  };
}
