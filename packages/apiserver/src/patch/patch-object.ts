import { decodeBuiltin, GoDecodeError, type KnownMembers } from '../schema/decode-builtin.ts';
import { type DecodedObject, type FieldValidation, unknownPaths } from '../schema/decode-object.ts';
import { fieldError } from '../schema/field-error.ts';
import type { Json, JsonObject } from '../schema/json.ts';
import { canonicalJson, decodeJson, isObject, JsonError } from '../schema/json.ts';
import { normalizeCustom } from '../schema/normalize-custom.ts';
import type { KindSchema } from '../schema/schema.ts';
import { StatusError } from '../schema/status-error.ts';
import { goText } from './go-text.ts';
import { applyJsonPatch, JsonPatchError, maxOperations } from './json-patch.ts';
import { applyMergePatch } from './merge-patch.ts';
import { applyStrategicMergePatch, StrategicPatchError } from './strategic-merge-patch.ts';

/** By content type: `application/json-patch+json`, `application/merge-patch+json`, `application/strategic-merge-patch+json`. */
export type PatchType = 'json' | 'merge' | 'strategic';

/**
 * Applies a patch to the stored object and reads the result as an object of its kind, as PATCH does before admission.
 * Throws a StatusError: 400 where the patch cannot be read, 413 where it has too many operations, 422 where it does not
 * apply or its result is no object of the kind, 500 (as the real server) where a strategic patch contradicts itself.
 * Ownership is tracked separately (`trackUpdate`).
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
  const shown = (): string => (patchType === 'strategic' ? goText(patch) : canonicalJson(patched));
  if (!isObject(patched)) {
    throw invalidPatch(
      shown(),
      `json: cannot unmarshal ${jsonKind(patched)} into Go value of type map[string]interface {}`,
    );
  }
  let found: KnownMembers;
  try {
    found = kind.origin === 'builtin' ? decodeBuiltin(kind, patched) : normalizeCustom(kind, patched);
  } catch (error) {
    if (!(error instanceof GoDecodeError)) throw error;
    throw invalidPatch(shown(), patchType === 'strategic' ? error.converterMessage : error.message);
  }
  const prefix = patchType === 'json' ? 'json patch ' : '';
  const strict = [
    ...duplicates.map((path) => `${prefix}duplicate field "${path}"`),
    ...unknownPaths(kind, found).map((path) => `unknown field "${path}"`),
  ];
  if (fieldValidation === 'Strict' && strict.length > 0) {
    throw invalidPatch(shown(), `strict decoding error: ${strict.join(', ')}`);
  }
  return { object: found.object, warnings: fieldValidation === 'Warn' ? strict : [] };
}

function readPatch(body: string): { readonly value: Json; readonly duplicates: readonly string[] } {
  try {
    return decodeJson(body);
  } catch (error) {
    if (error instanceof JsonError) throw StatusError.badRequest('invalid JSON patch');
    throw error;
  }
}

function applyPatch(kind: KindSchema, live: JsonObject, patchType: PatchType, patch: Json): Json {
  if (patchType === 'json') return patchByOperations(live, patch);
  if (!isObject(patch)) {
    const reason = `json: cannot unmarshal ${jsonKind(patch)} into Go value of type map[string]interface {}`;
    throw StatusError.badRequest(patchType === 'merge' ? `error decoding patch: ${reason}` : reason);
  }
  if (patchType === 'merge') return applyMergePatch(live, patch);
  try {
    return applyStrategicMergePatch(live, patch, kind.schema);
  } catch (error) {
    if (!(error instanceof StrategicPatchError)) throw error;
    if (error.code === 400) throw StatusError.badRequest(error.message);
    throw new StatusError({ code: 500, reason: '', message: error.message });
  }
}

function patchByOperations(live: JsonObject, patch: Json): Json {
  const decoding = (value: Json, type: string): StatusError =>
    StatusError.badRequest(
      `error decoding patch: json: cannot unmarshal ${jsonKind(value)} into Go value of type ${type}`,
    );
  if (!Array.isArray(patch)) throw decoding(patch, '[]handlers.jsonPatchOp');
  const operations = patch.map((operation) => {
    if (!isObject(operation)) throw decoding(operation, 'handlers.jsonPatchOp');
    return operation;
  });
  if (operations.length > maxOperations) {
    throw new StatusError({
      code: 413,
      reason: 'RequestEntityTooLarge',
      message: `Request entity too large: The allowed maximum operations in a JSON patch is ${maxOperations}, got ${operations.length}`,
    });
  }
  try {
    return applyJsonPatch(live, operations);
  } catch (error) {
    if (!(error instanceof JsonPatchError)) throw error;
    throw new StatusError({
      code: 422,
      reason: 'Invalid',
      message: 'the server rejected our request due to an error in our request',
      details: {},
    });
  }
}

function jsonKind(value: Json): string {
  if (Array.isArray(value)) return 'array';
  if (isObject(value)) return 'object';
  if (typeof value === 'boolean') return 'bool';
  return typeof value === 'string' ? 'string' : 'number';
}

function invalidPatch(shown: string, detail: string): StatusError {
  return StatusError.invalid({ group: '', kind: '', name: '', errors: [fieldError.invalid('patch', shown, detail)] });
}
