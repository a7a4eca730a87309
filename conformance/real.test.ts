import assert from 'node:assert/strict';
import { test } from 'node:test';
import { realApiAssets } from '@hardpoint/testing';
import { createComparison, differenceText, readRecorded } from './compare.ts';
import { runSuite } from './suite.ts';

const skip = realApiAssets() === undefined ? 'KUBEBUILDER_ASSETS is not set' : false;

void test('a real kube-apiserver still answers as recorded', { skip }, async () => {
  const recorded = readRecorded();
  const comparison = createComparison();
  const found: string[] = [];
  await runSuite({
    engine: 'real',
    onCase: (one, outcome) => {
      for (const difference of comparison.compare(one, recorded[one.name], outcome)) {
        found.push(`${one.name}: ${differenceText(difference)}`);
      }
    },
  });
  assert.deepEqual(found, []);
});
