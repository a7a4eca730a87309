import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import * as fc from 'fast-check';
import { canonicalQuantity } from './quantity.ts';

/** As kube-apiserver 1.37 gives them back. */
const known: Readonly<Record<string, string>> = {
  '1000m': '1',
  '0.5': '500m',
  '1.5': '1500m',
  '2048Ki': '2Mi',
  '1.5Gi': '1536Mi',
  '1e3': '1e3',
  '100': '100',
  '1000': '1k',
  '1024': '1024',
  '1Ki': '1Ki',
  '0.5Ki': '512',
  '-2': '-2',
  '0': '0',
  '1E': '1E',
};

suite('quantities', () => {
  for (const [text, canonical] of Object.entries(known)) {
    test(`${text} is ${canonical}`, () => assert.equal(canonicalQuantity(text), canonical));
  }

  test('the canonical form of a canonical form is itself', () => {
    const suffix = fc.constantFrom('', 'n', 'u', 'm', 'k', 'M', 'G', 'Ki', 'Mi', 'Gi');
    fc.assert(
      fc.property(fc.integer({ min: -100_000, max: 100_000 }), suffix, (number, unit) => {
        const once = canonicalQuantity(`${number}${unit}`);
        assert.ok(once !== undefined);
        assert.equal(canonicalQuantity(once), once);
      }),
    );
  });

  test('other texts are none', () => {
    for (const text of ['', 'abc', '1x', '.', '1.2.3', '--1', '1ki']) assert.equal(canonicalQuantity(text), undefined);
  });
});
