import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EventsEvent } from '@hardpoint/kubernetes';
import fc from 'fast-check';
import { createClient } from './create-client.ts';
import { silentLogger } from './create-logger.ts';
import { cutToBytes } from './event-note.ts';
import { createEventRecorder, type EventRecorder, type EventToRecord } from './event-recorder.ts';
import { seededRandom } from './random-sources.ts';
import { createSmallApi, type SmallApi } from './testing/small-api.ts';
import { createVirtualClock, type VirtualClock } from './virtual-clock.ts';

const EVENTS_PATH = '/apis/events.k8s.io/v1/events';
const pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'a', namespace: 'default', uid: 'u', resourceVersion: '1' },
};
const event = (note: string): EventToRecord => ({ regarding: pod, type: 'Normal', reason: 'Done', action: 'Do', note });

function recorder(): { api: SmallApi; clock: VirtualClock; events: EventRecorder; written: () => EventsEvent[] } {
  const api = createSmallApi();
  const clock = createVirtualClock();
  const events = createEventRecorder({
    client: createClient({ transport: api }),
    clock,
    random: seededRandom(1),
    log: silentLogger,
    reportingController: 'test',
    reportingInstance: 'test-0',
  });
  return { api, clock, events, written: () => api.items(EVENTS_PATH) as EventsEvent[] };
}

void test('an Event is written with what the server asks for', async () => {
  const { events, written } = recorder();
  events.record(event('装载完成'));
  await events.flush();
  const [one, ...rest] = written();
  assert.equal(rest.length, 0);
  assert.equal(one?.note, '装载完成');
  assert.equal(one?.eventTime, '2026-01-01T00:00:00.000000Z');
  assert.equal(one?.reportingInstance, 'test-0');
  assert.deepEqual(one?.regarding, {
    apiVersion: 'v1',
    kind: 'Pod',
    namespace: 'default',
    name: 'a',
    uid: 'u',
    resourceVersion: '1',
  });
  assert.equal(one?.series, undefined);
});

void test('repeats count up one series; another note is another Event; after six minutes a new one begins', async () => {
  const { clock, events, written } = recorder();
  for (let turn = 0; turn < 3; turn += 1) {
    events.record(event('a'));
    await clock.advance(1000);
  }
  events.record(event('b'));
  await events.flush();
  assert.deepEqual(
    written().map((one) => [one.note, one.series?.count]),
    [
      ['a', 3],
      ['b', undefined],
    ],
  );
  assert.equal(written()[0]?.series?.lastObservedTime, '2026-01-01T00:00:02.000000Z');
  await clock.advance(400_000);
  events.record(event('a'));
  await events.flush();
  assert.equal(written().length, 3);
});

void test('a hot repeat costs few writes and loses no count', async () => {
  const { api, clock, events, written } = recorder();
  for (let turn = 0; turn < 1000; turn += 1) {
    events.record(event('a'));
    await clock.advance(1);
  }
  await events.flush();
  assert.equal(written()[0]?.series?.count, 1000);
  assert.ok(api.requests.length < 30, `${api.requests.length} writes`);
});

void test('a server that fails for a while gets it later; one that refuses does not hold up the next', async () => {
  const { api, clock, events, written } = recorder();
  api.fault({ match: () => true, times: 2, act: { kind: 'status', status: 500 } });
  api.fault({ match: () => true, times: 1, act: { kind: 'lost-answer' } });
  events.record(event('a'));
  await clock.advance(10_000);
  await events.flush();
  assert.deepEqual(
    written().map((one) => one.note),
    ['a'],
  );
  api.fault({ match: () => true, act: { kind: 'status', status: 403, reason: 'Forbidden' } });
  events.record(event('refused'));
  events.record(event('b'));
  await events.flush();
  assert.deepEqual(
    written().map((one) => one.note),
    ['a', 'b'],
  );
});

void test('nothing makes record throw, and after its disposal nothing is left', async () => {
  const { api, clock, events } = recorder();
  api.fault({ match: () => true, times: 1000, act: { kind: 'reset' } });
  events.record({ ...event('a'), regarding: {} });
  events.record({ ...event('a'), regarding: null as unknown as EventToRecord['regarding'] });
  for (let turn = 0; turn < 3000; turn += 1) events.record(event(String(turn)));
  await clock.advance(10);
  await events[Symbol.asyncDispose]();
  events.record(event('late'));
  assert.equal(clock.pendingTimers(), 0);
});

void test('flush rejects when its signal aborts', async () => {
  const { api, events, clock } = recorder();
  api.fault({ match: () => true, times: 1000, act: { kind: 'reset' } });
  events.record(event('a'));
  const stop = new AbortController();
  const flushed = assert.rejects(events.flush(stop.signal), /enough/);
  await clock.advance(1);
  stop.abort(new Error('enough'));
  await flushed;
  await events[Symbol.asyncDispose]();
});

void test('a note is cut to 1024 bytes at a character, never more than needed', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 600 }), fc.nat(3), (text, pad) => {
      const long = `${'x'.repeat(pad)}${text}`;
      const cut = cutToBytes(long);
      const bytes = Buffer.byteLength(cut);
      assert.ok(bytes <= 1024);
      assert.ok(!cut.includes('\uFFFD') || long.toWellFormed().includes('\uFFFD'), 'a character was cut through');
      if (Buffer.byteLength(long) <= 1024) assert.equal(cut, long.toWellFormed());
      else assert.ok(bytes > 1024 - 4, `only ${bytes} bytes kept`);
    }),
  );
});
