import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import * as fc from 'fast-check';
import fastJsonPatch from 'fast-json-patch';
import { applyPatch as applyRfc6902 } from 'rfc6902';
import type { Json, JsonObject } from '../schema/json.ts';
import { applyJsonPatch, JsonPatchError } from './json-patch.ts';

const key = fc.constantFrom('a', 'b', 'c/d', 'e~f', '');
const leaf = fc.oneof(fc.integer(), fc.string({ maxLength: 3 }), fc.boolean(), fc.constant(null));
const { tree } = fc.letrec<{ tree: Json }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 3 },
    leaf,
    fc.array(tie('tree'), { maxLength: 3 }),
    fc.dictionary(key, tie('tree'), { maxKeys: 3, noNullPrototype: true }),
  ) as fc.Arbitrary<Json>,
}));
const document = fc.dictionary(key, tree, { maxKeys: 4, noNullPrototype: true }) as fc.Arbitrary<JsonObject>;

/** What rfc6902 says against an operation; it throws where a parent is null. */
function rfc6902Problem(target: unknown, operation: unknown): unknown {
  try {
    return applyRfc6902(target, [operation as never])[0];
  } catch (error) {
    return error;
  }
}

suite('JSON patch', () => {
  test('what other libraries compute as the difference of two documents turns one into the other', () => {
    fc.assert(
      fc.property(document, document, (before, after) => {
        const operations = fastJsonPatch.compare(before, after) as unknown as JsonObject[];
        const original = structuredClone(before);
        assert.deepEqual(applyJsonPatch(before, operations), after);
        assert.deepEqual(before, original, 'the document is not changed');
      }),
      { numRuns: 300 },
    );
  });

  test('agrees with rfc6902 wherever both apply a single operation', () => {
    const pointer = fc
      .array(fc.oneof(key, fc.constantFrom('0', '1', '-')), { minLength: 1, maxLength: 3 })
      .map((parts) => parts.map((part) => `/${part.replace(/~/g, '~0').replace(/\//g, '~1')}`).join(''));
    const operation = fc.record({
      op: fc.constantFrom('add', 'remove', 'move', 'copy', 'test'),
      path: pointer,
      from: pointer,
      value: tree,
    });
    fc.assert(
      fc.property(document, operation, (before, one) => {
        const theirs = structuredClone(before);
        const problem = rfc6902Problem(theirs, one);
        let ours: Json;
        try {
          ours = applyJsonPatch(before, [one as unknown as JsonObject]);
        } catch (error) {
          assert.ok(error instanceof JsonPatchError);
          return;
        }
        if (problem === null) assert.deepEqual(ours, theirs);
      }),
      { numRuns: 1000 },
    );
  });

  test('counts from the end with a negative index and names what is wrong', () => {
    assert.deepEqual(applyJsonPatch({ a: [1, 2, 3] }, [{ op: 'remove', path: '/a/-1' }]), { a: [1, 2] });
    assert.throws(() => applyJsonPatch({}, [{ op: 'remove', path: '/x' }]), {
      message: "error in remove for path: '/x': Unable to remove nonexistent key: x: missing value",
    });
    assert.throws(() => applyJsonPatch({ a: [] }, [{ op: 'add', path: '/a/x', value: 1 }]), {
      message: `error in add for path: '/a/x': value was not a proper array index: 'x': strconv.Atoi: parsing "x": invalid syntax`,
    });
  });

  test('a member named __proto__ is a member', () => {
    const patched = applyJsonPatch({}, [{ op: 'add', path: '/__proto__', value: { polluted: true } }]) as JsonObject;
    assert.deepEqual(Object.keys(patched), ['__proto__']);
    assert.equal(({} as { polluted?: boolean }).polluted, undefined);
  });
});
