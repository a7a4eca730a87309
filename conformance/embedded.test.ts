import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Case } from './case.ts';
import { createComparison, differenceText, readRecorded } from './compare.ts';
import { type Outcome, runSuite } from './suite.ts';

void test('the embedded server answers as kube-apiserver did when it was recorded', async (context) => {
  const recorded = readRecorded();
  const comparison = createComparison();
  const performed: { readonly one: Case; readonly outcome: Outcome }[] = [];
  await runSuite({ engine: 'embedded', onCase: (one, outcome) => performed.push({ one, outcome }) });
  for (const { one, outcome } of performed) {
    await context.test(one.name, () => {
      assert.deepEqual(comparison.compare(one, recorded[one.name], outcome).map(differenceText), []);
    });
  }
  await context.test('every known difference is still one', () => {
    const names = new Set(performed.map(({ one }) => one.name));
    assert.deepEqual(
      comparison.unused(names).map((entry) => `${entry.cases} ${entry.fields}`),
      [],
    );
  });
  await context.test('every recorded case is performed', () => {
    const names = new Set(performed.map(({ one }) => one.name));
    assert.deepEqual(
      Object.keys(recorded).filter((name) => !names.has(name)),
      [],
    );
    assert.ok(names.size >= 170);
  });
});
