import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import * as fc from 'fast-check';
import { compareBytes, decodeJson, type Json, JsonError, parseJson, stringifyJson } from './json.ts';

suite('JSON', () => {
  test('is read as JSON.parse reads it', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value);
        const again = JSON.stringify(JSON.parse(text));
        assert.equal(stringifyJson(decodeJson(text).value), again);
        assert.equal(stringifyJson(decodeJson(JSON.stringify(value, undefined, 2)).value), again);
      }),
    );
  });

  test('what JSON.parse refuses is refused', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'{}[]",:0123456789.-+eEtrufalsn \\u"') }), (text) => {
        let valid = true;
        try {
          JSON.parse(text);
        } catch {
          valid = false;
        }
        if (valid) decodeJson(text);
        else assert.throws(() => decodeJson(text), JsonError);
      }),
      { numRuns: 1000 },
    );
  });

  test('integers of 64 bits keep their digits', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
        const text = `{"a":${value}}`;
        for (const read of [decodeJson(text).value, parseJson(text)]) {
          assert.equal(stringifyJson(read), text);
        }
      }),
    );
  });

  test('duplicate members are named, the last one counts', () => {
    const { value, duplicates } = decodeJson('{"a":1,"b":{"c":[{"d":1,"d":2}]},"a":3}');
    assert.deepEqual(duplicates, ['b.c[0].d', 'a']);
    assert.deepEqual(value, { a: 3, b: { c: [{ d: 2 }] } });
  });

  test('__proto__ is a member like any other', () => {
    const { value } = decodeJson('{"__proto__":{"polluted":1}}');
    assert.deepEqual(Object.keys(value as object), ['__proto__']);
    assert.equal(({} as { polluted?: Json }).polluted, undefined);
  });

  test('depth is bounded', () => {
    assert.throws(() => decodeJson('['.repeat(20_000)), { message: 'exceeded max depth' });
  });

  test('strings are ordered as Go orders them', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
        const expected = Buffer.compare(Buffer.from(a), Buffer.from(b));
        assert.equal(Math.sign(compareBytes(a, b)), expected);
      }),
    );
  });
});
