import type { Kind } from '../kinds/kind.ts';
import { getOwn, isObject, type Json, type JsonObject, objectAt, StatusError, stringAt } from '../schema/contract.ts';
import { matchesLabels, parseFieldSelector, parseLabelSelector } from './selectors.ts';

/** Which objects of a kind a list, watch or deletecollection means. */
export interface Selection {
  /** `namespace/`, or empty for all. */
  readonly prefix: string;
  matches(key: string, object: JsonObject): boolean;
  /** Whether every object below the prefix matches. */
  readonly everything: boolean;
}

/** Reads `labelSelector` and `fieldSelector`. Throws a StatusError 400. */
export function selectionOf(kind: Kind, namespace: string, name: string, query: URLSearchParams): Selection {
  const labelText = query.get('labelSelector') ?? '';
  const fieldText = query.get('fieldSelector') ?? '';
  const labels = parseLabelSelector(labelText);
  const fields = parseFieldSelector(fieldText).map((requirement) => ({
    ...requirement,
    read: fieldReader(kind, requirement.field),
  }));
  const everything = labels.length === 0 && fields.length === 0 && name === '';
  return {
    prefix: namespace === '' ? '' : `${namespace}/`,
    everything,
    matches(_key, object) {
      if (everything) return true;
      if (name !== '' && stringAt(objectAt(object, 'metadata'), 'name') !== name) return false;
      if (labels.length > 0 && !matchesLabels(labels, objectAt(objectAt(object, 'metadata'), 'labels'))) return false;
      return fields.every(({ read, equal, value }) => (read(object) === value) === equal);
    },
  };
}

function fieldReader(kind: Kind, field: string): (object: JsonObject) => string {
  if (field === 'metadata.name') return (object) => stringAt(objectAt(object, 'metadata'), 'name') ?? '';
  if (field === 'metadata.namespace' && kind.namespaced) {
    return (object) => stringAt(objectAt(object, 'metadata'), 'namespace') ?? '';
  }
  const own = kind.strategy.selectableFields;
  if (own !== undefined && Object.hasOwn(own, field)) return own[field] ?? (() => '');
  if (kind.custom?.version.selectableFields.includes(`.${field}`)) {
    const path = field.split('.');
    return (object) => textAt(object, path);
  }
  throw StatusError.badRequest(
    kind.custom !== undefined || own !== undefined
      ? `field label not supported: ${field}`
      : `${JSON.stringify(field)} is not a known field selector: only "metadata.name", "metadata.namespace"`,
  );
}

/** The scalar at a path as text; empty where there is none. */
export function textAt(object: JsonObject, path: readonly string[]): string {
  let at: Json | undefined = object;
  for (const part of path) at = isObject(at) ? getOwn(at, part) : undefined;
  return at === undefined || at === null || typeof at === 'object' ? '' : String(at);
}
