import type { Json, JsonObject } from '../schema/json.ts';
import { cloneJson, equalJson, getOwn, isObject, objectAt, stringAt } from '../schema/json.ts';

/**
 * The status a CRD should have, given the other CRDs of its group: acceptedNames, conditions NamesAccepted and
 * Established, storedVersions. Returns `crd.status` itself where nothing changes. `time`: RFC 3339.
 */
export function crdStatus(options: {
  readonly crd: JsonObject;
  /** Other CRDs of the same group; this one may be among them. */
  readonly others: readonly JsonObject[];
  readonly time: string;
}): JsonObject {
  const { crd, time } = options;
  const spec = objectAt(crd, 'spec');
  const old = objectAt(crd, 'status');
  const taken = namesInUse(crd, options.others);
  const { names, conflict } = acceptNames(objectAt(spec, 'names'), objectAt(old, 'acceptedNames'), taken);
  const accepted: Condition =
    conflict === undefined
      ? { type: 'NamesAccepted', status: 'True', reason: 'NoConflicts', message: 'no conflicts found' }
      : { type: 'NamesAccepted', status: 'False', reason: conflict.reason, message: conflict.message };
  const before = conditionOf(old, 'Established');
  let established: Condition | undefined;
  if (before?.status !== 'True') {
    established =
      conflict === undefined
        ? {
            type: 'Established',
            status: 'True',
            reason: 'InitialNamesAccepted',
            message: 'the initial names have been accepted',
          }
        : { type: 'Established', status: 'False', reason: 'NotAccepted', message: 'not all names are accepted' };
  }
  const known = getOwn(old, 'conditions');
  let conditions = setCondition(Array.isArray(known) ? known : [], accepted, time);
  if (established !== undefined) conditions = setCondition(conditions, established, time);
  const status: JsonObject = {
    ...old,
    acceptedNames: names,
    conditions,
    storedVersions: storedVersions(spec, getOwn(old, 'storedVersions')),
  };
  return equalJson(status, old) ? old : status;
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

function conditionOf(status: JsonObject, type: string): JsonObject | undefined {
  const conditions = getOwn(status, 'conditions');
  return Array.isArray(conditions)
    ? conditions.filter(isObject).find((condition) => condition.type === type)
    : undefined;
}

function setCondition(conditions: readonly Json[], next: Condition, time: string): Json[] {
  const old = conditions.filter(isObject).find((condition) => condition.type === next.type);
  const entry = {
    lastTransitionTime: old !== undefined && old.status === next.status ? (old.lastTransitionTime ?? time) : time,
    message: next.message,
    reason: next.reason,
    status: next.status,
    type: next.type,
  };
  if (old === undefined) return [...conditions, entry];
  return conditions.map((condition) => (condition === old ? { ...old, ...entry } : condition));
}

interface NamesInUse {
  readonly resources: ReadonlySet<string>;
  readonly kinds: ReadonlySet<string>;
}

function namesInUse(crd: JsonObject, others: readonly JsonObject[]): NamesInUse {
  const resources = new Set<string>();
  const kinds = new Set<string>();
  const group = stringAt(objectAt(crd, 'spec'), 'group');
  const own = stringAt(objectAt(crd, 'metadata'), 'name');
  for (const other of others) {
    if (stringAt(objectAt(other, 'spec'), 'group') !== group || stringAt(objectAt(other, 'metadata'), 'name') === own)
      continue;
    const names = objectAt(objectAt(other, 'status'), 'acceptedNames');
    for (const name of [names.plural, names.singular, ...shortNames(names)])
      if (typeof name === 'string') resources.add(name);
    for (const name of [names.kind, names.listKind]) if (typeof name === 'string') kinds.add(name);
  }
  return { resources, kinds };
}

function shortNames(names: JsonObject): string[] {
  const list = getOwn(names, 'shortNames');
  return Array.isArray(list) ? list.filter((name): name is string => typeof name === 'string') : [];
}

/** Takes every asked-for name that is free; the last one that is not gives the reason. */
function acceptNames(
  asked: JsonObject,
  current: JsonObject,
  taken: NamesInUse,
): {
  readonly names: JsonObject;
  readonly conflict: { readonly reason: string; readonly message: string } | undefined;
} {
  const names: JsonObject = cloneJson(current);
  let conflict: { readonly reason: string; readonly message: string } | undefined;
  const take = (key: string, reason: string, used: ReadonlySet<string>): void => {
    const name = stringAt(asked, key) ?? '';
    if (name !== stringAt(current, key) && used.has(name))
      conflict = { reason, message: `${JSON.stringify(name)} is already in use` };
    else names[key] = name;
  };
  take('plural', 'PluralConflict', taken.resources);
  take('singular', 'SingularConflict', taken.resources);
  const mine = new Set(shortNames(current));
  const refused = shortNames(asked).filter((name) => !mine.has(name) && taken.resources.has(name));
  if (refused.length > 0) {
    const texts = refused.map((name) => `${JSON.stringify(name)} is already in use`);
    conflict = {
      reason: 'ShortNamesConflict',
      message: texts.length === 1 ? (texts[0] ?? '') : `[${texts.join(', ')}]`,
    };
  } else if (asked.shortNames === undefined) delete names.shortNames;
  else names.shortNames = cloneJson(asked.shortNames);
  take('kind', 'KindConflict', taken.kinds);
  take('listKind', 'ListKindConflict', taken.kinds);
  if (asked.categories === undefined) delete names.categories;
  else names.categories = cloneJson(asked.categories);
  return { names, conflict };
}

function storedVersions(spec: JsonObject, old: Json | undefined): Json[] {
  const stored = Array.isArray(old) ? [...old] : [];
  const versions = getOwn(spec, 'versions');
  const storage = Array.isArray(versions)
    ? versions.filter(isObject).find((version) => version.storage === true)
    : undefined;
  const name = stringAt(storage, 'name');
  if (name !== undefined && !stored.includes(name)) stored.push(name);
  return stored;
}
