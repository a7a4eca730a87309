import type { FieldError } from '../schema/field-error.ts';
import { fieldError } from '../schema/field-error.ts';
import type { Json, JsonObject } from '../schema/json.ts';
import { getOwn, isObject, stringAt } from '../schema/json.ts';
import type { Schema } from '../schema/schema.ts';
import { isDnsLabel1035 } from './names.ts';

const label1035Text =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";

/** `spec.names`: each a DNS-1035 label, kinds without regard to case. */
export function nameErrors(names: JsonObject, path: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const key of ['plural', 'singular']) {
    const name = stringAt(names, key) ?? '';
    if (name !== '' && !isDnsLabel1035(name)) errors.push(fieldError.invalid(`${path}.${key}`, name, label1035Text));
  }
  for (const key of ['kind', 'listKind']) {
    const name = stringAt(names, key) ?? '';
    if (name !== '' && !isDnsLabel1035(name.toLowerCase())) {
      errors.push(
        fieldError.invalid(`${path}.${key}`, name, `may have mixed case, but should otherwise match: ${label1035Text}`),
      );
    }
  }
  const lists = (key: string): void => {
    const list = getOwn(names, key);
    if (!Array.isArray(list)) return;
    for (const [index, name] of list.entries()) {
      if (typeof name === 'string' && !isDnsLabel1035(name)) {
        errors.push(fieldError.invalid(`${path}.${key}[${index}]`, name, label1035Text));
      }
    }
  };
  lists('shortNames');
  const kind = stringAt(names, 'kind') ?? '';
  if (kind !== '' && kind === stringAt(names, 'listKind')) {
    errors.push(fieldError.invalid(`${path}.listKind`, kind, 'kind and listKind may not be the same'));
  }
  lists('categories');
  return errors;
}

const columnTypes = ['boolean', 'date', 'integer', 'number', 'string'];
const columnFormats = ['byte', 'date', 'date-time', 'double', 'float', 'int32', 'int64', 'password'];

/** `additionalPrinterColumns`. */
export function columnErrors(columns: Json | undefined, path: string): FieldError[] {
  if (!Array.isArray(columns)) return [];
  return columns.filter(isObject).flatMap((column, index) => {
    const at = `${path}[${index}]`;
    const errors: FieldError[] = [];
    const type = stringAt(column, 'type') ?? '';
    const format = stringAt(column, 'format') ?? '';
    if ((stringAt(column, 'name') ?? '') === '') errors.push(fieldError.required(`${at}.name`));
    if (type === '') errors.push(fieldError.required(`${at}.type`, `must be one of ${columnTypes.join(',')}`));
    else if (!columnTypes.includes(type))
      errors.push(fieldError.invalid(`${at}.type`, type, `must be one of ${columnTypes.join(',')}`));
    if (format !== '' && !columnFormats.includes(format)) {
      errors.push(fieldError.invalid(`${at}.format`, format, `must be one of ${columnFormats.join(',')}`));
    }
    const jsonPath = stringAt(column, 'jsonPath') ?? '';
    if (jsonPath === '') errors.push(fieldError.required(`${at}.JSONPath`));
    else errors.push(...simplePathErrors(jsonPath, `${at}.JSONPath`));
    return errors;
  });
}

function simplePathErrors(path: string, field: string): FieldError[] {
  if (path.startsWith('.')) return [];
  return [fieldError.invalid(field, path, 'must be a simple json path starting with .')];
}

/** `subresources.scale`'s paths. */
export function subresourceErrors(subresources: JsonObject, path: string): FieldError[] {
  const scale = getOwn(subresources, 'scale');
  if (!isObject(scale)) return [];
  const errors: FieldError[] = [];
  const check = (key: string, prefix: readonly string[], needed: boolean): void => {
    const value = stringAt(scale, key) ?? '';
    const field = `${path}.scale.${key}`;
    if (value === '') {
      if (needed) errors.push(fieldError.required(field));
    } else if (!/^(?:\.[^.[\]{}\s]+)+$/.test(value)) {
      errors.push(fieldError.invalid(field, value, 'should be a json path without array notation'));
    } else if (!prefix.some((root) => value.startsWith(root))) {
      errors.push(fieldError.invalid(field, value, `should be a json path under ${prefix.join(' or ')}`));
    }
  };
  check('specReplicasPath', ['.spec'], true);
  check('statusReplicasPath', ['.status'], true);
  check('labelSelectorPath', ['.spec', '.status'], false);
  return errors;
}

const maxSelectable = 8;

/** `selectableFields`: at most eight paths to scalars of the schema. */
export function selectableFieldErrors(fields: Json | undefined, schema: Schema, path: string): FieldError[] {
  if (!Array.isArray(fields)) return [];
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  for (const [index, field] of fields.filter(isObject).entries()) {
    const jsonPath = stringAt(field, 'jsonPath') ?? '';
    const at = `${path}[${index}].jsonPath`;
    if (jsonPath === '') {
      errors.push(fieldError.required(at));
      continue;
    }
    const found = followPath(schema, jsonPath);
    if (found === undefined)
      errors.push(fieldError.invalid(at, jsonPath, 'is an invalid path: does not refer to a valid field'));
    else if (/^\.metadata\b/.test(jsonPath))
      errors.push(fieldError.invalid(at, jsonPath, 'must not point to fields in metadata'));
    else if (found.type !== 'string' && found.type !== 'boolean' && found.type !== 'integer') {
      errors.push(
        fieldError.invalid(
          at,
          jsonPath,
          'must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.',
        ),
      );
    }
    if (seen.has(jsonPath)) errors.push(fieldError.duplicate(at, jsonPath));
    seen.add(jsonPath);
  }
  if (seen.size > maxSelectable) errors.push(fieldError.tooMany(path, seen.size, maxSelectable));
  return errors;
}

function followPath(schema: Schema, path: string): Schema | undefined {
  let at: Schema | undefined = schema;
  if (!path.startsWith('.')) return undefined;
  for (const name of path.slice(1).split('.')) at = at?.properties?.[name];
  return at;
}
