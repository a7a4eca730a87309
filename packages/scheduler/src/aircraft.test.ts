import assert from 'node:assert/strict';
import { test } from 'node:test';
import { QuantityError } from '@hardpoint/machinery';
import fc from 'fast-check';
import { parseMaintenance, parseNames, parsePercent } from './aircraft.ts';
import { quantityIn } from './framework/quantity.ts';

const DAY_MS = 86_400_000;

void test('a percentage is digits from 0 to 100 and nothing else', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 100 }), (percent) => assert.equal(parsePercent(String(percent)), percent)),
  );
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const value = parsePercent(text);
      if (value === undefined) return;
      assert.match(text, /^\d+$/);
      assert.ok(value >= 0 && value <= 100);
      assert.equal(Number(text), value);
    }),
  );
  for (const text of ['', ' 5', '5 ', '+5', '-0', '101', '٣', '5%', '0x5', '1_0'])
    assert.equal(parsePercent(text), undefined);
});

void test('days until maintenance: 45, 45d, 45天, or a date in whole days from now', () => {
  const nowMs = Date.UTC(2026, 5, 1, 23, 59);
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 99_999 }), fc.constantFrom('', 'd', '天'), (days, unit) =>
      assert.equal(parseMaintenance(`${days}${unit}`, nowMs), days),
    ),
  );
  fc.assert(
    fc.property(fc.integer({ min: -40_000, max: 400_000 }), (days) => {
      const date = new Date(Math.floor(nowMs / DAY_MS) * DAY_MS + days * DAY_MS).toISOString().slice(0, 10);
      assert.equal(parseMaintenance(date, nowMs), Math.max(0, days));
    }),
  );
  assert.equal(parseMaintenance('2026-06-02', nowMs), 1);
  for (const text of ['', 'd', '天', '4 5', '45D', '2026-02-29', '2026-6-1', '2026-06-01T00:00:00Z', '1e3'])
    assert.equal(parseMaintenance(text, nowMs), undefined, text);
});

void test('names are split at commas, blanks ignored', () => {
  assert.deepEqual(parseNames(' a ,b,, a '), ['a', 'b']);
  assert.deepEqual(parseNames(' , '), []);
});

void test('quantities in whole units, rounded up', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1_000_000 }), (milli) => {
      assert.equal(quantityIn(`${milli}m`, 3), milli);
      assert.equal(quantityIn(`${milli}m`, 0), Math.ceil(milli / 1000));
      assert.equal(quantityIn(`${milli}Ki`, 0), milli * 1024);
      assert.equal(quantityIn(milli, 3), milli * 1000);
    }),
  );
  assert.equal(quantityIn('0.1', 3), 100);
  assert.equal(quantityIn('1n', 3), 1);
  assert.equal(quantityIn('1.5Gi', 0), 1610612736);
  assert.equal(quantityIn('9E', 0), Number.MAX_SAFE_INTEGER);
  for (const text of ['abc', '1x', '--1']) assert.throws(() => quantityIn(text, 0), QuantityError);
});
