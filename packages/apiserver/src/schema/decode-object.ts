import { builtinKind } from './builtin-kinds.ts';
import { decodeBuiltin, GoDecodeError, type KnownMembers } from './decode-builtin.ts';
import type { Json, JsonObject } from './json.ts';
import { compareBytes, decodeJson, isObject, JsonError, stringifyJson } from './json.ts';
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
  const { value, duplicates, text } = readBody(kind, options.body);
  if (!isObject(value)) {
    const reason = `json: cannot unmarshal ${jsonKind(value)} into Go value of type ${typeMetaStruct}`;
    throw unrecognized(kind, `couldn't get version/kind; json parse error: ${reason}`, text());
  }
  const typed = withType(kind, value, text);
  const found = readAs(kind, typed);
  const strict = [
    ...duplicates.map((path) => `duplicate field "${path}"`),
    ...unknownPaths(kind, found).map((path) => `unknown field "${path}"`),
  ];
  if (fieldValidation === 'Strict' && strict.length > 0) {
    throw cannotHandle(kind, `strict decoding error: ${strict.join(', ')}`);
  }
  return { object: found.object, warnings: fieldValidation === 'Warn' ? strict : [] };
}

/** A struct's in the order of the body, a custom object's sorted. */
export function unknownPaths(kind: KindSchema, found: KnownMembers): readonly string[] {
  return kind.origin === 'custom' ? [...found.unknown].sort(compareBytes) : found.unknown;
}

function readAs(kind: KindSchema, value: JsonObject): KnownMembers {
  try {
    return kind.origin === 'builtin' ? decodeBuiltin(kind, value) : normalizeCustom(kind, value);
  } catch (error) {
    if (error instanceof GoDecodeError) throw cannotHandle(kind, error.message);
    throw error;
  }
}

const typeMetaStruct =
  'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }';

function readBody(
  kind: KindSchema,
  body: string | { readonly value: Json; readonly duplicates: readonly string[] },
): { readonly value: Json; readonly duplicates: readonly string[]; readonly text: () => string } {
  if (typeof body !== 'string') return { ...body, text: () => stringifyJson(body.value) };
  try {
    return { ...decodeJson(body), text: () => body };
  } catch (error) {
    if (error instanceof JsonError) {
      throw unrecognized(kind, `couldn't get version/kind; json parse error: ${error.message}`, body);
    }
    throw error;
  }
}

/** The body's apiVersion and kind are the kind's, or, of a built-in, left out. */
function withType(kind: KindSchema, value: JsonObject, text: () => string): JsonObject {
  const { apiVersion, kind: name } = value;
  for (const [field, found] of Object.entries({ apiVersion, kind: name })) {
    if (found !== undefined && found !== null && typeof found !== 'string') {
      const reason = `json: cannot unmarshal ${jsonKind(found)} into Go struct field .${field} of type string`;
      throw unrecognized(kind, `couldn't get version/kind; json parse error: ${reason}`, text());
    }
  }
  const absent = (found: Json | undefined): boolean => found === undefined || found === null || found === '';
  if (kind.origin === 'custom' && absent(name)) {
    throw unrecognized(kind, `Object 'Kind' is missing in '${text()}'`, text());
  }
  const expected = apiVersionText(kind);
  const given = absent(apiVersion) ? expected : String(apiVersion);
  const givenKind = absent(name) ? kind.kind : String(name);
  if (kind.origin === 'builtin' && (given !== expected || givenKind !== kind.kind)) {
    const version = given.split('/').at(-1) ?? '';
    const reason = builtinKind({
      group: given.includes('/') ? (given.split('/')[0] ?? '') : '',
      version,
      kind: givenKind,
    })
      ? `converting (${version}.${givenKind}) to (${kind.group === '' ? 'core' : kind.group.split('.')[0]}.${kind.kind}): unknown conversion`
      : `no kind "${givenKind}" is registered for version "${given}" in scheme "pkg/runtime/scheme.go:111"`;
    throw StatusError.badRequest(`${givenKind} in version "${version}" cannot be handled as a ${kind.kind}: ${reason}`);
  }
  if (given !== expected) {
    throw StatusError.badRequest(
      `the API version in the data (${given}) does not match the expected API version (${expected})`,
    );
  }
  return { ...value, apiVersion: given, kind: givenKind };
}

function unrecognized(kind: KindSchema, reason: string, text: string): StatusError {
  return StatusError.badRequest(
    `the object provided is unrecognized (must be of type ${kind.kind}): ${reason} (${summary(text)})`,
  );
}

/** The beginning of a body: text of an object, else hexadecimal. */
function summary(text: string): string {
  if (text === '') return '<empty>';
  const bytes = Buffer.from(text);
  const cut = bytes.length > 30;
  const shown = bytes.subarray(0, 30);
  return (bytes[0] === 0x7b ? shown.toString('utf8') : shown.toString('hex')) + (cut ? ' ...' : '');
}

function jsonKind(value: Json): string {
  if (Array.isArray(value)) return 'array';
  if (isObject(value)) return 'object';
  if (typeof value === 'boolean') return 'bool';
  return typeof value === 'string' ? 'string' : 'number';
}

/** The 400 answer for a body that cannot be read as `kind`. */
export function cannotHandle(kind: KindSchema, reason: string): StatusError {
  return StatusError.badRequest(
    `${kind.kind} in version ${JSON.stringify(kind.version)} cannot be handled as a ${kind.kind}: ${reason}`,
  );
}
