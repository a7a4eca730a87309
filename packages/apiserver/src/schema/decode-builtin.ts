import { goQuote } from './field-error.ts';
import { goTypes } from './go-types.ts';
import type { Json, JsonObject } from './json.ts';
import { isObject, setOwn } from './json.ts';
import { canonicalQuantity } from './quantity.ts';
import type { KindSchema, Schema } from './schema.ts';
import { isIntOrString, isQuantity, memberSchema } from './schema.ts';
import { canonicalTime } from './time-text.ts';

/** An object without members its schema does not know, and the paths of those members. */
export interface KnownMembers {
  readonly object: JsonObject;
  readonly unknown: readonly string[];
}

/** A value that Go could not read into the kind's struct; the message is encoding/json's. */
export class GoDecodeError extends Error {
  override readonly name = 'GoDecodeError';
  /** The same in the words of apimachinery's converter, which reads the results of strategic merge patches. */
  readonly converterMessage: string;

  constructor(message: string, converterMessage = message) {
    super(message);
    this.converterMessage = converterMessage;
  }
}

/**
 * Reads `value` as Go reads it into the kind's struct and writes it again: unknown members, nulls and empty optional
 * lists, maps and strings are left out. Throws a {@link GoDecodeError} for the first member of a wrong type.
 */
export function decodeBuiltin(kind: KindSchema, value: JsonObject): KnownMembers {
  return decodeStruct(kind.schema, value, '', '');
}

/** As {@link decodeBuiltin}, for a part of an object: `path` is where it stands, `root` what Go calls the whole. */
export function decodeStruct(schema: Schema, value: Json, path: string, goPath: string): KnownMembers {
  const reader = new StructReader();
  const object = reader.read(schema, value, { path, goPath, struct: '', element: false }) as JsonObject;
  if (reader.error !== undefined) throw new GoDecodeError(reader.error, reader.converterError);
  return { object, unknown: reader.unknown };
}

interface Place {
  /** With indexes, as unknown members are named. */
  readonly path: string;
  /** Without, as Go names it in type errors. */
  readonly goPath: string;
  /** The struct whose field this is, or empty at the root. */
  readonly struct: string;
  /** Inside a list or map of that field. */
  readonly element: boolean;
}

class StructReader {
  readonly unknown: string[] = [];
  error: string | undefined;
  converterError: string | undefined;

  read(schema: Schema, value: Json, place: Place): Json {
    if (value === null) return null;
    if (isQuantity(schema)) return this.#quantity(value);
    if (isIntOrString(schema)) return this.#intOrString(value, place);
    if (schema.definition === 'io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1') return value;
    switch (schema.type) {
      case 'string':
        return this.#text(schema, value, place);
      case 'integer':
        return this.#integer(schema, value, place);
      case 'number':
        return typeof value === 'number' || typeof value === 'bigint' ? value : this.#mismatch(schema, value, place);
      case 'boolean':
        return typeof value === 'boolean' ? value : this.#mismatch(schema, value, place);
      case 'array':
        return this.#list(schema, value, place);
      case 'object':
        return this.#object(schema, value, place);
      default:
        return value;
    }
  }

  #fail(message: string): void {
    this.error ??= message;
  }

  #mismatch(schema: Schema, value: Json, place: Place, type = goTypeOf(schema, place)): null {
    const shown = jsonKind(value);
    const field =
      place.struct === ''
        ? `Go value of type ${type}`
        : `Go struct field ${place.struct}.${place.goPath} of type ${type}`;
    if (this.error === undefined) this.converterError = converterMessage(schema, value, type);
    this.#fail(`json: cannot unmarshal ${shown} into ${field}`);
    return null;
  }

  #quantity(value: Json): Json {
    const text = typeof value === 'number' || typeof value === 'bigint' ? String(value) : value;
    const canonical = typeof text === 'string' ? canonicalQuantity(text.trim()) : undefined;
    if (canonical !== undefined) return canonical;
    this.#fail("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'");
    return null;
  }

  #intOrString(value: Json, place: Place): Json {
    if (typeof value === 'string') return value;
    return this.#integer({ type: 'integer', format: 'int32' }, value, place);
  }

  #integer(schema: Schema, value: Json, place: Place): Json {
    if (typeof value !== 'number' && typeof value !== 'bigint')
      return this.#mismatch(schema, value, place, goInteger(schema));
    const limit = schema.format === 'int64' ? 2n ** 63n : 2n ** 31n;
    if (typeof value === 'number' && !Number.isInteger(value)) return this.#number(schema, value, place);
    const big = BigInt(value);
    return big >= -limit && big < limit ? value : this.#number(schema, value, place);
  }

  #number(schema: Schema, value: number | bigint, place: Place): null {
    this.#fail(
      `json: cannot unmarshal number ${String(value)} into Go struct field ${place.struct}.${place.goPath} of type ${goInteger(schema)}`,
    );
    return null;
  }

  #text(schema: Schema, value: Json, place: Place): Json {
    if (typeof value !== 'string') {
      return this.#mismatch(schema, value, place, schema.format === 'date-time' ? 'string' : goTypeOf(schema, place));
    }
    if (schema.format === 'date-time') return this.#time(schema, value);
    if (schema.format === 'byte') this.#bytes(value);
    return value;
  }

  #time(schema: Schema, value: string): Json {
    if (value === '') return null;
    const micro = schema.definition?.endsWith('MicroTime') === true;
    const canonical = canonicalTime(value, micro ? 'micros' : 'seconds');
    if (canonical !== undefined) return canonical;
    const layout = micro ? '2006-01-02T15:04:05.000000Z07:00' : '2006-01-02T15:04:05Z07:00';
    this.#fail(`parsing time ${goQuote(value)} as ${goQuote(layout)}: cannot parse ${goQuote(value)} as "2006"`);
    return null;
  }

  #bytes(value: string): void {
    const bad = /[^A-Za-z0-9+/=\r\n]/.exec(value);
    if (bad !== null) this.#fail(`illegal base64 data at input byte ${bad.index}`);
    else if (value.replace(/[\r\n]/g, '').length % 4 !== 0) {
      this.#fail(`illegal base64 data at input byte ${value.length - (value.length % 4)}`);
    }
  }

  #list(schema: Schema, value: Json, place: Place): Json {
    if (!Array.isArray(value)) return this.#mismatch(schema, value, place);
    const { items } = schema;
    if (items === undefined) return value;
    return value.map((item, index) => {
      const read = this.read(items, item, { ...place, path: `${place.path}[${index}]`, element: true });
      return read ?? zeroOf(items);
    });
  }

  #object(schema: Schema, value: Json, place: Place): Json {
    if (!isObject(value)) {
      return schema.properties === undefined && typeof schema.additionalProperties !== 'object'
        ? value
        : this.#mismatch(schema, value, place);
    }
    if (schema.properties !== undefined) return this.#struct(schema, value, place);
    const rest = schema.additionalProperties;
    if (typeof rest !== 'object') return value;
    const out: JsonObject = {};
    for (const [key, member] of Object.entries(value)) {
      const read = this.read(rest, member, { ...place, path: join(place.path, key), element: true });
      setOwn(out, key, read ?? zeroOf(rest));
    }
    return out;
  }

  #struct(schema: Schema, value: JsonObject, place: Place): JsonObject {
    const struct = schema.definition?.split('.').at(-1) ?? place.struct;
    const out: JsonObject = {};
    for (const [key, member] of Object.entries(value)) {
      const inner = memberSchema(schema, key);
      const path = join(place.path, key);
      if (inner === undefined) {
        this.unknown.push(path);
        continue;
      }
      const read = this.read(inner, member, { path, goPath: join(place.goPath, key), struct, element: false });
      if (read === null || (isEmpty(inner, read) && !keepsEmpty(schema, key, inner))) continue;
      setOwn(out, key, read);
    }
    for (const key of zeroTimes[struct] ?? []) if (!Object.hasOwn(out, key)) setOwn(out, key, null);
    return out;
  }
}

/** Times that Go writes as null where there is none, by struct. */
const zeroTimes: Readonly<Record<string, readonly string[]>> = {
  PodCondition: ['lastProbeTime', 'lastTransitionTime'],
  NodeCondition: ['lastHeartbeatTime', 'lastTransitionTime'],
  NamespaceCondition: ['lastTransitionTime'],
  DeploymentCondition: ['lastUpdateTime', 'lastTransitionTime'],
  ReplicaSetCondition: ['lastTransitionTime'],
  StatefulSetCondition: ['lastTransitionTime'],
  DaemonSetCondition: ['lastTransitionTime'],
  JobCondition: ['lastProbeTime', 'lastTransitionTime'],
};

function converterMessage(schema: Schema, value: Json, type: string): string {
  const kinds: Readonly<Record<string, string>> = { array: 'slice', object: 'map', bool: 'bool', string: 'string' };
  const found = typeof value === 'number' && !Number.isInteger(value) ? 'float64' : (kinds[jsonKind(value)] ?? 'int64');
  if (schema.type === 'array') return `cannot restore slice from ${found}`;
  if (schema.type !== 'object') return `cannot convert ${found} to ${type.startsWith('v1.') ? 'string' : type}`;
  return schema.properties === undefined ? `cannot restore map from ${found}` : `cannot restore struct from: ${found}`;
}

/** Whether Go's omitempty leaves the value out, where the field is no pointer. */
function isEmpty(schema: Schema, value: Json): boolean {
  if (Array.isArray(value)) return value.length === 0;
  return isObject(value) && schema.properties === undefined && typeof schema.additionalProperties === 'object'
    ? Object.keys(value).length === 0
    : false;
}

function keepsEmpty(parent: Schema, key: string, schema: Schema): boolean {
  return parent.required?.includes(key) === true || schema.default !== undefined;
}

function zeroOf(schema: Schema): Json {
  switch (schema.type) {
    case 'string':
      return '';
    case 'integer':
    case 'number':
      return 0;
    case 'boolean':
      return false;
    default:
      return schema.properties === undefined ? null : {};
  }
}

function join(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}

function jsonKind(value: Json): string {
  if (Array.isArray(value)) return 'array';
  if (isObject(value)) return 'object';
  if (typeof value === 'boolean') return 'bool';
  return typeof value === 'string' ? 'string' : 'number';
}

function goInteger(schema: Schema): string {
  return schema.format === 'int64' ? 'int64' : 'int32';
}

/** A schema's Go type as error messages name it. */
function goTypeOf(schema: Schema, place: Place): string {
  if (isQuantity(schema)) return 'resource.Quantity';
  if (schema.definition !== undefined && schema.type === 'object')
    return `v1.${schema.definition.split('.').at(-1) ?? ''}`;
  switch (schema.type) {
    case 'string':
      if (schema.format === 'byte') return '[]uint8';
      return place.element
        ? 'string'
        : (goTypes[`${place.struct}.${place.goPath.split('.').at(-1) ?? ''}`] ?? 'string');
    case 'integer':
      return goInteger(schema);
    case 'number':
      return 'float64';
    case 'boolean':
      return 'bool';
    case 'array':
      return `[]${goTypeOf(schema.items ?? {}, place)}`;
    default:
      return typeof schema.additionalProperties === 'object'
        ? `map[string]${goTypeOf(schema.additionalProperties, place)}`
        : 'map[string]interface {}';
  }
}
