import { RE2JS } from 're2js';
import type { FieldError } from '../schema/field-error.ts';
import { describeErrors, fieldError } from '../schema/field-error.ts';
import type { Json } from '../schema/json.ts';
import { cloneJson, compareBytes, equalJson, isObject } from '../schema/json.ts';
import { applyDefaults, pruneValue } from '../schema/normalize-custom.ts';
import type { Schema } from '../schema/schema.ts';
import { validateSchema } from '../schema/schema-validator.ts';

type Level = 'root' | 'field' | 'item';

const intOrString: Json = [{ type: 'integer' }, { type: 'string' }];

/** What stops a schema from being structural, sorted as the server sorts it. */
export function structuralErrors(schema: Schema, path: string): FieldError[] {
  const errors: FieldError[] = [];
  invariants(schema, 'root', path, errors);
  completeness(schema, path, errors);
  return errors.sort((a, b) => compareBytes(describeErrors([a]), describeErrors([b])));
}

function propertyPath(path: string, name: string): string {
  return `${path}.properties[${name}]`;
}

function invariants(schema: Schema, level: Level, path: string, errors: FieldError[]): void {
  const embedded = schema['x-kubernetes-embedded-resource'] === true;
  const open = schema['x-kubernetes-preserve-unknown-fields'] === true;
  const either = schema['x-kubernetes-int-or-string'] === true;
  const type = schema.type ?? '';
  if (type === 'array' && schema.items === undefined)
    errors.push(fieldError.required(`${path}.items`, 'must be specified'));
  if (schema.items !== undefined) invariants(schema.items, 'item', `${path}.items`, errors);
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    invariants(property, 'field', propertyPath(path, name), errors);
  }
  const rest = schema.additionalProperties;
  if (rest !== undefined) {
    if (level === 'root')
      errors.push(fieldError.forbidden(`${path}.additionalProperties`, 'must not be used at the root'));
    if (typeof rest === 'object') invariants(rest, 'field', `${path}.additionalProperties`, errors);
  }
  if (either && open) {
    errors.push(
      fieldError.invalid(
        `${path}.x-kubernetes-preserve-unknown-fields`,
        true,
        'must be false if x-kubernetes-int-or-string is true',
      ),
    );
  }
  if (either && embedded) {
    errors.push(
      fieldError.invalid(
        `${path}.x-kubernetes-embedded-resource`,
        true,
        'must be false if x-kubernetes-int-or-string is true',
      ),
    );
  }
  valueInvariants(schema, path, errors);
  typeInvariants(schema, level, path, errors);
  if (embedded && rest !== undefined) {
    errors.push(
      fieldError.forbidden(`${path}.additionalProperties`, 'must not be used if x-kubernetes-embedded-resource is set'),
    );
  }
  if (level === 'root' || embedded) metadataInvariants(schema, level, path, errors);
  if (embedded && !open && Object.keys(schema.properties ?? {}).length === 0) {
    errors.push(
      fieldError.required(
        `${path}.properties`,
        'must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields',
      ),
    );
  }
}

function typeInvariants(schema: Schema, level: Level, path: string, errors: FieldError[]): void {
  const type = schema.type ?? '';
  const embedded = schema['x-kubernetes-embedded-resource'] === true;
  const open = schema['x-kubernetes-preserve-unknown-fields'] === true;
  const either = schema['x-kubernetes-int-or-string'] === true;
  if (embedded && type !== 'object') {
    const reason = 'must be object if x-kubernetes-embedded-resource is true';
    errors.push(
      type === '' ? fieldError.required(`${path}.type`, reason) : fieldError.invalid(`${path}.type`, type, reason),
    );
  } else if (type === '' && !either && !open) {
    const where: Record<Level, string> = {
      root: 'must not be empty at the root',
      item: 'must not be empty for specified array items',
      field: 'must not be empty for specified object fields',
    };
    errors.push(fieldError.required(`${path}.type`, where[level]));
  }
  if (level === 'root' && type !== '' && type !== 'object') {
    errors.push(fieldError.invalid(`${path}.type`, type, 'must be object at the root'));
  }
}

function metadataInvariants(schema: Schema, level: Level, path: string, errors: FieldError[]): void {
  for (const name of ['kind', 'apiVersion']) {
    const found = schema.properties?.[name];
    if (found !== undefined && found.type !== 'string') {
      errors.push(fieldError.invalid(`${propertyPath(path, name)}.type`, found.type ?? '', 'must be string'));
    }
  }
  const metadata = schema.properties?.metadata;
  if (metadata === undefined) return;
  const at = propertyPath(path, 'metadata');
  if (metadata.type !== 'object') errors.push(fieldError.invalid(`${at}.type`, metadata.type ?? '', 'must be object'));
  const { type: _type, default: _default, description: _description, properties, ...others } = metadata;
  const names = Object.keys(properties ?? {}).filter((name) => name !== 'name' && name !== 'generateName');
  if (level === 'root' && (names.length > 0 || Object.keys(others).length > 0)) {
    errors.push(
      fieldError.forbidden(
        at,
        'must not specify anything other than name and generateName, but metadata is implicitly specified',
      ),
    );
  }
}

function valueInvariants(schema: Schema, path: string, errors: FieldError[]): void {
  const anyOf = schema.anyOf ?? [];
  if (!equalJson(anyOf as unknown as Json, intOrString)) nestedList(anyOf, `${path}.anyOf`, errors);
  for (const [index, inner] of (schema.allOf ?? []).entries()) {
    const skip = index === 0 && equalJson((inner.anyOf ?? []) as unknown as Json, intOrString);
    nested(skip ? { ...inner, anyOf: [] } : inner, `${path}.allOf[${index}]`, errors);
  }
  nestedList(schema.oneOf ?? [], `${path}.oneOf`, errors);
  if (schema.not !== undefined) nested(schema.not, `${path}.not`, errors);
  if (schema.pattern !== undefined && schema.pattern !== '') {
    const reason = patternError(schema.pattern);
    if (reason !== undefined) {
      errors.push(
        fieldError.invalid(
          `${path}.pattern`,
          schema.pattern,
          `must be a valid regular expression, but isn't: ${reason}`,
        ),
      );
    }
  }
}

function patternError(pattern: string): string | undefined {
  try {
    RE2JS.compile(pattern);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function nestedList(schemas: readonly Schema[], path: string, errors: FieldError[]): void {
  for (const [index, schema] of schemas.entries()) nested(schema, `${path}[${index}]`, errors);
}

const forbiddenInside: Readonly<Record<string, string>> = {
  type: 'must be empty to be structural',
  additionalProperties: 'must be undefined to be structural',
  default: 'must be undefined to be structural',
  title: 'must be empty to be structural',
  description: 'must be empty to be structural',
  nullable: 'must be false to be structural',
  'x-kubernetes-preserve-unknown-fields': 'must be false to be structural',
  'x-kubernetes-embedded-resource': 'must be false to be structural',
  'x-kubernetes-int-or-string': 'must be false to be structural',
  'x-kubernetes-list-map-keys': 'must be empty to be structural',
  'x-kubernetes-list-type': 'must be undefined to be structural',
  'x-kubernetes-map-type': 'must be undefined to be structural',
};

/** Inside anyOf, allOf, oneOf and not a schema may restrict values and nothing else. */
function nested(schema: Schema, path: string, errors: FieldError[]): void {
  valueInvariants(schema, path, errors);
  if (schema.items !== undefined) nested(schema.items, `${path}.items`, errors);
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    nested(property, propertyPath(path, name), errors);
    if (name === 'metadata')
      errors.push(fieldError.forbidden(propertyPath(path, name), 'must not be specified in a nested context'));
  }
  for (const [key, reason] of Object.entries(forbiddenInside)) {
    const value = (schema as Readonly<Record<string, unknown>>)[key];
    if (value !== undefined && value !== false && value !== '')
      errors.push(fieldError.forbidden(`${path}.${key}`, reason));
  }
}

/** Every field that a restriction at the root names must stand in the schema proper. */
function completeness(schema: Schema, path: string, errors: FieldError[]): void {
  const restrictions: (readonly [Schema, string])[] = [];
  for (const key of ['anyOf', 'allOf', 'oneOf'] as const) {
    for (const [index, inner] of (schema[key] ?? []).entries()) restrictions.push([inner, `${path}.${key}[${index}]`]);
  }
  if (schema.not !== undefined) restrictions.push([schema.not, `${path}.not`]);
  for (const [inner, at] of restrictions) covered(inner, schema, at, path, errors);
}

function covered(
  inner: Schema,
  outer: Schema | undefined,
  path: string,
  outerPath: string,
  errors: FieldError[],
): void {
  for (const [name, property] of Object.entries(inner.properties ?? {})) {
    const found = outer?.properties?.[name];
    const at = propertyPath(outerPath, name);
    if (found === undefined)
      errors.push(fieldError.required(at, `because it is defined in ${propertyPath(path, name)}`));
    else covered(property, found, propertyPath(path, name), at, errors);
  }
  if (inner.items !== undefined) {
    if (outer?.items === undefined)
      errors.push(fieldError.required(`${outerPath}.items`, `because it is defined in ${path}.items`));
    else covered(inner.items, outer.items, `${path}.items`, `${outerPath}.items`, errors);
  }
}

/** Defaults must be of their schema and hold nothing that pruning would take away. */
export function defaultErrors(schema: Schema, path: string): FieldError[] {
  const errors: FieldError[] = [];
  walkDefaults(schema, path, errors);
  return errors;
}

function walkDefaults(schema: Schema, path: string, errors: FieldError[]): void {
  if (schema.default !== undefined) {
    const value = cloneJson(schema.default);
    if (isObject(value) || Array.isArray(value)) {
      const unknown: string[] = [];
      pruneValue(schema, cloneJson(value), unknown);
      if (unknown.length > 0)
        errors.push(fieldError.invalid(`${path}.default`, schema.default, 'must not have unknown fields'));
      applyDefaults(schema, value);
    }
    for (const error of validateSchema({ schema, value })) {
      const field = error.field === '<nil>' ? `${path}.default` : `${path}.default.${error.field}`;
      errors.push({ ...error, field });
    }
  }
  for (const [name, property] of Object.entries(schema.properties ?? {}))
    walkDefaults(property, propertyPath(path, name), errors);
  if (schema.items !== undefined) walkDefaults(schema.items, `${path}.items`, errors);
  if (typeof schema.additionalProperties === 'object')
    walkDefaults(schema.additionalProperties, `${path}.additionalProperties`, errors);
}
