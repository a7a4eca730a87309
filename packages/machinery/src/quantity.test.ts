import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  addQuantities,
  canonicalQuantity,
  compareQuantities,
  formatQuantity,
  parseQuantity,
  QuantityError,
  readQuantity,
} from './quantity.ts';

/**
 * Text → how Kubernetes 1.37 gives it back; null where it refuses. Without those beyond 999E, of which Kubernetes writes
 * the digits only (`1000E` comes back as `1`).
 */
const seen = JSON.parse(readFileSync(new URL('./fixtures/quantities.json', import.meta.url), 'utf8')) as Record<
  string,
  string | null
>;

void test('quantities come back as Kubernetes gives them back', () => {
  for (const [text, expected] of Object.entries(seen)) {
    if (expected === null) assert.throws(() => readQuantity(text), QuantityError, text);
    else assert.equal(canonicalQuantity(text), expected, text);
  }
});

void test('base units', () => {
  const units: Record<string, number> = {
    '500m': 0.5,
    '1': 1,
    '1Gi': 2 ** 30,
    '1.5Gi': 1.5 * 2 ** 30,
    '2k': 2000,
    '1e3': 1000,
    '-100m': -0.1,
    '1n': 1e-9,
  };
  for (const [text, expected] of Object.entries(units)) assert.equal(parseQuantity(text), expected, text);
  assert.equal(parseQuantity(2), 2);
});

void test('the written form means the same, and its decimal form stays', () => {
  const number = fc.tuple(
    fc.constantFrom('', '-'),
    fc.nat(99_999_999),
    fc.constantFrom('', '.5', '.25', '.125', '.000001'),
  );
  const suffix = fc.constantFrom('', 'n', 'u', 'm', 'k', 'M', 'G', 'T', 'Ki', 'Mi', 'Gi', 'Ti', 'e3', 'E-3', 'e9');
  fc.assert(
    fc.property(number, suffix, ([sign, whole, fraction], unit) => {
      const text = `${sign}${whole}${fraction}${unit}`;
      const once = canonicalQuantity(text);
      if (!unit.endsWith('i')) assert.equal(canonicalQuantity(once), once);
      assert.equal(compareQuantities(readQuantity(text), readQuantity(once)), 0);
    }),
    { numRuns: 2000 },
  );
});

void test('sums and comparisons are exact', () => {
  const sum = (a: string, b: string): string => formatQuantity(addQuantities(readQuantity(a), readQuantity(b)));
  assert.equal(sum('100m', '200m'), '300m');
  assert.equal(sum('0', '1Gi'), '1Gi');
  assert.equal(sum('1Gi', '1Mi'), '1025Mi');
  assert.equal(sum('1', '500m'), '1500m');
  assert.ok(compareQuantities(readQuantity('1Gi'), readQuantity('1G')) > 0);
  assert.equal(compareQuantities(readQuantity('1000m'), readQuantity('1')), 0);
});

void test('numbers are written in the format asked for', () => {
  assert.equal(formatQuantity(0.1), '100m');
  assert.equal(formatQuantity(512 * 2 ** 20, 'BinarySI'), '512Mi');
  assert.equal(formatQuantity(1000, 'BinarySI'), '1k');
  assert.equal(formatQuantity(4), '4');
  assert.throws(() => formatQuantity(Number.NaN), QuantityError);
});
