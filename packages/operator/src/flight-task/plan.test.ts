import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type FlightTask, STEPS, texts } from '@hardpoint/api';
import { parseFlightTask } from '@hardpoint/api/schema';
import type { Pod, Stored } from '@hardpoint/kubernetes';
import fc from 'fast-check';
import { strikeTask } from '../fixtures/operator-fixture.ts';
import { isOver, type Observed, planFlightTask } from './plan.ts';
import type { AircraftFact } from './pod-facts.ts';

const CREATED = '2026-01-01T00:00:00Z';
const START = Date.parse(CREATED) * 1000;
const identity = (name: string, uid: string) => ({
  name,
  namespace: 'default',
  uid,
  resourceVersion: '1',
  creationTimestamp: CREATED,
});

const reportText = (outcome: string, letter: string): string =>
  JSON.stringify({ version: 1, taskUID: 'task-uid', outcome, reason: outcome, message: '', outcomes: ['', letter] });

/** One thing the world may show at a reconcile. */
const sight = fc.record(
  {
    pod: fc.constantFrom('absent', 'waiting', 'mounting', 'running', 'ended', 'failed', 'removed'),
    outcome: fc.constantFrom('Succeeded', 'Recalled', 'DeadlineExceeded', 'Terminated', 'Failed', 'none'),
    letter: fc.constantFrom('M', 'S', 'F', 'U', 'N'),
    aircraft: fc.constantFrom<AircraftFact['kind']>('heard', 'heard', 'heard', 'silent', 'gone'),
    delivered: fc.boolean(),
    afterSeconds: fc.integer({ min: 0, max: 100 }),
  },
  { noNullPrototype: true },
);

type Sight = typeof sight extends fc.Arbitrary<infer T> ? T : never;

function podOf(seen: Sight, name: string): Pod | undefined {
  if (seen.pod === 'absent') return undefined;
  const bound = seen.pod === 'waiting' ? {} : { nodeName: 'j20-01' };
  const over = seen.pod === 'ended' || seen.pod === 'failed' || seen.pod === 'removed';
  const message =
    seen.outcome === 'none' || seen.pod === 'failed' ? {} : { message: reportText(seen.outcome, seen.letter) };
  const state = over
    ? { terminated: { exitCode: 0, startedAt: CREATED, finishedAt: CREATED, ...message } }
    : { running: { startedAt: CREATED } };
  const main = { name: 'aircraft-control', image: '', imageID: '', ready: false, restartCount: 0, state };
  const phase = seen.pod === 'failed' ? 'Failed' : over ? 'Succeeded' : seen.pod === 'running' ? 'Running' : 'Pending';
  return {
    metadata: identity(name, `uid-${name}`),
    spec: { containers: [], ...bound },
    status: { phase, podIP: '127.1.1.1', ...(over || seen.pod === 'running' ? { containerStatuses: [main] } : {}) },
  };
}

describe('planFlightTask', () => {
  it('never begins a second sortie while the first may live, nor after one of which nobody knows', () => {
    fc.assert(
      fc.property(
        fc.array(sight, { maxLength: 12 }),
        fc.integer({ min: 0, max: 3 }),
        fc.boolean(),
        (sights, retryLimit, recall) => {
          const parsed = parseFlightTask(strikeTask((spec) => Object.assign(spec, { retryLimit, recall })));
          let task: Stored<FlightTask> = {
            ...parsed,
            apiVersion: 'v1',
            kind: 'FlightTask',
            metadata: identity('strike', 'task-uid'),
          };
          let now = START;
          for (const seen of sights) {
            now += seen.afterSeconds * 1e6;
            const name = `strike-${task.status?.attempt ?? 0}`;
            // The reconcile names and creates a Pod where the plan asks for one.
            if (task.status?.podRef?.uid === undefined && !isOver(task.status) && seen.pod !== 'absent') {
              task = { ...task, status: { ...task.status, podRef: { name } } };
            }
            const shown = podOf(seen, name);
            const gone = seen.pod === 'removed';
            const assigned = shown?.spec?.nodeName !== undefined;
            const observed: Observed = {
              task,
              now,
              pod: gone ? undefined : shown,
              lastSeen: gone ? shown : undefined,
              aircraft: assigned ? aircraftOf(seen.aircraft) : { kind: 'unassigned' },
              report: undefined,
              delivered: seen.delivered ? new Map([['pl15-missile', 1]]) : new Map(),
              texts: texts(),
            };
            const before = task.status;
            const plan = planFlightTask(observed);
            judge(observed, before, plan, seen);
            task = { ...task, status: plan.status };
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});

function aircraftOf(kind: AircraftFact['kind']): AircraftFact {
  if (kind === 'unassigned') return { kind };
  return kind === 'heard' ? { kind, name: 'j20-01', fuelLevel: 90 } : { kind, name: 'j20-01' };
}

function judge(
  observed: Observed,
  before: FlightTask['status'],
  plan: ReturnType<typeof planFlightTask>,
  seen: Sight,
): void {
  const { status, actions } = plan;
  const retried = (status.attempt ?? 0) > (before?.attempt ?? 0);
  const known = observed.pod ?? observed.lastSeen;
  const ended =
    observed.pod === undefined || observed.aircraft.kind === 'gone' || seen.pod === 'ended' || seen.pod === 'failed';
  if (actions.some((it) => it.kind === 'launch')) assert.equal(observed.pod, undefined);
  if (retried) {
    assert.ok(ended, 'a second sortie while the first may live');
    assert.ok((status.attempt ?? 0) <= observed.task.spec.retryLimit && !observed.task.spec.recall);
    const reported = known !== undefined && (seen.pod === 'ended' || seen.pod === 'removed') && seen.outcome !== 'none';
    assert.ok(reported || !seen.delivered, 'a second sortie although nobody knows what the first released');
    if (reported) assert.ok(seen.letter !== 'U' && (seen.outcome === 'Failed' || seen.outcome === 'Terminated'));
  }
  if (isOver(before)) assert.deepEqual(status, before);
  for (const release of before?.releases ?? []) {
    if (release.outcome !== 'Released') continue;
    assert.equal(status.releases?.find((it) => it.key === release.key)?.outcome, 'Released');
  }
  const types = status.conditions?.map((it) => it.type) ?? [];
  assert.equal(new Set(types).size, types.length);
  const steps = status.steps?.map((it) => it.type) ?? [];
  assert.deepEqual(
    steps,
    STEPS.filter((it) => steps.includes(it)),
  );
  for (const step of status.steps ?? []) {
    if (step.endTime !== undefined) assert.ok((step.startTime ?? '') <= step.endTime, step.type);
  }
}
