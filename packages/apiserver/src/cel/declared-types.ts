import type { Environment } from '@marcbachmann/cel-js';
import type { Schema } from '../schema/schema.ts';
import { isIntOrString } from '../schema/schema.ts';
import { baseEnvironment } from './environment.ts';
import { celEqual } from './equality.ts';
import { escapeName } from './values.ts';

/** Deeper than this a schema's values count as untyped: a cyclic or hostile schema must not run away. */
const maxDepth = 64;

/**
 * An environment in which `self` (and `oldSelf`) have the type of a schema: for checking expressions, never for running
 * them. Undefined where the schema has no type an expression could use.
 */
export function checkingEnvironment(options: {
  readonly schema: Schema;
  /** The root of a resource or of an embedded one: has apiVersion, kind and metadata's names. */
  readonly resourceRoot: boolean;
  readonly optionalOldSelf: boolean;
  /** Whether list and map literals may mix types: only `format`'s arguments do. */
  readonly mixedLiterals: boolean;
}): Environment | undefined {
  const environment = baseEnvironment().clone({ homogeneousAggregateLiterals: !options.mixedLiterals });
  const types = new TypeWriter(environment);
  const schema = options.resourceRoot ? withTypeMeta(options.schema) : options.schema;
  const self = types.nameOf(schema, 0);
  if (self === undefined) return undefined;
  environment.registerVariable('self', self);
  environment.registerVariable('oldSelf', options.optionalOldSelf ? `optional<${self}>` : self);
  return environment;
}

const text: Schema = { type: 'string' };

/** The root's schema as expressions see it: of metadata only the names. */
export function withTypeMeta(schema: Schema): Schema {
  return {
    ...schema,
    properties: {
      ...schema.properties,
      apiVersion: text,
      kind: text,
      metadata: { type: 'object', properties: { name: text, generateName: text } },
    },
  };
}

class TypeWriter {
  readonly #environment: Environment;
  #count = 0;

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  nameOf(schema: Schema, depth: number): string | undefined {
    if (depth > maxDepth || isIntOrString(schema)) return 'dyn';
    switch (schema.type) {
      case 'integer':
        return 'int';
      case 'number':
        return 'double';
      case 'boolean':
        return 'bool';
      case 'string':
        return textType(schema.format ?? '');
      case 'array': {
        const items = schema.items === undefined ? undefined : this.nameOf(schema.items, depth + 1);
        return items === undefined ? undefined : `list<${items}>`;
      }
      case 'object':
        return this.#object(schema, depth);
      default:
        return undefined;
    }
  }

  #object(schema: Schema, depth: number): string | undefined {
    const rest = schema.additionalProperties;
    if (typeof rest === 'object' && Object.keys(rest).length > 0) {
      const inner = this.nameOf(rest, depth + 1);
      return inner === undefined ? undefined : `map<string, ${inner}>`;
    }
    const fields: Record<string, string> = {};
    const properties =
      schema['x-kubernetes-embedded-resource'] === true ? withTypeMeta(schema).properties : schema.properties;
    for (const [name, property] of Object.entries(properties ?? {})) {
      const spelled = escapeName(name);
      const type = spelled === undefined ? undefined : this.nameOf(property, depth + 1);
      if (spelled !== undefined && type !== undefined) fields[spelled] = type;
    }
    const name = `Object${this.#count++}`;
    this.#environment.registerType(name, { fields });
    // The library compares only what it was told how to.
    this.#environment.registerOperator(`${name} == ${name}`, celEqual);
    return name;
  }
}

function textType(format: string): string {
  switch (format) {
    case 'byte':
      return 'bytes';
    case 'date':
    case 'date-time':
    case 'datetime':
      return 'google.protobuf.Timestamp';
    case 'duration':
      return 'google.protobuf.Duration';
    default:
      return 'string';
  }
}
