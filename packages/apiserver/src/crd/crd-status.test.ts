import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { JsonObject } from '../schema/json.ts';
import { objectAt } from '../schema/json.ts';
import { crdStatus } from './crd-status.ts';

const time = '2026-01-01T00:00:00Z';

function crd(plural: string, kind: string, storage = 'v1'): JsonObject {
  return {
    metadata: { name: `${plural}.x.y` },
    spec: {
      group: 'x.y',
      names: { plural, singular: kind.toLowerCase(), kind, listKind: `${kind}List`, shortNames: ['s'] },
      versions: [{ name: storage, served: true, storage: true }],
    },
  };
}

suite('the status of a CRD', () => {
  test('a first one is accepted and established, and stays so', () => {
    const one = crd('ones', 'One');
    const status = crdStatus({ crd: one, others: [], time });
    const conditions = status.conditions as JsonObject[];
    assert.deepEqual(
      conditions.map(({ type, status: value, reason }) => [type, value, reason]),
      [
        ['NamesAccepted', 'True', 'NoConflicts'],
        ['Established', 'True', 'InitialNamesAccepted'],
      ],
    );
    assert.deepEqual(status.storedVersions, ['v1']);
    const stored = { ...one, status };
    assert.equal(crdStatus({ crd: stored, others: [stored], time: '2027-01-01T00:00:00Z' }), status);
  });

  test('names of another one are not accepted', () => {
    const one = crd('ones', 'One');
    const others = [{ ...one, status: crdStatus({ crd: one, others: [], time }) }];
    const status = crdStatus({ crd: crd('twos', 'One'), others, time });
    const conditions = status.conditions as JsonObject[];
    assert.deepEqual(
      conditions.map(({ type, status: value, reason, message }) => [type, value, reason, message]),
      [
        ['NamesAccepted', 'False', 'ListKindConflict', '"OneList" is already in use'],
        ['Established', 'False', 'NotAccepted', 'not all names are accepted'],
      ],
    );
    assert.equal(objectAt(status, 'acceptedNames').plural, 'twos');
  });

  test('a new storage version is remembered beside the old one', () => {
    const status = crdStatus({ crd: crd('ones', 'One'), others: [], time });
    const next = crdStatus({ crd: { ...crd('ones', 'One', 'v2'), status }, others: [], time });
    assert.deepEqual(next.storedVersions, ['v1', 'v2']);
  });
});
