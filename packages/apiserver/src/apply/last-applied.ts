import type { JsonObject } from '../schema/json.ts';
import { canonicalJson, isObject, objectAt, parseJson, stringAt } from '../schema/json.ts';
import type { KindSchema, Schema } from '../schema/schema.ts';
import { apiVersionText } from '../schema/schema.ts';
import type { FieldSet } from './field-set.ts';
import { compareTyped, toFieldSet } from './typed-walks.ts';

/** kubectl's record of what it last applied on the client's side. */
const annotation = 'kubectl.kubernetes.io/last-applied-configuration';

/**
 * What `kubectl apply` (client-side) wrote and still stands so: `kubectl apply --server-side` may take these over without a
 * conflict. Undefined where there is no usable record.
 */
export function allowedByLastApplied(kind: KindSchema, schema: Schema, live: JsonObject): FieldSet | undefined {
  const text = stringAt(objectAt(objectAt(live, 'metadata'), 'annotations'), annotation);
  if (text === undefined || text === '') return undefined;
  let last: unknown;
  try {
    last = parseJson(text);
  } catch {
    return undefined;
  }
  if (!isObject(last) || last.apiVersion !== apiVersionText(kind)) return undefined;
  const { modified, added, removed } = compareTyped(schema, last, live);
  return toFieldSet(schema, last).difference(modified).difference(added).difference(removed);
}

/** Keeps the record in step with a server-side apply by kubectl, where there is one. */
export function updateLastApplied(object: JsonObject, applied: JsonObject): JsonObject {
  const metadata = objectAt(object, 'metadata');
  const annotations = objectAt(metadata, 'annotations');
  const known = stringAt(annotations, annotation);
  if (known === undefined || known === '') return object;
  const { [annotation]: _own, ...rest } = objectAt(objectAt(applied, 'metadata'), 'annotations');
  const recorded: JsonObject = {
    ...applied,
    metadata: { ...objectAt(applied, 'metadata'), ...(Object.keys(rest).length > 0 ? { annotations: rest } : {}) },
  };
  return {
    ...object,
    metadata: { ...metadata, annotations: { ...annotations, [annotation]: `${canonicalJson(recorded)}\n` } },
  };
}
