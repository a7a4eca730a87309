import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { judge, stored } from '../fixtures/lab.ts';
import { aircraftNode, sortiePod } from '../fixtures/worked-example.ts';
import { podInfo } from '../framework/node-info.ts';
import { decisionOf, type SchedulerDecision } from './decision.ts';
import { MOST_DECISIONS, MOST_RECORD_BYTES, withDecision, withOutcome } from './history.ts';

const POD = podInfo(stored(sortiePod('p')));

/** A decision over `fit` and `unfit` aircraft. */
function decision(options: { fit: number; unfit: number; ms: number; selected?: string }): SchedulerDecision {
  const nodes = Array.from({ length: options.fit + options.unfit }, (_, index) =>
    aircraftNode({
      name: `aircraft-number-${index}`,
      fuel: index < options.fit ? '95' : String(index % 70),
      zone: 'east-sea',
      maintenance: '45',
    }),
  );
  const { result } = judge({ nodes, pod: sortiePod('p') });
  return decisionOf({
    pod: POD,
    schedulerName: 'aircraft-scheduler',
    attemptNumber: 1,
    nowMs: options.ms,
    attempt: result,
    selected: options.selected,
    message: 'm',
  });
}

void test('a decision over 1,000 aircraft lists some, counts all', () => {
  const { nodes, groups } = decision({ fit: 300, unfit: 700, ms: 0 });
  const total = nodes.length + (groups ?? []).reduce((sum, { count }) => sum + count, 0);
  assert.equal(total, 1000);
  assert.ok(nodes.length <= 300);
});

void test('ten decisions, 256 KiB, newest last, every Node accounted for', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ fit: fc.nat(150), unfit: fc.nat(150) }), { minLength: 1, maxLength: 14 }),
      (all) => {
        let history: readonly SchedulerDecision[] = [];
        for (const [index, each] of all.entries()) history = withDecision(history, decision({ ...each, ms: index }));
        assert.ok(history.length <= MOST_DECISIONS);
        assert.ok(Buffer.byteLength(JSON.stringify(history)) <= MOST_RECORD_BYTES);
        const last = history.at(-1);
        const counted = (last?.nodes.length ?? 0) + (last?.groups ?? []).reduce((sum, { count }) => sum + count, 0);
        assert.equal(counted, (all.at(-1)?.fit ?? 0) + (all.at(-1)?.unfit ?? 0));
      },
    ),
    { numRuns: 10 },
  );
});

void test('a repeated refusal counts up in place', () => {
  const first = withDecision([], decision({ fit: 0, unfit: 3, ms: 1 }));
  const second = withDecision(first, { ...decision({ fit: 0, unfit: 3, ms: 2 }), attempt: 2 });
  assert.equal(second.length, 1);
  assert.equal(second[0]?.attempt, 2);
  assert.equal(withDecision(second, decision({ fit: 0, unfit: 2, ms: 3 })).length, 2);
});

void test('a selection that never came to a Binding does not stay as one', () => {
  const chosen = decision({ fit: 1, unfit: 0, ms: 1, selected: 'aircraft-number-0' });
  const again = withDecision([chosen], decision({ fit: 0, unfit: 1, ms: 2 }));
  assert.deepEqual(
    again.map(({ outcome, selected }) => [outcome, selected]),
    [
      ['not-bound', null],
      ['pending', null],
    ],
  );
  const settled = withOutcome([chosen], chosen, 'bound');
  assert.equal(settled?.[0]?.outcome, 'bound');
  assert.equal(withOutcome(settled ?? [], chosen, 'bound'), undefined);
});
