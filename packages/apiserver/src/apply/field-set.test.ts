import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import * as fc from 'fast-check';
import { FieldSet, FieldSetBuilder, showPath } from './field-set.ts';

const element = fc.constantFrom('f:a', 'f:b', 'k:{"name":"x"}', 'v:"y"', 'i:0');
const paths = fc.array(fc.array(element, { minLength: 1, maxLength: 4 }), { maxLength: 8 });
const fieldSet = paths.map((list) => {
  const builder = new FieldSetBuilder();
  for (const path of list) builder.insert(path);
  return builder.build();
});

suite('field sets', () => {
  test('FieldsV1 keeps every path', () => {
    fc.assert(
      fc.property(fieldSet, (set) => {
        const read = FieldSet.fromJson(set.toJson());
        assert.deepEqual(read.paths(), set.paths());
      }),
    );
  });

  test('obey the laws of sets', () => {
    fc.assert(
      fc.property(fieldSet, fieldSet, (a, b) => {
        assert.ok(a.union(b).equals(b.union(a)));
        assert.ok(a.difference(b).intersection(b).isEmpty);
        assert.ok(a.difference(b).union(a.intersection(b)).equals(a));
        assert.ok(a.without(b).intersection(b).isEmpty);
        for (const path of a.paths()) assert.ok(a.union(b).has(path));
      }),
    );
  });

  test('paths are shown as conflicts name them', () => {
    assert.equal(showPath(['f:spec', 'f:containers', 'k:{"name":"a"}', 'f:image']), '.spec.containers[name="a"].image');
    assert.equal(showPath(['f:metadata', 'f:finalizers', 'v:"x/y"']), '.metadata.finalizers[="x/y"]');
  });
});
