import { RE2JS } from 're2js';
import type { Correlation } from './correlation.ts';
import type { FieldError } from './field-error.ts';
import { fieldError, goQuote } from './field-error.ts';
import { isKnownFormat, matchesFormat } from './formats.ts';
import type { Json, JsonObject } from './json.ts';
import { canonicalJson, equalJson, getOwn, isObject } from './json.ts';
import type { Schema } from './schema.ts';

/** What validating one value found. `matches` counts checks that passed: of several failed alternatives the best is shown. */
interface Verdict {
  readonly errors: FieldError[];
  matches: number;
}

/**
 * Validates `value` against the OpenAPI part of its schema (not list types, not CEL) in the words of kube-openapi. With a
 * correlation, errors of a value that did not change are left out.
 */
export function validateSchema(options: {
  readonly schema: Schema;
  readonly value: Json;
  /** Where the value stands: empty for a whole object. */
  readonly path?: string;
  readonly correlation?: Correlation | undefined;
}): FieldError[] {
  const verdict = validate(options.schema, options.value, options.path ?? '', options.correlation);
  const seen = new Set<string>();
  return verdict.errors.filter((error) => {
    const key = `${error.field}\u0000${error.detail}\u0000${error.type}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

function validate(schema: Schema, value: Json, path: string, correlation: Correlation | undefined): Verdict {
  const out: Verdict = { errors: [], matches: 0 };
  if (value === null) {
    checkNull(schema, path, out);
    checkEnum(schema, value, path, out);
  } else {
    checkType(schema, value, path, out);
    checkAlternatives(schema, value, path, out, correlation);
    if (typeof value === 'string') checkString(schema, value, path, out);
    else if (typeof value === 'number' || typeof value === 'bigint') checkNumber(schema, value, path, out);
    else if (Array.isArray(value)) checkArray(schema, value, path, out, correlation);
    checkEnum(schema, value, path, out);
    if (isObject(value)) checkObject(schema, value, path, out, correlation);
  }
  if (correlation?.unchanged === true) out.errors.length = 0;
  return out;
}

function fieldOf(path: string): string {
  const name = path.startsWith('.') ? path.slice(1) : path;
  return name === '' ? '<nil>' : name;
}

function typesOf(schema: Schema): readonly string[] {
  if (schema['x-kubernetes-int-or-string'] === true) return ['integer', 'string'];
  return schema.type === undefined || schema.type === '' ? [] : [schema.type];
}

/** The format the server keeps for this type; others are ignored. */
function formatOf(schema: Schema): string {
  const format = schema.format ?? '';
  if (format === '') return '';
  const types = typesOf(schema);
  switch (types.length === 1 ? types[0] : '') {
    case '':
    case 'string':
      return isKnownFormat(format) ? format : '';
    case 'integer':
      return format === 'int32' || format === 'int64' ? format : '';
    case 'number':
      return format === 'float' || format === 'double' ? format : '';
    default:
      return '';
  }
}

function typeName(value: Json): string {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'bigint') return 'integer';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return value === null ? 'null' : typeof value;
}

function wrongType(path: string, expected: string, found: string): FieldError {
  return fieldError.typeInvalid(fieldOf(path), found, `${path} in body must be of type ${expected}: ${goQuote(found)}`);
}

function checkNull(schema: Schema, path: string, out: Verdict): void {
  const types = typesOf(schema);
  if ((types.length > 0 || formatOf(schema) !== '') && types.length > 0 && schema.nullable !== true) {
    out.errors.push(wrongType(path, types.join(','), 'null'));
  } else out.matches++;
}

function checkType(schema: Schema, value: Json, path: string, out: Verdict): void {
  const types = typesOf(schema);
  const format = formatOf(schema);
  if (types.length === 0 && format === '') return;
  const found = typeName(value);
  const foundFormat = found === 'integer' ? 'int64' : found === 'number' ? 'float64' : '';
  const fits = types.includes(found) || (found === 'integer' && types.includes('number'));
  const textual = found === 'string' || found === 'array';
  if (!textual && format !== '' && !fits && foundFormat !== format) {
    out.errors.push(wrongType(path, format, foundFormat));
  } else if (textual && format !== '' && !types.includes('number') && !types.includes('integer')) out.matches++;
  else if (!fits) out.errors.push(wrongType(path, types.join(','), found));
  else out.matches++;
}

function checkEnum(schema: Schema, value: Json, path: string, out: Verdict): void {
  const allowed = schema.enum;
  if (allowed === undefined || allowed.length === 0) return;
  if (value !== null && allowed.some((item) => item !== null && equalJson(item, value))) {
    out.matches++;
    return;
  }
  out.errors.push(
    fieldError.notSupported(
      fieldOf(path),
      value,
      allowed.map((item) => (typeof item === 'string' ? item : canonicalJson(item))),
    ),
  );
}

function checkString(schema: Schema, value: string, path: string, out: Verdict): void {
  const error = stringError(schema, value, path);
  if (error === undefined) out.matches++;
  else out.errors.push(error);
  const format = formatOf(schema);
  if (format === '' || !isKnownFormat(format)) return;
  if (matchesFormat(format, value)) out.matches++;
  else out.errors.push(wrongType(path, format, value));
}

function stringError(schema: Schema, value: string, path: string): FieldError | undefined {
  const length = [...value].length;
  if (schema.maxLength !== undefined && length > schema.maxLength)
    return fieldError.tooLong(fieldOf(path), schema.maxLength);
  if (schema.minLength !== undefined && length < schema.minLength) {
    return fieldError.invalid(
      fieldOf(path),
      value,
      `${path} in body should be at least ${schema.minLength} chars long`,
    );
  }
  if (schema.pattern !== undefined && schema.pattern !== '' && !matchesPattern(schema.pattern, value)) {
    return fieldError.invalid(fieldOf(path), value, `${path} in body should match '${schema.pattern}'`);
  }
  return undefined;
}

const patterns = new Map<string, RE2JS>();

/** Whether `text` contains a match of an RE2 pattern, in time linear in both. An invalid pattern matches nothing. */
export function matchesPattern(pattern: string, text: string): boolean {
  let compiled = patterns.get(pattern);
  if (compiled === undefined) {
    try {
      compiled = RE2JS.compile(pattern);
    } catch {
      return false;
    }
    if (patterns.size > 2000) patterns.clear();
    patterns.set(pattern, compiled);
  }
  return compiled.matcher(text).find();
}

const int32 = 2 ** 31;

function checkNumber(schema: Schema, value: number | bigint, path: string, out: Verdict): void {
  const found: FieldError[] = [];
  const number = Number(value);
  const field = fieldOf(path);
  const format = formatOf(schema);
  const whole = typeof value === 'bigint' || Number.isInteger(value);
  if (schema.type === 'integer' && !whole && format !== 'int32') {
    const shown = format === '' ? '(default format)' : `with format ${format}`;
    found.push(fieldError.invalid('<nil>', '', `Checked value must be of type integer ${shown} in ${path}`));
  }
  if (schema.type === 'integer' && format === 'int32' && (!whole || number < -int32 || number >= int32)) {
    found.push(fieldError.invalid('<nil>', '', `Checked value must be of type integer with format int32 in ${path}`));
  }
  if (schema.type === 'number' && format === 'float' && Math.abs(number) > 3.4028234663852886e38) {
    found.push(fieldError.invalid('<nil>', '', `Checked value must be of type number with format float in ${path}`));
  }
  const { multipleOf, minimum, maximum } = schema;
  if (multipleOf !== undefined && !isMultiple(number, multipleOf)) {
    found.push(fieldError.invalid(field, value, `${path} in body should be a multiple of ${goNumber(multipleOf)}`));
  }
  if (minimum !== undefined && (number < minimum || (schema.exclusiveMinimum === true && number === minimum))) {
    const words = schema.exclusiveMinimum === true ? 'greater than' : 'greater than or equal to';
    found.push(fieldError.invalid(field, value, `${path} in body should be ${words} ${goNumber(minimum)}`));
  }
  if (maximum !== undefined && (number > maximum || (schema.exclusiveMaximum === true && number === maximum))) {
    const words = schema.exclusiveMaximum === true ? 'less than' : 'less than or equal to';
    found.push(fieldError.invalid(field, value, `${path} in body should be ${words} ${goNumber(maximum)}`));
  }
  if (found.length === 0) out.matches++;
  out.errors.push(...found);
}

function isMultiple(value: number, factor: number): boolean {
  if (factor <= 0) return true;
  const quotient = factor < 1 ? (1 / factor) * value : value / factor;
  return Math.abs(quotient - Math.round(quotient)) <= 1e-9 * Math.max(1, Math.abs(quotient));
}

/** A float as Go prints it with `%v`: exponents from 1e21 and below 1e-4, with two digits at least. */
function goNumber(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && size < 1e-4) {
    return value.toExponential().replace(/e-(\d)$/, 'e-0$1');
  }
  return String(value);
}

function checkArray(
  schema: Schema,
  value: Json[],
  path: string,
  out: Verdict,
  correlation: Correlation | undefined,
): void {
  if (schema.items !== undefined) {
    for (const [index, item] of value.entries()) {
      merge(out, validate(schema.items, item, `${path}[${index}]`, correlation?.index(index)));
    }
  }
  const field = fieldOf(path);
  if (schema.minItems !== undefined && value.length < schema.minItems) {
    out.errors.push(
      fieldError.invalid(field, value.length, `${path} in body should have at least ${schema.minItems} items`),
    );
  }
  if (schema.maxItems !== undefined && value.length > schema.maxItems) {
    out.errors.push(fieldError.tooMany(field, value.length, schema.maxItems));
  }
  if (schema.uniqueItems === true && new Set(value.map(canonicalJson)).size < value.length) {
    out.errors.push(fieldError.invalid(field, '', `${path} in body shouldn't contain duplicates`));
  }
  out.matches++;
}

function checkObject(
  schema: Schema,
  value: JsonObject,
  path: string,
  out: Verdict,
  correlation: Correlation | undefined,
): void {
  const keys = Object.keys(value);
  const field = fieldOf(path);
  if (schema.minProperties !== undefined && keys.length < schema.minProperties) {
    out.errors.push(
      fieldError.invalid(field, keys.length, `${path} in body should have at least ${schema.minProperties} properties`),
    );
  }
  if (schema.maxProperties !== undefined && keys.length > schema.maxProperties) {
    out.errors.push(fieldError.tooMany(field, keys.length, schema.maxProperties));
  }
  const properties = schema.properties ?? {};
  for (const key of keys) {
    const known = Object.hasOwn(properties, key);
    const inner = known
      ? properties[key]
      : typeof schema.additionalProperties === 'object'
        ? schema.additionalProperties
        : undefined;
    if (inner === undefined) {
      if (schema.additionalProperties === false) {
        out.errors.push(fieldError.invalid(field, key, `${path}.${key} in body is a forbidden property`));
      }
      continue;
    }
    const hidden = path === '' && (key === 'apiVersion' || key === 'kind');
    const at = known && path === '' ? key : `${path}.${key}`;
    merge(out, validate(inner, value[key] as Json, at, hidden ? undefined : correlation?.key(key)));
  }
  for (const name of schema.required ?? []) {
    if (getOwn(value, name) === undefined) out.errors.push(fieldError.required(fieldOf(`${path}.${name}`)));
  }
  out.matches++;
}

function merge(into: Verdict, from: Verdict): void {
  into.errors.push(...from.errors);
  into.matches += from.matches;
}

function general(message: string): FieldError {
  return fieldError.invalid('<nil>', '', message);
}

function checkAlternatives(
  schema: Schema,
  value: Json,
  path: string,
  out: Verdict,
  correlation: Correlation | undefined,
): void {
  const run = (inner: Schema): Verdict => validateInner(inner, value, path, correlation);
  const quoted = goQuote(path);
  if (schema.anyOf !== undefined && schema.anyOf.length > 0) {
    const verdicts = schema.anyOf.map(run);
    const passed = verdicts.find((verdict) => verdict.errors.length === 0);
    if (passed === undefined) out.errors.push(general(`${quoted} must validate at least one schema (anyOf)`));
    merge(out, passed ?? best(verdicts));
  }
  if (schema.oneOf !== undefined && schema.oneOf.length > 0) {
    const verdicts = schema.oneOf.map(run);
    const passed = verdicts.filter((verdict) => verdict.errors.length === 0);
    const [only] = passed;
    if (passed.length === 1 && only !== undefined) merge(out, only);
    else {
      const found = passed.length === 0 ? 'Found none valid' : `Found ${passed.length} valid alternatives`;
      out.errors.push(general(`${quoted} must validate one and only one schema (oneOf). ${found}`));
      if (passed.length === 0) merge(out, best(verdicts));
    }
  }
  if (schema.allOf !== undefined && schema.allOf.length > 0) {
    const verdicts = schema.allOf.map(run);
    for (const verdict of verdicts) merge(out, verdict);
    const passed = verdicts.filter((verdict) => verdict.errors.length === 0).length;
    if (passed < verdicts.length) {
      out.errors.push(
        general(`${quoted} must validate all the schemas (allOf)${passed === 0 ? '. None validated' : ''}`),
      );
    }
  }
  if (schema.not !== undefined && run(schema.not).errors.length === 0) {
    out.errors.push(general(`${quoted} must not validate the schema (not)`));
  }
}

/** Alternatives look at the same value: its own correlation does not forgive them, those of its parts do. */
function validateInner(schema: Schema, value: Json, path: string, correlation: Correlation | undefined): Verdict {
  const inner: Verdict = { errors: [], matches: 0 };
  void correlation;
  merge(inner, validate(schema, value, path, undefined));
  return inner;
}

function best(verdicts: readonly Verdict[]): Verdict {
  return verdicts.reduce((winner, verdict) => (verdict.matches > winner.matches ? verdict : winner));
}
