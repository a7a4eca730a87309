import type { ProtobufField } from '@hardpoint/kubernetes/protobuf';
import { WireReader } from './wire.ts';

type JsonValue = string | number | boolean | null | JsonValue[] | { [key: string]: JsonValue };
type JsonRecord = { [key: string]: JsonValue };

/** Field numbers and types of every built-in message; see scripts/generate-protobuf.ts. */
export type ProtobufTable = Readonly<Record<string, readonly ProtobufField[]>>;

const magic = Uint8Array.from([0x6b, 0x38, 0x73, 0x00]);
const deepest = 64;

/** Options that are sent as bodies of their own, whatever the group of the request. */
const metaKinds = new Set([
  'DeleteOptions',
  'CreateOptions',
  'UpdateOptions',
  'PatchOptions',
  'GetOptions',
  'ListOptions',
  'Status',
]);

/**
 * A body of `application/vnd.kubernetes.protobuf` as the JSON object a client would have sent. Clients built on
 * client-go write built-in kinds so (`kubectl create configmap`, `kubectl auth can-i`).
 *
 * @throws RangeError where the bytes are no such body, or a kind is not in the table.
 */
export function decodeProtobuf(body: Uint8Array, table: ProtobufTable): JsonRecord {
  if (body.length < 4 || magic.some((byte, index) => body[index] !== byte)) {
    throw new RangeError('provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]');
  }
  const reader = new WireReader(body.subarray(4));
  let apiVersion = '';
  let kind = '';
  let raw: Uint8Array = new Uint8Array();
  while (!reader.done) {
    const { number, wire } = reader.tag();
    if (number === 1 && wire === 2) {
      const meta = new WireReader(reader.bytes());
      while (!meta.done) {
        const field = meta.tag();
        if (field.number === 1 && field.wire === 2) apiVersion = text(meta.bytes());
        else if (field.number === 2 && field.wire === 2) kind = text(meta.bytes());
        else meta.skip(field.wire);
      }
    } else if (number === 2 && wire === 2) raw = reader.bytes();
    else reader.skip(wire);
  }
  const object = decodeMessage(messageOf(apiVersion, kind, table), raw, table, 0);
  return { apiVersion, kind, ...object };
}

function messageOf(apiVersion: string, kind: string, table: ProtobufTable): string {
  const [group, version] = apiVersion.includes('/') ? apiVersion.split('/') : ['core', apiVersion];
  const name = metaKinds.has(kind) ? `meta/v1.${kind}` : `${group?.split('.')[0]}/${version}.${kind}`;
  if (!Object.hasOwn(table, name)) throw new RangeError(`no kind "${kind}" is registered for version "${apiVersion}"`);
  return name;
}

function decodeMessage(message: string, bytes: Uint8Array, table: ProtobufTable, depth: number): JsonRecord {
  if (depth > deepest) throw new RangeError('the message is nested too deeply');
  const fields = table[message];
  if (fields === undefined) throw new RangeError(`no message ${message}`);
  const out: JsonRecord = {};
  const reader = new WireReader(bytes);
  while (!reader.done) {
    const { number, wire } = reader.tag();
    const field = fields.find((one) => one[0] === number);
    if (field === undefined) {
      reader.skip(wire);
      continue;
    }
    const [, name, type, flags] = field;
    if (flags.includes('n')) {
      Object.assign(out, decodeMessage(type, reader.bytes(), table, depth + 1));
    } else if (type.startsWith('[]')) {
      const item = type.slice(2);
      out[name] ??= [];
      const list = out[name] as JsonValue[];
      if (wire === 2 && (item === 'i' || item === 'b')) {
        // Packed or not: both are allowed for scalars.
        const packed = new WireReader(reader.bytes());
        while (!packed.done) list.push(scalar(item, packed, 0));
      } else list.push(value(item, reader, wire, table, depth));
    } else if (type.startsWith('{}')) {
      const entry = new WireReader(reader.bytes());
      let key = '';
      let content: JsonValue | undefined;
      while (!entry.done) {
        const part = entry.tag();
        if (part.number === 1 && part.wire === 2) key = text(entry.bytes());
        else if (part.number === 2) content = value(type.slice(2), entry, part.wire, table, depth);
        else entry.skip(part.wire);
      }
      out[name] ??= {};
      const map = out[name] as JsonRecord;
      // A key such as __proto__ is data here, never a prototype.
      Object.defineProperty(map, key, {
        value: content ?? empty(type.slice(2)),
        enumerable: true,
        configurable: true,
        writable: true,
      });
    } else {
      const read = value(type, reader, wire, table, depth);
      // Go writes plain fields also where they are empty; JSON leaves them out.
      if (!flags.includes('p') && flags.includes('o') && isZero(read)) continue;
      if (read === null) continue;
      out[name] = read;
    }
  }
  return out;
}

function isZero(read: JsonValue): boolean {
  return read === '' || read === 0 || read === false || read === null;
}

function empty(type: string): JsonValue {
  if (type === 's' || type === 'y' || type === 'resource.Quantity') return type === 'resource.Quantity' ? '0' : '';
  if (type === 'b') return false;
  if (type === 'i' || type === 'f') return 0;
  return type.startsWith('[]') || type.endsWith('.ExtraValue') ? [] : {};
}

function value(type: string, reader: WireReader, wire: number, table: ProtobufTable, depth: number): JsonValue {
  if (type.length === 1) return scalar(type, reader, wire);
  if (wire !== 2) throw new RangeError(`a ${type} has wire type ${wire}`);
  const bytes = reader.bytes();
  const known = special[type];
  if (known !== undefined) return known(bytes, table, depth);
  if (type.startsWith('[]')) {
    const list: JsonValue[] = [];
    const items = new WireReader(bytes);
    while (!items.done) {
      const part = items.tag();
      if (part.number === 1) list.push(value(type.slice(2), items, part.wire, table, depth));
      else items.skip(part.wire);
    }
    return list;
  }
  return decodeMessage(type, bytes, table, depth + 1);
}

function scalar(type: string, reader: WireReader, wire: number): JsonValue {
  switch (type) {
    case 's':
      expectWire(type, wire, 2);
      return text(reader.bytes());
    case 'y':
      expectWire(type, wire, 2);
      return Buffer.from(reader.bytes()).toString('base64');
    case 'b':
      expectWire(type, wire, 0);
      return reader.varint() !== 0n;
    case 'i':
      expectWire(type, wire, 0);
      return Number(BigInt.asIntN(64, reader.varint()));
    default:
      return wire === 5 ? reader.float() : reader.double();
  }
}

function expectWire(type: string, wire: number, expected: number): void {
  if (wire !== expected) throw new RangeError(`a field of type ${type} has wire type ${wire}`);
}

type Special = (bytes: Uint8Array, table: ProtobufTable, depth: number) => JsonValue;

const rawJson: Special = (bytes) => {
  const raw = parts(bytes).get(1);
  return raw instanceof Uint8Array && raw.length > 0 ? (JSON.parse(text(raw)) as JsonValue) : null;
};
const stringList: Special = (bytes) => {
  const list: JsonValue[] = [];
  const reader = new WireReader(bytes);
  while (!reader.done) {
    const { number, wire } = reader.tag();
    if (number === 1 && wire === 2) list.push(text(reader.bytes()));
    else reader.skip(wire);
  }
  return list;
};

/** Messages whose JSON is not their fields. */
const special: Readonly<Record<string, Special>> = {
  'meta/v1.Time': (bytes) => instant(bytes, false),
  'meta/v1.MicroTime': (bytes) => instant(bytes, true),
  'meta/v1.Duration': (bytes) => `${Number(whole(parts(bytes).get(1))) / 1e9}s`,
  'meta/v1.FieldsV1': rawJson,
  'runtime.RawExtension': rawJson,
  'apiextensions/v1.JSON': rawJson,
  'resource.Quantity': (bytes) => {
    const raw = parts(bytes).get(1);
    return raw instanceof Uint8Array ? text(raw) : '0';
  },
  'intstr.IntOrString': (bytes) => {
    const all = parts(bytes);
    const string = all.get(3);
    if (whole(all.get(1)) === 1n) return string instanceof Uint8Array ? text(string) : '';
    return Number(BigInt.asIntN(64, whole(all.get(2))));
  },
  'apiextensions/v1.JSONSchemaPropsOrBool': (bytes, table, depth) => {
    const all = parts(bytes);
    const schema = all.get(2);
    if (schema instanceof Uint8Array)
      return decodeMessage('apiextensions/v1.JSONSchemaProps', schema, table, depth + 1);
    return whole(all.get(1)) !== 0n;
  },
  'apiextensions/v1.JSONSchemaPropsOrArray': (bytes, table, depth) => {
    const schemas: JsonValue[] = [];
    let single: JsonValue | undefined;
    const reader = new WireReader(bytes);
    while (!reader.done) {
      const { number, wire } = reader.tag();
      if (wire !== 2) reader.skip(wire);
      else {
        const decoded = decodeMessage('apiextensions/v1.JSONSchemaProps', reader.bytes(), table, depth + 1);
        if (number === 1) single = decoded;
        else schemas.push(decoded);
      }
    }
    return single ?? schemas;
  },
  'apiextensions/v1.JSONSchemaPropsOrStringArray': (bytes, table, depth) => {
    const names: JsonValue[] = [];
    const reader = new WireReader(bytes);
    while (!reader.done) {
      const { number, wire } = reader.tag();
      if (wire !== 2) reader.skip(wire);
      else if (number === 1) {
        return decodeMessage('apiextensions/v1.JSONSchemaProps', reader.bytes(), table, depth + 1);
      } else names.push(text(reader.bytes()));
    }
    return names;
  },
  'authentication/v1.ExtraValue': stringList,
  'authorization/v1.ExtraValue': stringList,
  'certificates/v1.ExtraValue': stringList,
};

function instant(bytes: Uint8Array, micro: boolean): JsonValue {
  if (bytes.length === 0) return null;
  const all = parts(bytes);
  const seconds = BigInt.asIntN(64, whole(all.get(1)));
  // The zero time of Go.
  if (seconds <= -62_135_596_800n) return null;
  const whole_ = new Date(Number(seconds) * 1000).toISOString().slice(0, 19);
  if (!micro) return `${whole_}Z`;
  const nanos = Number(BigInt.asIntN(64, whole(all.get(2))));
  return `${whole_}.${String(Math.floor(nanos / 1000)).padStart(6, '0')}Z`;
}

function parts(bytes: Uint8Array): ReadonlyMap<number, Uint8Array | bigint> {
  const all = new Map<number, Uint8Array | bigint>();
  const reader = new WireReader(bytes);
  while (!reader.done) {
    const { number, wire } = reader.tag();
    if (wire === 0) all.set(number, reader.varint());
    else if (wire === 2) all.set(number, reader.bytes());
    else reader.skip(wire);
  }
  return all;
}

function whole(part: Uint8Array | bigint | undefined): bigint {
  return typeof part === 'bigint' ? part : 0n;
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

function text(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new RangeError('a text is not valid UTF-8');
  }
}
