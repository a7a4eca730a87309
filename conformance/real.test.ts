import assert from 'node:assert/strict';
import { test } from 'node:test';
import { realApiAssets } from '@hardpoint/testing';
import type { Case } from './case.ts';
import { answerDifferences, differenceText, readRecorded } from './compare.ts';
import { runSuite } from './suite.ts';

const skip = realApiAssets() === undefined ? 'KUBEBUILDER_ASSETS is not set' : false;

/** The differences of each case that has some. */
async function differing(match: (one: Case) => boolean): Promise<Map<string, string[]>> {
  const recorded = readRecorded();
  const found = new Map<string, string[]>();
  await runSuite({
    engine: 'real',
    match,
    onCase: (one, outcome) => {
      const differences = answerDifferences(recorded[one.name], outcome).map(differenceText);
      if (differences.length > 0) found.set(one.name, differences);
    },
  });
  return found;
}

void test('a real kube-apiserver still answers as recorded', { skip }, async (context) => {
  const first = await differing(() => true);
  if (first.size === 0) return;
  // Its processes hear of each other's writes when they get to it: on a busy machine a case may come between.
  for (const [name, texts] of first) context.diagnostic(`once more: ${name}: ${texts[0]}`);
  assert.deepEqual(await differing((one) => first.has(one.name)), new Map());
});
