import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Container, Pod, PodStatus } from '@hardpoint/kubernetes';
import fc from 'fast-check';
import { exited, podWith, RUNNING, recordOf, sidecar } from '../fixtures/pods.ts';
import type { ContainerRecord } from '../runtime/container-runtime.ts';
import { createBackOff, goDuration } from './back-off.ts';
import { podActions } from './pod-actions.ts';
import { podStatus } from './pod-status.ts';
import { isSidecar } from './restart-rule.ts';
import { terminationOrder } from './termination-order.ts';
import { expandVariables } from './variable-expansion.ts';

const noProbes = () => ({ startup: undefined, liveness: undefined });

function statusOf(pod: Pod, records: readonly ContainerRecord[], over: { terminal?: boolean } = {}): PodStatus {
  return podStatus({
    pod,
    records,
    probe: () => ({ started: true, ready: true }),
    terminationMessage: () => undefined,
    failures: new Map(),
    terminal: over.terminal ?? false,
    readyToStart: true,
    ended: undefined,
    containerId: (id) => `test://${id}`,
    podIp: '127.16.1.1',
    hostIp: '127.0.0.1',
    startTime: '2026-01-01T00:00:00Z',
    nowMs: Date.UTC(2026, 0, 1),
  });
}

/** Runs a Pod by the rules alone: every container that is started ends with the next code, sidecars never. */
function fly(
  pod: Pod,
  codes: readonly number[],
): { readonly phases: string[]; readonly started: string[]; readonly rounds: number } {
  const records: ContainerRecord[] = [];
  const phases: string[] = [];
  const started: string[] = [];
  const all = [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])];
  const left = [...codes];
  for (let rounds = 0; rounds < 60; rounds++) {
    const actions = podActions({ pod, records, probes: noProbes });
    if (actions.finish) {
      for (const [at, record] of records.entries()) {
        if (record.phase.kind === 'running') records[at] = { ...record, phase: exited(0) };
      }
      phases.push(statusOf(pod, records, { terminal: true }).phase ?? '');
      return { phases, started, rounds };
    }
    for (const { name } of actions.start) {
      const attempt = records.filter(({ spec }) => spec.container === name).length;
      records.push(recordOf(name, attempt, RUNNING));
      started.push(name);
    }
    phases.push(statusOf(pod, records).phase ?? '');
    const running = records.findIndex(({ phase, spec }) => {
      const container = all.find(({ name }) => name === spec.container);
      return phase.kind === 'running' && container !== undefined && !isSidecar(container);
    });
    const record = records[running];
    if (record !== undefined) records[running] = { ...record, phase: exited(left.shift() ?? 0) };
    phases.push(statusOf(pod, records).phase ?? '');
  }
  return { phases, started, rounds: 60 };
}

const containerName = fc.constantFrom('a', 'b', 'c', 'd');
const podArbitrary = fc
  .record({
    init: fc.uniqueArray(fc.record({ name: containerName, side: fc.boolean() }), {
      maxLength: 3,
      selector: ({ name }) => name,
    }),
    main: fc.uniqueArray(fc.constantFrom('x', 'y'), { minLength: 1, maxLength: 2 }),
    restartPolicy: fc.constantFrom('OnFailure', 'Never'),
    codes: fc.array(fc.constantFrom(0, 0, 1, 137), { maxLength: 8 }),
  })
  .map(({ init, main, restartPolicy, codes }) => ({
    pod: podWith({
      init: init.map(({ name, side }): Container => (side ? sidecar(name) : { name })),
      main: main.map((name) => ({ name })),
      restartPolicy,
    }),
    codes,
  }));

void test('by the rules every Pod ends, in order, and its phase never goes back', () => {
  const rank: Record<string, number> = { Pending: 0, Running: 1, Succeeded: 2, Failed: 2 };
  fc.assert(
    fc.property(podArbitrary, ({ pod, codes }) => {
      const { phases, started, rounds } = fly(pod, codes);
      assert.ok(rounds < 60, 'the Pod does not end');
      const ranks = phases.map((phase) => rank[phase] ?? -1);
      assert.deepEqual(ranks, ranks.toSorted(), phases.join(' '));
      const init = (pod.spec?.initContainers ?? []).map(({ name }) => name);
      const first = [...new Set(started)].filter((name) => init.includes(name));
      assert.deepEqual(first, init.slice(0, first.length), 'init containers start in their order');
      const main = started.findIndex((name) => ['x', 'y'].includes(name));
      if (main !== -1) assert.ok(init.every((name) => started.indexOf(name) < main));
      const last = phases.at(-1);
      if (pod.spec?.restartPolicy === 'OnFailure') assert.equal(last, 'Succeeded');
      assert.ok(last === 'Succeeded' || last === 'Failed');
    }),
    { numRuns: 500 },
  );
});

void test('a status is the same when it is computed again from itself', () => {
  fc.assert(
    fc.property(
      podArbitrary,
      fc.array(fc.constantFrom(RUNNING, exited(0), exited(2)), { maxLength: 5 }),
      ({ pod }, states) => {
        const all = [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])];
        const records = states.flatMap((phase, at) => {
          const container = all[at];
          return container === undefined ? [] : [recordOf(container.name, 0, phase)];
        });
        const once = statusOf(pod, records);
        assert.deepEqual(statusOf({ ...pod, status: once }, records), once);
      },
    ),
  );
});

void test('a sidecar that stopped, or restarts, does not make a flying Pod pending', () => {
  const pod = podWith({ init: [sidecar('weapon')], main: [{ name: 'main' }], restartPolicy: 'OnFailure' });
  const main = recordOf('main', 0, RUNNING);
  assert.equal(statusOf(pod, [recordOf('weapon', 0, exited(1)), main]).phase, 'Running');
  const actions = podActions({ pod, records: [recordOf('weapon', 0, exited(1)), main], probes: noProbes });
  assert.deepEqual(
    actions.start.map(({ name }) => name),
    ['weapon'],
  );
});

void test('a Pod is not terminal while anything of it runs', () => {
  const pod = podWith({ init: [sidecar('weapon')], main: [{ name: 'main' }], restartPolicy: 'Never' });
  const records = [recordOf('weapon', 0, RUNNING), recordOf('main', 0, exited(1))];
  assert.equal(statusOf(pod, records).phase, 'Running');
  assert.equal(podActions({ pod, records, probes: noProbes }).finish, true);
});

void test('a container that vanished counts as ended with 137 and was restarted', () => {
  const running = { name: 'main', image: '', imageID: '', ready: true, restartCount: 1, state: { running: {} } };
  const pod = podWith({ main: [{ name: 'main' }], status: { phase: 'Running', containerStatuses: [running] } });
  const [main] = statusOf(pod, []).containerStatuses ?? [];
  assert.equal(main?.lastState?.terminated?.reason, 'ContainerStatusUnknown');
  assert.equal(main?.lastState?.terminated?.exitCode, 137);
  assert.equal(main?.restartCount, 2);
});

void test('a failed startup probe ends a sidecar, and what comes after waits', () => {
  const weapon: Container = { ...sidecar('weapon'), startupProbe: {} };
  const pod = podWith({ init: [weapon, { name: 'preload' }], main: [{ name: 'main' }] });
  const records = [recordOf('weapon', 0, RUNNING)];
  assert.deepEqual(podActions({ pod, records, probes: noProbes }).start, []);
  const passed = podActions({ pod, records, probes: () => ({ startup: 'success', liveness: undefined }) });
  assert.deepEqual(
    passed.start.map(({ name }) => name),
    ['preload'],
  );
  const failed = podActions({ pod, records, probes: () => ({ startup: 'failure', liveness: undefined }) });
  assert.deepEqual(
    failed.kill.map(({ message }) => message),
    ['Init container weapon failed startup probe'],
  );
});

void test('crash loops wait 0, 10, 20, … at most 300 s, and start over after ten quiet minutes', () => {
  const backOff = createBackOff({ baseMs: 10_000, maxMs: 300_000 });
  const delays: number[] = [];
  let nowMs = 0;
  for (let crash = 0; crash < 8; crash++) {
    const waitMs = backOff.remaining('main', nowMs, nowMs);
    delays.push(waitMs / 1000);
    backOff.next('main', nowMs);
    nowMs += waitMs;
  }
  assert.deepEqual(delays, [0, 10, 20, 40, 80, 160, 300, 300]);
  assert.equal(backOff.remaining('main', nowMs + 1_000_000, nowMs + 1_000_000), 0);
  assert.deepEqual([10_000, 80_000, 300_000].map(goDuration), ['10s', '1m20s', '5m0s']);
});

void test('sidecars end after the main containers, the last one first', () => {
  const pod = podWith({ init: [sidecar('a'), { name: 'init' }, sidecar('b')], main: [{ name: 'main' }] });
  assert.deepEqual(Object.fromEntries(terminationOrder(pod)), { main: [], b: ['main'], init: [], a: ['main', 'b'] });
});

void test('variables expand as Kubernetes expands them', () => {
  const values = new Map([
    ['A', '1'],
    ['B', '$(A)'],
  ]);
  assert.equal(expandVariables('$(A) $$(A) $(B) $(C) $A $', values), '1 $(A) $(A) $(C) $A $');
});
