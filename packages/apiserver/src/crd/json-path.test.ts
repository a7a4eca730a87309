import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { findValues, JsonPathError, parseJsonPath } from './json-path.ts';

const object = {
  spec: {
    replicas: 2,
    items: [
      { name: 'a', n: 1 },
      { name: 'b', n: 2 },
    ],
    labels: { 'a.b/c': 'x' },
  },
  status: {
    conditions: [
      { type: 'Other', status: 'False' },
      { type: 'Ready', status: 'True' },
    ],
  },
};

const paths: Readonly<Record<string, unknown[]>> = {
  '.spec.replicas': [2],
  '.spec.items[*].name': ['a', 'b'],
  '.spec.items[0].name': ['a'],
  '.spec.items[-1].name': ['b'],
  '.spec.items[0:1].name': ['a'],
  '.status.conditions[?(@.type=="Ready")].status': ['True'],
  ".status.conditions[?(@.type=='Ready')].status": ['True'],
  '.spec.items[?(@.n>1)].name': ['b'],
  '.spec.items[?(@.zz)].name': [],
  ".spec.labels['a.b/c']": ['x'],
  '.spec.labels.a\\.b/c': ['x'],
  '.spec.nothing.at.all': [],
  '..name': ['a', 'b'],
  '.spec.items.name': [],
};

suite('JSONPath', () => {
  for (const [path, values] of Object.entries(paths)) {
    test(path, () => assert.deepEqual(findValues(parseJsonPath(path), object), values));
  }
  test('what does not parse is refused', () => {
    for (const path of ['.a[', '.a[x]', '.a[?(1)]', '.a[]']) assert.throws(() => parseJsonPath(path), JsonPathError);
  });
});
