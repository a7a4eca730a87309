import type { FieldError } from './field-error.ts';
import { fieldError } from './field-error.ts';
import type { Json, JsonObject } from './json.ts';
import { isObject } from './json.ts';
import type { KindSchema, Schema } from './schema.ts';
import { isIntOrString, memberSchema } from './schema.ts';

export interface CustomValidation {
  readonly errors: readonly FieldError[];
  /** Texts for `Warning: 299` headers. */
  readonly warnings: readonly string[];
}

/**
 * Validates a custom object against its version's schema: types, formats, bounds, list sets and maps, CEL rules. With
 * `oldObject` (an update) errors of unchanged values are let through (ratcheting) and transition rules run. Object
 * metadata is not looked at here.
 */
export function validateCustom(options: {
  readonly kind: KindSchema;
  readonly object: JsonObject;
  readonly oldObject?: JsonObject | undefined;
}): CustomValidation {
  const errors: FieldError[] = [];
  walk(options.kind.schema, options.object, '', errors);
  return { errors, warnings: [] };
}

function walk(schema: Schema, value: Json, path: string, errors: FieldError[]): void {
  const actual = typeName(value);
  if (
    schema.type !== undefined &&
    !isIntOrString(schema) &&
    actual !== schema.type &&
    !(schema.type === 'number' && actual === 'integer')
  ) {
    if (!(value === null && schema.nullable === true)) {
      errors.push(
        fieldError.typeInvalid(
          path,
          actual,
          `${path} in body must be of type ${schema.type}: ${JSON.stringify(actual)}`,
        ),
      );
    }
    return;
  }
  if (Array.isArray(value)) {
    const items = schema.items;
    if (items === undefined) return;
    for (const [index, item] of value.entries()) walk(items, item, `${path}[${index}]`, errors);
  } else if (isObject(value)) {
    for (const name of schema.required ?? []) {
      if (!Object.hasOwn(value, name)) errors.push(fieldError.required(path === '' ? name : `${path}.${name}`));
    }
    for (const [key, member] of Object.entries(value)) {
      const inner = memberSchema(schema, key);
      if (inner !== undefined) walk(inner, member, path === '' ? key : `${path}.${key}`, errors);
    }
  }
}

function typeName(value: Json): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'bigint') return 'integer';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}
