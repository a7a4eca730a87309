import { CelCompileError, compileRule } from '../cel/compile-rule.ts';
import type { FieldError } from '../schema/field-error.ts';
import { fieldError } from '../schema/field-error.ts';
import type { Json } from '../schema/json.ts';
import { canonicalJson, isObject } from '../schema/json.ts';
import type { Schema, ValidationRule } from '../schema/schema.ts';

const types = ['array', 'boolean', 'integer', 'number', 'object', 'string'];
const reasons = ['FieldValueDuplicate', 'FieldValueForbidden', 'FieldValueInvalid', 'FieldValueRequired'];
const scalar = new Set(['string', 'integer', 'number', 'boolean']);

/** What is wrong with a schema's types, list and map types and rules: all that is asked whether structural or not. */
export function schemaErrors(
  schema: Schema,
  path: string,
): { readonly errors: FieldError[]; readonly ruleErrors: FieldError[] } {
  const found: Found = { errors: [], ruleErrors: [] };
  walk(schema, path, true, found);
  return found;
}

interface Found {
  readonly errors: FieldError[];
  /** Rules that do not compile: told only where nothing else is wrong. */
  readonly ruleErrors: FieldError[];
}

function walk(schema: Schema, path: string, root: boolean, found: Found): void {
  const { errors } = found;
  if (schema.uniqueItems === true) {
    errors.push(
      fieldError.forbidden(
        `${path}.uniqueItems`,
        'uniqueItems cannot be set to true since the runtime complexity becomes quadratic',
      ),
    );
  }
  if (schema.type !== undefined && schema.type !== '' && !types.includes(schema.type)) {
    errors.push(fieldError.notSupported(`${path}.type`, schema.type, types));
  }
  const rest = schema.additionalProperties;
  if (rest !== undefined && rest !== false && Object.keys(schema.properties ?? {}).length > 0) {
    errors.push(
      fieldError.forbidden(`${path}.additionalProperties`, 'additionalProperties and properties are mutual exclusive'),
    );
  }
  if (schema['x-kubernetes-preserve-unknown-fields'] === false) {
    errors.push(fieldError.invalid(`${path}.x-kubernetes-preserve-unknown-fields`, false, 'must be true or undefined'));
  }
  mapTypeErrors(schema, path, errors);
  listTypeErrors(schema, path, errors);
  for (const [index, rule] of (schema['x-kubernetes-validations'] ?? []).entries()) {
    ruleErrors(schema, rule, `${path}.x-kubernetes-validations[${index}]`, root, found);
  }
  for (const [name, property] of Object.entries(schema.properties ?? {}))
    walk(property, `${path}.properties[${name}]`, false, found);
  if (typeof rest === 'object') walk(rest, `${path}.additionalProperties`, false, found);
  if (schema.items !== undefined) walk(schema.items, `${path}.items`, false, found);
}

function mapTypeErrors(schema: Schema, path: string, errors: FieldError[]): void {
  const type = schema['x-kubernetes-map-type'];
  if (type === undefined) return;
  if (schema.type !== 'object') {
    const reason = 'must be object if x-kubernetes-map-type is specified';
    errors.push(
      schema.type === undefined
        ? fieldError.required(`${path}.type`, reason)
        : fieldError.invalid(`${path}.type`, schema.type, reason),
    );
  }
  if (type !== 'atomic' && type !== 'granular') {
    errors.push(fieldError.notSupported(`${path}.x-kubernetes-map-type`, type, ['atomic', 'granular']));
  }
}

function listTypeErrors(schema: Schema, path: string, errors: FieldError[]): void {
  const type = schema['x-kubernetes-list-type'];
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  if (type !== undefined && schema.type !== 'array') {
    const reason = 'must be array if x-kubernetes-list-type is specified';
    errors.push(
      schema.type === undefined
        ? fieldError.required(`${path}.type`, reason)
        : fieldError.invalid(`${path}.type`, schema.type, reason),
    );
  }
  if (type !== undefined && !['atomic', 'set', 'map'].includes(type)) {
    errors.push(fieldError.notSupported(`${path}.x-kubernetes-list-type`, type, ['atomic', 'set', 'map']));
  }
  if (keys.length > 0 && type !== 'map') {
    const reason = 'must be map if x-kubernetes-list-map-keys is non-empty';
    const at = `${path}.x-kubernetes-list-type`;
    errors.push(type === undefined ? fieldError.required(at, reason) : fieldError.invalid(at, type, reason));
  }
  if (type === 'set') setErrors(schema, path, errors);
  if (type === 'map') listMapErrors(schema, keys, path, errors);
}

function setErrors(schema: Schema, path: string, errors: FieldError[]): void {
  const { items } = schema;
  const reason = 'must be atomic as item of a list with x-kubernetes-list-type=set';
  if (
    items?.type === 'array' &&
    items['x-kubernetes-list-type'] !== 'atomic' &&
    items['x-kubernetes-list-type'] !== undefined
  ) {
    errors.push(fieldError.invalid(`${path}.items.x-kubernetes-list-type`, items['x-kubernetes-list-type'], reason));
  }
  if (items?.type === 'object' && items['x-kubernetes-map-type'] !== 'atomic') {
    errors.push(
      fieldError.invalid(`${path}.items.x-kubernetes-map-type`, items['x-kubernetes-map-type'] ?? null, reason),
    );
  }
  if (items?.nullable === true) {
    errors.push(
      fieldError.forbidden(`${path}.items.nullable`, 'cannot be nullable when x-kubernetes-list-type is set'),
    );
  }
}

function listMapErrors(schema: Schema, keys: readonly string[], path: string, errors: FieldError[]): void {
  const { items } = schema;
  if (keys.length === 0) {
    errors.push(
      fieldError.required(`${path}.x-kubernetes-list-map-keys`, 'must not be empty if x-kubernetes-list-type is map'),
    );
  }
  if (items === undefined) {
    errors.push(fieldError.required(`${path}.items`, 'must have a schema if x-kubernetes-list-type is map'));
    return;
  }
  if (items.type !== 'object') {
    errors.push(
      fieldError.invalid(
        `${path}.items.type`,
        items.type ?? '',
        "must be object if parent array's x-kubernetes-list-type is map",
      ),
    );
  }
  if (items.nullable === true) {
    errors.push(
      fieldError.forbidden(`${path}.items.nullable`, 'cannot be nullable when x-kubernetes-list-type is map'),
    );
  }
  const seen = new Set<string>();
  for (const key of keys) {
    const property = items.properties?.[key];
    if (property === undefined) {
      errors.push(
        fieldError.invalid(
          `${path}.x-kubernetes-list-map-keys`,
          [...keys],
          'entries must all be names of item properties',
        ),
      );
    } else if (!scalar.has(property.type ?? '')) {
      errors.push(
        fieldError.invalid(
          `${path}.items.properties[${key}].type`,
          items.type ?? '',
          "must be a scalar type if parent array's x-kubernetes-list-type is map",
        ),
      );
    } else keyErrors(items, key, property, path, errors);
    if (seen.has(key)) {
      errors.push(
        fieldError.invalid(`${path}.x-kubernetes-list-map-keys`, [...keys], 'must not contain duplicate entries'),
      );
    }
    seen.add(key);
  }
}

function keyErrors(items: Schema, key: string, property: Schema, path: string, errors: FieldError[]): void {
  const at = `${path}.items.properties[${key}]`;
  const required = items.required?.includes(key) === true;
  if (property.nullable === true) {
    errors.push(
      fieldError.forbidden(
        `${at}.nullable`,
        'this property is in x-kubernetes-list-map-keys, so it cannot be nullable',
      ),
    );
  }
  if (property.default === undefined && !required) {
    errors.push(
      fieldError.required(
        `${at}.default`,
        'this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property',
      ),
    );
  }
}

function ruleErrors(schema: Schema, rule: ValidationRule, path: string, root: boolean, found: Found): void {
  const { errors } = found;
  const text = (rule.rule ?? '').trim();
  if (text === '') {
    errors.push(fieldError.required(`${path}.rule`, 'rule is not specified'));
    return;
  }
  const message = rule.message?.trim();
  if (rule.message !== undefined && rule.message !== '' && message === '') {
    errors.push(fieldError.invalid(`${path}.message`, rule.message, 'must be non-empty if specified'));
  } else if (message?.includes('\n') === true) {
    errors.push(fieldError.invalid(`${path}.message`, rule.message ?? '', 'must not contain line breaks'));
  } else if (text.includes('\n') && (message ?? '') === '') {
    errors.push(fieldError.required(`${path}.message`, 'message must be specified if rule contains line breaks'));
  }
  if (rule.messageExpression !== undefined && rule.messageExpression !== '' && rule.messageExpression.trim() === '') {
    errors.push(fieldError.required(`${path}.messageExpression`, 'messageExpression must be non-empty if specified'));
  }
  if (rule.reason !== undefined && !reasons.includes(rule.reason)) {
    errors.push(fieldError.notSupported(`${path}.reason`, rule.reason, reasons));
  }
  if (rule.fieldPath !== undefined && rule.fieldPath !== '')
    fieldPathErrors(schema, rule.fieldPath, `${path}.fieldPath`, errors);
  try {
    compileRule(schema, rule, { resourceRoot: root || schema['x-kubernetes-embedded-resource'] === true });
  } catch (error) {
    if (!(error instanceof CelCompileError)) throw error;
    found.ruleErrors.push({
      ...fieldError.invalid(`${path}.${error.part}`, rule.rule, error.message),
      shown: shownRule(rule),
    });
  }
}

/** A rule as error messages show it. */
function shownRule(rule: ValidationRule): string {
  const members: readonly (readonly [string, Json])[] = [
    ['Rule', rule.rule],
    ['Message', rule.message ?? ''],
    ['MessageExpression', rule.messageExpression ?? ''],
    ['Reason', rule.reason ?? null],
    ['FieldPath', rule.fieldPath ?? ''],
    ['OptionalOldSelf', rule.optionalOldSelf ?? null],
  ];
  return `{${members.map(([name, value]) => `${JSON.stringify(name)}:${canonicalJson(value)}`).join(',')}}`;
}

function fieldPathErrors(schema: Schema, fieldPath: string, path: string, errors: FieldError[]): void {
  const trimmed = fieldPath.trim();
  if (trimmed === '') errors.push(fieldError.invalid(path, fieldPath, 'must be non-empty if specified'));
  else if (trimmed.includes('\n')) errors.push(fieldError.invalid(path, fieldPath, 'must not contain line breaks'));
  else if (!namesField(schema, trimmed)) errors.push(fieldError.invalid(path, fieldPath, 'must be a valid path'));
}

/** Whether `.a['b'].c` names a field of the schema. */
function namesField(schema: Schema, path: string): boolean {
  const parts = [...path.matchAll(/\.([^.[\]]+)|\['((?:[^'\\]|\\.)*)'\]/gy)];
  if (parts.map(([all]) => all).join('') !== path) return false;
  let at: Schema | undefined = schema;
  for (const [, name, quoted] of parts) {
    const key = name ?? quoted?.replace(/\\(.)/g, '$1') ?? '';
    const rest: Schema | boolean | undefined = at?.additionalProperties;
    at = at?.properties !== undefined ? at.properties[key] : isObject(rest as Json) ? (rest as Schema) : undefined;
    if (at === undefined) return false;
  }
  return true;
}
