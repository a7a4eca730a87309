import { hasRules, validateRules } from '../cel/validate-rules.ts';
import { goText } from '../patch/go-text.ts';
import { Correlation } from './correlation.ts';
import type { FieldError } from './field-error.ts';
import { fieldError } from './field-error.ts';
import type { Json, JsonObject } from './json.ts';
import { getOwn, isObject } from './json.ts';
import { validateListTypes } from './list-types.ts';
import type { KindSchema, Schema } from './schema.ts';
import { apiVersionText, memberSchema } from './schema.ts';
import { validateSchema } from './schema-validator.ts';

export interface CustomValidation {
  readonly errors: readonly FieldError[];
  /** Texts for `Warning: 299` headers. */
  readonly warnings: readonly string[];
}

const maxInt32 = 2 ** 31 - 1;

/**
 * Validates a custom object against its version's schema: types, formats, bounds, list sets and maps, the scale
 * subresource's paths, CEL rules. With `oldObject` (an update) errors of unchanged values are let through (ratcheting) and
 * transition rules run. Object metadata is not looked at here: that is the same for every kind.
 */
export function validateCustom(options: {
  readonly kind: KindSchema;
  readonly object: JsonObject;
  readonly oldObject?: JsonObject | undefined;
  /** `status`: only the status is held against the OpenAPI part of the schema. */
  readonly subresource?: string;
}): CustomValidation {
  const { kind, object, oldObject } = options;
  const { schema } = kind;
  const mistyped = typeErrors(kind, object);
  if (mistyped.length > 0) return { errors: mistyped, warnings: [] };
  const errors: FieldError[] = [];
  const status = options.subresource === 'status';
  const correlation = oldObject === undefined ? undefined : new Correlation(object, oldObject, schema);
  if (!status) errors.push(...validateSchema({ schema, value: object, correlation }));
  else {
    const value = getOwn(object, 'status');
    const inner = memberSchema(schema, 'status');
    if (value !== undefined && inner !== undefined) {
      const found = validateSchema({ schema: inner, value, correlation: correlation?.key('status') });
      errors.push(...found.map((error) => below('status', error)));
    }
  }
  errors.push(...scaleErrors(kind, object, status));
  embeddedErrors(schema, object, '', errors);
  const listErrors = validateListTypes(schema, object, '');
  if (oldObject === undefined || validateListTypes(schema, oldObject, '').length === 0) errors.push(...listErrors);
  if (!hasRules(schema)) return { errors, warnings: [] };
  if (errors.some(blocksRules)) {
    errors.push(
      fieldError.invalid(
        '<nil>',
        null,
        'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
      ),
    );
    return { errors, warnings: [] };
  }
  const rules = validateRules({ schema, value: object, oldValue: oldObject });
  return { errors: [...errors, ...rules.errors], warnings: rules.warnings };
}

function typeErrors(kind: KindSchema, object: JsonObject): FieldError[] {
  const errors: FieldError[] = [];
  const expected = apiVersionText(kind);
  if (object.kind !== kind.kind) errors.push(fieldError.invalid('kind', object.kind ?? '', `must be ${kind.kind}`));
  if (object.apiVersion !== expected) {
    errors.push(fieldError.invalid('apiVersion', object.apiVersion ?? '', `must be ${expected}`));
  }
  return errors;
}

function below(parent: string, error: FieldError): FieldError {
  return { ...error, field: error.field === '<nil>' ? parent : `${parent}.${error.field}` };
}

function blocksRules(error: FieldError): boolean {
  switch (error.type) {
    case 'FieldValueNotSupported':
    case 'FieldValueRequired':
    case 'FieldValueTooLong':
    case 'FieldValueTooMany':
    case 'FieldValueTypeInvalid':
      return true;
    default:
      return false;
  }
}

/** Embedded resources name their apiVersion and kind. */
function embeddedErrors(schema: Schema, value: Json, path: string, errors: FieldError[]): void {
  if (Array.isArray(value)) {
    if (schema.items === undefined) return;
    for (const [index, item] of value.entries()) embeddedErrors(schema.items, item, `${path}[${index}]`, errors);
    return;
  }
  if (!isObject(value)) return;
  if (schema['x-kubernetes-embedded-resource'] === true) {
    for (const name of ['apiVersion', 'kind']) {
      const found = getOwn(value, name);
      if (found === undefined || found === '') errors.push(fieldError.required(`${path}.${name}`));
    }
  }
  for (const [key, member] of Object.entries(value)) {
    const inner = memberSchema(schema, key);
    if (inner !== undefined) embeddedErrors(inner, member, path === '' ? key : `${path}.${key}`, errors);
  }
}

function scaleErrors(kind: KindSchema, object: JsonObject, statusOnly: boolean): FieldError[] {
  const { scale } = kind;
  if (scale === undefined) return [];
  const paths = statusOnly ? [scale.statusReplicasPath] : [scale.specReplicasPath, scale.statusReplicasPath];
  return paths.flatMap((path) => {
    const value = valueAt(object, path);
    if (value === undefined) return [];
    if (typeof value !== 'number' || !Number.isInteger(value)) {
      const reason = `${path} accessor error: ${shown(value)} is of the type ${goType(value)}, expected int64`;
      return [fieldError.invalid(path, 0, reason)];
    }
    if (value < 0) return [fieldError.invalid(path, value, 'should be a non-negative integer')];
    return value > maxInt32 ? [fieldError.invalid(path, value, `should be less than or equal to ${maxInt32}`)] : [];
  });
}

function shown(value: Json): string {
  return typeof value === 'string' ? value : goText(value);
}

function goType(value: Json): string {
  if (value === null) return '<nil>';
  if (Array.isArray(value)) return '[]interface {}';
  if (isObject(value)) return 'map[string]interface {}';
  if (typeof value === 'boolean') return 'bool';
  return typeof value === 'string' ? 'string' : 'float64';
}

/** What stands at a dotted path (`.spec.replicas`); undefined where nothing does. */
export function valueAt(object: JsonObject, path: string): Json | undefined {
  let at: Json | undefined = object;
  for (const part of path.replace(/^\./, '').split('.')) at = isObject(at) ? getOwn(at, part) : undefined;
  return at;
}
