import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createVirtualClock, type VirtualClock } from '@hardpoint/machinery';
import { labProfile, stored } from '../fixtures/lab.ts';
import { sortiePod } from '../fixtures/worked-example.ts';
import type { ClusterEvent, EventRegistration } from './cluster-event.ts';
import type { QueuedPod } from './plugin.ts';
import { SchedulingQueue } from './scheduling-queue.ts';

const NEVER = new AbortController().signal;
const FREED: ClusterEvent = { resource: 'Claim', action: 'freed', node: 'a' };
const ADDED: ClusterEvent = { resource: 'Node', action: 'add' };

function queueOf(clock: VirtualClock, events?: readonly EventRegistration[]): SchedulingQueue {
  const profile = labProfile();
  return new SchedulingQueue({
    clock,
    initialBackoffMs: 1000,
    maxBackoffMs: 10_000,
    less: (a, b) => profile.less(a, b),
    registrations: () => events,
    preEnqueue: (pod) => profile.preEnqueue(pod),
  });
}

const named = (name: string, priority?: string, created?: string) =>
  stored({
    ...sortiePod(name),
    metadata: {
      ...sortiePod(name).metadata,
      ...(priority === undefined ? {} : { annotations: { 'airforce.mil/task-priority': priority } }),
      ...(created === undefined ? {} : { creationTimestamp: created }),
    },
  });

const nameOf = (queued: QueuedPod): string => queued.pod.metadata.name;

void test('the task’s priority, then the older, then the name', async () => {
  using queue = queueOf(createVirtualClock());
  const at = (second: number) => `2026-06-01T11:00:0${second}Z`;
  queue.add(named('late', undefined, at(9)));
  queue.add(named('b', undefined, at(1)));
  queue.add(named('a', undefined, at(1)));
  queue.add(named('urgent', '10', at(9)));
  queue.add(named('idle', '-1', at(0)));
  const order: string[] = [];
  for (let count = 0; count < 5; count += 1) order.push(nameOf(await queue.pop(NEVER)));
  assert.deepEqual(order, ['urgent', 'a', 'b', 'late', 'idle']);
});

void test('a refused Pod waits for an event that concerns a plugin that refused it, then for its back-off', async () => {
  const clock = createVirtualClock();
  using queue = queueOf(clock, [{ resource: 'Claim' }]);
  queue.add(named('p'));
  queue.putBack(await queue.pop(NEVER), { kind: 'refused', plugins: new Set(['X']) });
  assert.equal(queue.counts().unschedulable, 1);
  queue.move(ADDED);
  assert.equal(queue.counts().unschedulable, 1);
  queue.move(FREED);
  assert.equal(queue.counts().backoff, 1);
  await clock.advance(999);
  assert.equal(queue.counts().backoff, 1);
  await clock.advance(1);
  assert.equal(queue.counts().active, 1);
});

void test('back-off doubles from 1 s to 10 s', async () => {
  const clock = createVirtualClock();
  using queue = queueOf(clock, []);
  queue.add(named('p'));
  for (const seconds of [1, 2, 4, 8, 10, 10]) {
    queue.putBack(await queue.pop(NEVER), { kind: 'fault' });
    await clock.advance(seconds * 1000 - 1);
    assert.equal(queue.counts().active, 0);
    await clock.advance(1);
    assert.equal(queue.counts().active, 1);
  }
});

void test('an event during an attempt counts as well', async () => {
  const clock = createVirtualClock();
  using queue = queueOf(clock, [{ resource: 'Claim' }]);
  queue.add(named('p'));
  const tried = await queue.pop(NEVER);
  queue.move(FREED);
  queue.putBack(tried, { kind: 'refused', plugins: new Set(['X']) });
  assert.deepEqual(queue.counts(), { active: 0, backoff: 1, unschedulable: 0, gated: 0 });
});

void test('what nothing wakes is tried again after five minutes', async () => {
  const clock = createVirtualClock();
  using queue = queueOf(clock, []);
  queue.add(named('p'));
  queue.putBack(await queue.pop(NEVER), { kind: 'refused', plugins: new Set(['X']) });
  await clock.advance(5 * 60_000 - 1);
  assert.equal(queue.counts().unschedulable, 1);
  await clock.advance(30_001);
  assert.equal(queue.counts().active, 1);
});

void test('a hint decides, and one that throws counts as yes', async () => {
  for (const [isWorth, expected] of [
    [() => false, 0],
    [() => true, 1],
    [
      () => {
        throw new Error('broken');
      },
      1,
    ],
  ] as const) {
    using queue = queueOf(createVirtualClock(), [{ resource: 'Claim', isWorth }]);
    queue.add(named('p'));
    queue.putBack(await queue.pop(NEVER), { kind: 'refused', plugins: new Set(['X']) });
    queue.move(FREED);
    assert.equal(queue.counts().backoff, expected);
  }
});

void test('a change of what the Pod asks for wakes it, a change of its status does not', async () => {
  using queue = queueOf(createVirtualClock(), []);
  const pod = named('p');
  queue.add(pod);
  queue.putBack(await queue.pop(NEVER), { kind: 'refused', plugins: new Set(['X']) });
  queue.update({ ...pod, status: { phase: 'Pending' } });
  assert.equal(queue.counts().unschedulable, 1);
  queue.update({ ...pod, metadata: { ...pod.metadata, annotations: { 'required-fuel-level': '5' } } });
  assert.equal(queue.counts().backoff, 1);
});

void test('a gated Pod waits for its gates alone', async () => {
  const clock = createVirtualClock();
  using queue = queueOf(clock, []);
  const pod = named('p');
  const gated = { ...pod, spec: { ...pod.spec, containers: [], schedulingGates: [{ name: 'g' }] } };
  queue.add(gated);
  queue.move({ resource: 'Any', action: 'flush' });
  await clock.advance(10 * 60_000);
  assert.equal(queue.counts().gated, 1);
  queue.update(pod);
  assert.equal(queue.counts().active, 1);
});

void test('of several Pods that one event brings back, a waiting pop takes the first in order', async () => {
  const clock = createVirtualClock();
  using queue = queueOf(clock, [{ resource: 'Claim' }]);
  for (const pod of [named('low'), named('high', '5')]) {
    queue.add(pod);
    queue.putBack(await queue.pop(NEVER), { kind: 'refused', plugins: new Set(['X']) });
  }
  await clock.advance(1000);
  const waiting = queue.pop(NEVER);
  queue.move(FREED);
  assert.equal(nameOf(await waiting), 'high');
});

void test('pop waits, ends with its signal, and a removed Pod does not come', async () => {
  using queue = queueOf(createVirtualClock());
  const stop = new AbortController();
  const waiting = queue.pop(stop.signal);
  stop.abort(new Error('stopped'));
  await assert.rejects(waiting, /stopped/);
  const pod = named('gone');
  queue.add(pod);
  queue.remove(pod.metadata.uid);
  const next = queue.pop(NEVER);
  queue.add(named('there'));
  assert.equal(nameOf(await next), 'there');
});
