import { decodeBuiltin, GoDecodeError } from '../schema/decode-builtin.ts';
import type { DecodedObject, FieldValidation } from '../schema/decode-object.ts';
import { fieldError } from '../schema/field-error.ts';
import type { Json, JsonObject } from '../schema/json.ts';
import { decodeJson, isObject, JsonError, stringifyJson } from '../schema/json.ts';
import { normalizeCustom } from '../schema/normalize-custom.ts';
import type { KindSchema } from '../schema/schema.ts';
import { StatusError } from '../schema/status-error.ts';
import { applyJsonPatch, JsonPatchError, maxOperations } from './json-patch.ts';
import { applyMergePatch } from './merge-patch.ts';
import { applyStrategicMergePatch } from './strategic-merge-patch.ts';

/** By content type: `application/json-patch+json`, `application/merge-patch+json`, `application/strategic-merge-patch+json`. */
export type PatchType = 'json' | 'merge' | 'strategic';

/**
 * Applies a patch to the stored object and reads the result as an object of its kind, as PATCH does before admission.
 * Throws a StatusError: 400 where the patch cannot be read, 413 where it has too many operations, 422 where it does not
 * apply or its result is no object of the kind. Ownership is tracked separately (`trackUpdate`).
 */
export function patchObject(options: {
  readonly kind: KindSchema;
  readonly live: JsonObject;
  readonly patchType: PatchType;
  readonly body: string;
  readonly fieldValidation: FieldValidation;
}): DecodedObject {
  const { kind, live, patchType, fieldValidation } = options;
  const { value: patch, duplicates } = readPatch(options.body);
  const patched = applyPatch(kind, live, patchType, patch);
  if (!isObject(patched))
    throw invalidPatch(patched, 'json: cannot unmarshal value into Go value of type map[string]interface {}');
  let found: { readonly object: JsonObject; readonly unknown: readonly string[] };
  try {
    found = kind.origin === 'builtin' ? decodeBuiltin(kind, patched) : normalizeCustom(kind, patched);
  } catch (error) {
    if (error instanceof GoDecodeError) throw invalidPatch(patched, error.message);
    throw error;
  }
  const prefix = patchType === 'json' ? 'json patch ' : '';
  const strict = [
    ...duplicates.map((path) => `${prefix}duplicate field "${path}"`),
    ...found.unknown.map((path) => `unknown field "${path}"`),
  ];
  if (fieldValidation === 'Strict' && strict.length > 0) {
    throw invalidPatch(patched, `strict decoding error: ${strict.join(', ')}`);
  }
  return { object: found.object, warnings: fieldValidation === 'Warn' ? strict : [] };
}

function readPatch(body: string): { readonly value: Json; readonly duplicates: readonly string[] } {
  try {
    return decodeJson(body);
  } catch (error) {
    if (error instanceof JsonError) throw StatusError.badRequest(`error decoding patch: ${error.message}`);
    throw error;
  }
}

function applyPatch(kind: KindSchema, live: JsonObject, patchType: PatchType, patch: Json): Json {
  if (patchType === 'json') {
    if (!Array.isArray(patch) || !patch.every(isObject)) {
      throw StatusError.badRequest(
        'error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp',
      );
    }
    if (patch.length > maxOperations) {
      throw new StatusError({
        code: 413,
        reason: 'RequestEntityTooLarge',
        message: `Request entity too large: The allowed maximum operations in a JSON patch is ${maxOperations}, got ${patch.length}`,
      });
    }
    try {
      return applyJsonPatch(live, patch);
    } catch (error) {
      if (error instanceof JsonPatchError) {
        throw new StatusError({
          code: 422,
          reason: 'Invalid',
          message: 'the server rejected our request due to an error in our request',
          details: {},
        });
      }
      throw error;
    }
  }
  if (!isObject(patch))
    throw StatusError.badRequest(
      'error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}',
    );
  return patchType === 'merge' ? applyMergePatch(live, patch) : applyStrategicMergePatch(live, patch, kind.schema);
}

function invalidPatch(patched: Json, detail: string): StatusError {
  return StatusError.invalid({
    group: '',
    kind: '',
    name: '',
    errors: [fieldError.invalid('patch', stringifyJson(patched), detail)],
  });
}
