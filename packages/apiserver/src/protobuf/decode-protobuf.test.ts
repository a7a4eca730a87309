import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { PROTOBUF_MESSAGES } from '@hardpoint/kubernetes/protobuf';
import * as fc from 'fast-check';
import { decodeProtobuf } from './decode-protobuf.ts';

/** Writes fields the way Go does; enough to build what a client sends. */
function field(number: number, content: string | number | Uint8Array): Uint8Array {
  if (typeof content === 'number') return Uint8Array.from([...varint(number * 8), ...varint(content)]);
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  return Uint8Array.from([...varint(number * 8 + 2), ...varint(bytes.length), ...bytes]);
}

function varint(value: number): number[] {
  const out: number[] = [];
  let rest = value;
  while (rest > 127) {
    out.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  return [...out, rest];
}

function join(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

function body(apiVersion: string, kind: string, raw: Uint8Array): Uint8Array {
  return join(
    Uint8Array.from([0x6b, 0x38, 0x73, 0x00]),
    field(1, join(field(1, apiVersion), field(2, kind))),
    field(2, raw),
    field(3, ''),
    field(4, ''),
  );
}

describe('protobuf bodies', () => {
  test('maps, bytes, empty texts, times and quantities', () => {
    const metadata = join(
      field(1, 'a'),
      field(2, ''),
      field(8, new Uint8Array()),
      field(11, join(field(1, 'k'), field(2, 'v'))),
    );
    assert.deepEqual(
      decodeProtobuf(
        body(
          'v1',
          'Secret',
          join(field(1, metadata), field(2, join(field(1, 'p'), field(2, '1'))), field(3, 'Opaque')),
        ),
        PROTOBUF_MESSAGES,
      ),
      {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 'a', labels: { k: 'v' } },
        data: { p: 'MQ==' },
        type: 'Opaque',
      },
    );
  });

  test('inline messages, pointers that are zero, int-or-string', () => {
    const probe = join(
      field(1, field(2, join(field(1, '/x'), field(2, join(field(1, 0), field(2, 80)))))),
      field(3, 0),
    );
    const container = join(field(1, 'c'), field(10, probe));
    const pod = join(field(2, join(field(2, container), field(4, 0))));
    assert.deepEqual(decodeProtobuf(body('v1', 'Pod', pod), PROTOBUF_MESSAGES), {
      apiVersion: 'v1',
      kind: 'Pod',
      spec: {
        containers: [{ name: 'c', livenessProbe: { httpGet: { path: '/x', port: 80 } } }],
        terminationGracePeriodSeconds: 0,
      },
    });
  });

  test('options of any group are meta/v1', () => {
    assert.deepEqual(decodeProtobuf(body('apps/v1', 'DeleteOptions', field(1, 0)), PROTOBUF_MESSAGES), {
      apiVersion: 'apps/v1',
      kind: 'DeleteOptions',
      gracePeriodSeconds: 0,
    });
  });

  test('a key named __proto__ is data', () => {
    const decoded = decodeProtobuf(
      body('v1', 'ConfigMap', field(2, join(field(1, '__proto__'), field(2, 'x')))),
      PROTOBUF_MESSAGES,
    );
    assert.deepEqual(Object.keys(decoded.data as object), ['__proto__']);
  });

  test('what is no such body, or no such kind, is a RangeError that says so', () => {
    assert.throws(
      () => decodeProtobuf(new TextEncoder().encode('{}'), PROTOBUF_MESSAGES),
      /does not appear to be a protobuf message/,
    );
    assert.throws(
      () => decodeProtobuf(body('v1', 'Aircraft', new Uint8Array()), PROTOBUF_MESSAGES),
      /no kind "Aircraft"/,
    );
    assert.throws(
      () => decodeProtobuf(body('v1', 'constructor', new Uint8Array()), PROTOBUF_MESSAGES),
      /no kind "constructor"/,
    );
  });

  test('hostile bytes end in a RangeError or an object, never in anything else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.constantFrom('Pod', 'Secret', 'Node', 'Event'), (raw, kind) => {
        try {
          decodeProtobuf(body('v1', kind, raw), PROTOBUF_MESSAGES);
        } catch (error) {
          assert.ok(error instanceof RangeError || error instanceof SyntaxError, String(error));
        }
      }),
    );
  });

  test('nesting is bounded', () => {
    let schema = new Uint8Array();
    // JSONSchemaProps.not = 24
    for (let depth = 0; depth < 200; depth += 1) schema = field(24, schema) as Uint8Array<ArrayBuffer>;
    const crd = field(2, join(field(7, join(field(1, 'v1'), field(4, field(1, schema))))));
    assert.throws(
      () => decodeProtobuf(body('apiextensions.k8s.io/v1', 'CustomResourceDefinition', crd), PROTOBUF_MESSAGES),
      /nested too deeply/,
    );
  });
});
