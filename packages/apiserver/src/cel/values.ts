import { Duration } from '@marcbachmann/cel-js/evaluator';
import type { Json } from '../schema/json.ts';
import { getOwn, isObject } from '../schema/json.ts';
import type { Schema } from '../schema/schema.ts';
import { isIntOrString } from '../schema/schema.ts';

/** A value as the expression evaluator takes it: maps for objects, bigint for integers, number for doubles. */
export type CelValue = unknown;

const reserved = new Set([
  'true',
  'false',
  'null',
  'in',
  'as',
  'break',
  'const',
  'continue',
  'else',
  'for',
  'function',
  'if',
  'import',
  'let',
  'loop',
  'package',
  'namespace',
  'return',
  'var',
  'void',
  'while',
]);

/**
 * A property's name as expressions spell it: `namespace` is `__namespace__`, `a-b` is `a__dash__b`; undefined where
 * there is no spelling, such as for a name that begins with a digit.
 */
export function escapeName(name: string): string | undefined {
  if (reserved.has(name)) return `__${name}__`;
  if (!/^[A-Za-z_][A-Za-z0-9_.\-/]*$/.test(name)) return undefined;
  return name.replace(/__|\.|-|\//g, (part) => {
    switch (part) {
      case '__':
        return '__underscores__';
      case '.':
        return '__dot__';
      case '-':
        return '__dash__';
      default:
        return '__slash__';
    }
  });
}

/**
 * Gives a JSON value the types its schema names. Members that the schema does not name are not visible to expressions,
 * nor are values of unknown type.
 */
export function toCel(schema: Schema, value: Json): CelValue {
  if (value === null) return null;
  if (isIntOrString(schema)) return typeof value === 'number' && Number.isInteger(value) ? BigInt(value) : value;
  switch (schema.type) {
    case 'integer':
      return typeof value === 'number' && Number.isInteger(value) ? BigInt(value) : value;
    case 'number':
      return typeof value === 'bigint' ? Number(value) : value;
    case 'string':
      return typeof value === 'string' ? textValue(schema.format ?? '', value) : value;
    case 'array':
      return Array.isArray(value) ? value.map((item) => toCel(schema.items ?? {}, item)) : value;
    case 'object':
      return isObject(value) ? objectValue(schema, value) : value;
    default:
      return untypedToCel(value);
  }
}

function objectValue(schema: Schema, value: { [key: string]: Json }): Map<string, CelValue> {
  const out = new Map<string, CelValue>();
  if (schema.properties !== undefined && Object.keys(schema.properties).length > 0) {
    for (const [name, property] of Object.entries(schema.properties)) {
      const member = getOwn(value, name);
      const spelled = escapeName(name);
      if (member !== undefined && spelled !== undefined) out.set(spelled, toCel(property, member));
    }
    return out;
  }
  const inner = typeof schema.additionalProperties === 'object' ? schema.additionalProperties : {};
  for (const [name, member] of Object.entries(value)) out.set(name, toCel(inner, member));
  return out;
}

function textValue(format: string, text: string): CelValue {
  switch (format) {
    case 'byte':
      return new Uint8Array(Buffer.from(text, 'base64'));
    case 'date':
      return new Date(`${text}T00:00:00Z`);
    case 'date-time':
    case 'datetime':
      return new Date(text);
    case 'duration':
      return durationValue(text) ?? text;
    default:
      return text;
  }
}

const nanoseconds: Readonly<Record<string, bigint>> = {
  h: 3_600_000_000_000n,
  m: 60_000_000_000n,
  s: 1_000_000_000n,
  ms: 1_000_000n,
  us: 1000n,
  µs: 1000n,
  ns: 1n,
};

function durationValue(text: string): Duration | undefined {
  const sign = text.startsWith('-') ? -1n : 1n;
  const rest = text.replace(/^[+-]/, '');
  if (!/^(?:\d+(?:\.\d+)?(?:h|m|s|ms|us|µs|ns))+$/.test(rest)) return undefined;
  let total = 0n;
  for (const [, whole, fraction, unit] of rest.matchAll(/(\d+)(?:\.(\d+))?(h|ms|m|s|us|µs|ns)/g)) {
    const scale = nanoseconds[unit ?? ''] ?? 0n;
    total += BigInt(whole ?? 0) * scale;
    if (fraction !== undefined) total += (BigInt(fraction) * scale) / 10n ** BigInt(fraction.length);
  }
  total *= sign;
  return new Duration(total / 1_000_000_000n, Number(total % 1_000_000_000n));
}

/** A value no schema speaks of: integers by their looks. Used for admission requests and untyped objects. */
export function untypedToCel(value: Json): CelValue {
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : value;
  if (Array.isArray(value)) return value.map(untypedToCel);
  if (isObject(value)) return new Map(Object.entries(value).map(([key, member]) => [key, untypedToCel(member)]));
  return value;
}
