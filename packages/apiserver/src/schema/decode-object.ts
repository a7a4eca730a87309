import { decodeBuiltin } from './decode-builtin.ts';
import type { Json, JsonObject } from './json.ts';
import { decodeJson, isObject, JsonError } from './json.ts';
import { normalizeCustom } from './normalize-custom.ts';
import type { KindSchema } from './schema.ts';
import { apiVersionText } from './schema.ts';
import { StatusError } from './status-error.ts';

/** What to do with unknown and duplicate members: the request's `fieldValidation` (the server's default is Warn). */
export type FieldValidation = 'Strict' | 'Warn' | 'Ignore';

export interface DecodedObject {
  /**
   * The object as the kind has it: unknown members gone, `null` members of built-ins gone, defaults of a CRD's schema
   * filled in, apiVersion and kind set.
   */
  readonly object: JsonObject;
  /** Texts for `Warning: 299` headers. */
  readonly warnings: readonly string[];
}

/**
 * Reads a request body as an object of `kind`. Throws a StatusError 400 where it is not JSON, not of that kind, has
 * members of a wrong type (built-ins), or unknown or duplicate members under Strict.
 */
export function decodeObject(options: {
  readonly kind: KindSchema;
  /** JSON text, or a value that was read elsewhere (YAML) with the paths of its duplicate members. */
  readonly body: string | { readonly value: Json; readonly duplicates: readonly string[] };
  readonly fieldValidation: FieldValidation;
}): DecodedObject {
  const { kind, fieldValidation } = options;
  const { value, duplicates } = readBody(kind, options.body);
  if (!isObject(value))
    throw cannotHandle(kind, `json: cannot unmarshal ${goKindOf(value)} into Go value of type ${goRootType(kind)}`);
  checkType(kind, value);
  const found = kind.origin === 'builtin' ? decodeBuiltin(kind, value) : normalizeCustom(kind, value);
  const strict = [
    ...duplicates.map((path) => `duplicate field "${path}"`),
    ...found.unknown.map((path) => `unknown field "${path}"`),
  ];
  if (fieldValidation === 'Strict' && strict.length > 0) {
    throw cannotHandle(kind, `strict decoding error: ${strict.join(', ')}`);
  }
  return { object: found.object, warnings: fieldValidation === 'Warn' ? strict : [] };
}

function readBody(kind: KindSchema, body: string | { readonly value: Json; readonly duplicates: readonly string[] }) {
  if (typeof body !== 'string') return body;
  try {
    return decodeJson(body);
  } catch (error) {
    if (error instanceof JsonError) throw cannotHandle(kind, `json parse error: ${error.message}`);
    throw error;
  }
}

function checkType(kind: KindSchema, value: JsonObject): void {
  const apiVersion = value.apiVersion;
  const name = value.kind;
  const expected = apiVersionText(kind);
  if (apiVersion === undefined || apiVersion === '') value.apiVersion = expected;
  else if (apiVersion !== expected) {
    throw StatusError.badRequest(
      `the API version in the data (${String(apiVersion)}) does not match the expected API version (${expected})`,
    );
  }
  if (name === undefined || name === '') value.kind = kind.kind;
}

/** The 400 answer for a body that cannot be read as `kind`. */
export function cannotHandle(kind: KindSchema, reason: string): StatusError {
  return StatusError.badRequest(
    `${kind.kind} in version ${JSON.stringify(kind.version)} cannot be handled as a ${kind.kind}: ${reason}`,
  );
}

function goKindOf(value: Json): string {
  if (Array.isArray(value)) return 'array';
  if (value === null) return 'null';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'string') return 'string';
  return 'number';
}

function goRootType(kind: KindSchema): string {
  return `${kind.version}.${kind.kind}`;
}
