import assert from 'node:assert/strict';
import { test } from 'node:test';
import { realApiAssets } from '@hardpoint/testing';
import { answerDifferences, differenceText, readRecorded } from './compare.ts';
import { runSuite } from './suite.ts';

const skip = realApiAssets() === undefined ? 'KUBEBUILDER_ASSETS is not set' : false;

void test('a real kube-apiserver still answers as recorded', { skip }, async () => {
  const recorded = readRecorded();
  const found: string[] = [];
  await runSuite({
    engine: 'real',
    onCase: (one, outcome) => {
      for (const difference of answerDifferences(recorded[one.name], outcome)) {
        found.push(`${one.name}: ${differenceText(difference)}`);
      }
    },
  });
  assert.deepEqual(found, []);
});
