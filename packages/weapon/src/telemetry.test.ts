import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createVirtualClock } from '@hardpoint/machinery';
import type { Telemetry } from '@hardpoint/wip';
import { createTelemetryHub, type TelemetryEvent } from './telemetry.ts';

const sample: TelemetryEvent = { case: 'sample', value: {} };
const refusal: TelemetryEvent = { case: 'refusal', value: { reason: 'missing' } };

function reader(capacity: number) {
  const got: Telemetry[] = [];
  let free = capacity;
  let overrun = 0;
  return {
    got,
    overruns: () => overrun,
    free: (more: number) => {
      free += more;
    },
    write: (message: Telemetry) => {
      got.push(message);
      free -= 1;
      return free > 0;
    },
    overrun: () => {
      overrun += 1;
    },
  };
}

test('a slow reader loses samples, never events, and is told how many', () => {
  const hub = createTelemetryHub({ clock: createVirtualClock(), run: 3 });
  const slow = reader(1);
  const quick = reader(Number.POSITIVE_INFINITY);
  const seat = hub.join(slow, { run: 0, afterSequence: 0n });
  hub.join(quick, { run: 0, afterSequence: 0n });
  for (let at = 0; at < 100; at += 1) {
    hub.tell(sample);
    if (at % 10 === 0) hub.tell(refusal);
  }
  assert.equal(quick.got.length, 110);
  assert.equal(slow.got.length, 1);
  slow.free(1000);
  seat.drained();
  hub.tell(sample);
  const events = slow.got.filter(({ event }) => event.case === 'refusal');
  assert.equal(events.length, 10);
  const last = slow.got.at(-1);
  assert.equal(Number(last?.dropped), 111 - slow.got.length);
  assert.ok(quick.got.every(({ dropped }) => dropped === 0n));
});

test('a reader that takes nothing is let go before it costs more', () => {
  const hub = createTelemetryHub({ clock: createVirtualClock(), run: 1 });
  const stuck = reader(1);
  hub.join(stuck, { run: 0, afterSequence: 0n });
  for (let at = 0; at < 600; at += 1) hub.tell(refusal);
  assert.equal(stuck.overruns(), 1);
  assert.equal(stuck.got.length, 1);
});

test('a reader that comes back gets what it missed, once, and the last sample', () => {
  const hub = createTelemetryHub({ clock: createVirtualClock(), run: 2 });
  for (let at = 0; at < 300; at += 1) hub.tell(at % 2 === 0 ? sample : refusal);
  const sequences = (run: number, afterSequence: bigint) => {
    const one = reader(Number.POSITIVE_INFINITY);
    hub.join(one, { run, afterSequence })[Symbol.dispose]();
    return one.got.map(({ sequence }) => Number(sequence));
  };
  assert.deepEqual(sequences(2, 296n), [298, 299, 300]);
  assert.deepEqual(sequences(2, 300n), [299]);
  assert.equal(sequences(1, 296n).length, 151, 'another run: all that are held');
  assert.equal(sequences(0, 0n).length, 151);
});
