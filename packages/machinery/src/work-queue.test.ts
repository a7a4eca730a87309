import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { seededRandom } from './random-sources.ts';
import { createVirtualClock } from './virtual-clock.ts';
import { createWorkQueue } from './work-queue.ts';

const never = new AbortController().signal;

function queueOnClock() {
  const clock = createVirtualClock();
  return { clock, queue: createWorkQueue({ clock, random: seededRandom(1), firstDelayMs: 100, lastDelayMs: 1000 }) };
}

void test('a key added twice comes once; one added while processed comes again', async () => {
  const { queue } = queueOnClock();
  queue.add('a');
  queue.add('b');
  queue.add('a');
  assert.equal(queue.length, 2);
  assert.equal(await queue.take(never), 'a');
  queue.add('a');
  queue.add('a');
  assert.equal(await queue.take(never), 'b');
  assert.equal(queue.length, 0);
  queue.done('a');
  assert.equal(await queue.take(never), 'a');
  queue.done('a');
  assert.equal(queue.length, 0);
});

void test('of several delays of a key the earliest counts', async () => {
  const { clock, queue } = queueOnClock();
  queue.addAfter('a', 500);
  queue.addAfter('a', 100);
  queue.addAfter('a', 900);
  await clock.advance(99);
  assert.equal(queue.length, 0);
  await clock.advance(1);
  assert.equal(queue.length, 1);
  await queue.take(never);
  queue.done('a');
  await clock.advance(10_000);
  assert.equal(queue.length, 0);
});

void test('each key backs off by itself, up to the last delay, and forgets', async () => {
  const { clock, queue } = queueOnClock();
  const delays: number[] = [];
  for (let round = 0; round < 6; round += 1) {
    delays.push(queue.retry('a'));
    await clock.advance(2000);
    queue.done(await queue.take(never));
  }
  const bounds = [100, 200, 400, 800, 1000, 1000];
  for (const [at, delay] of delays.entries()) {
    const most = bounds[at] as number;
    assert.ok(delay >= most / 2 && delay <= most, `${delay} is not within ${most / 2} and ${most}`);
  }
  assert.ok(queue.retry('b') <= 100);
  queue.forget('a');
  assert.ok(queue.retry('a') <= 100);
  queue.close();
  assert.equal(clock.pendingTimers(), 0);
});

void test('take rejects with the reason of its signal, also when waiting', async () => {
  const { queue } = queueOnClock();
  const stop = new AbortController();
  const waiting = queue.take(stop.signal);
  stop.abort(new Error('enough'));
  await assert.rejects(waiting, /enough/);
  await assert.rejects(queue.take(stop.signal), /enough/);
  queue.add('a');
  assert.equal(await queue.take(never), 'a', 'an abandoned take takes nothing');
});

void test('no key is lost and none is processed twice at once, whatever the order', async () => {
  const key = fc.constantFrom('a', 'b', 'c', 'd');
  const step = fc.oneof(
    fc.record({ do: fc.constant('add' as const), key }),
    fc.record({ do: fc.constant('after' as const), key, ms: fc.nat(50) }),
    fc.record({ do: fc.constant('retry' as const), key }),
    fc.record({ do: fc.constant('take' as const), key }),
    fc.record({ do: fc.constant('done' as const), key }),
    fc.record({ do: fc.constant('wait' as const), key, ms: fc.nat(30) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const { clock, queue } = queueOnClock();
      /** Keys with something to do since they were last taken. */
      const owed = new Set<string>();
      const processing = new Set<string>();
      const take = async (): Promise<void> => {
        const taken = await queue.take(never);
        assert.ok(!processing.has(taken), 'processed twice at once');
        assert.ok(owed.delete(taken), 'taken without need');
        processing.add(taken);
      };
      for (const one of steps) {
        if (one.do === 'add' || one.do === 'after' || one.do === 'retry') owed.add(one.key);
        if (one.do === 'add') queue.add(one.key);
        if (one.do === 'after') queue.addAfter(one.key, one.ms);
        if (one.do === 'retry') queue.retry(one.key);
        if (one.do === 'take' && queue.length > 0) await take();
        if (one.do === 'done' && processing.delete(one.key)) queue.done(one.key);
        if (one.do === 'wait') await clock.advance(one.ms);
      }
      await clock.advance(100_000);
      for (const one of [...processing]) {
        processing.delete(one);
        queue.done(one);
      }
      while (queue.length > 0) await take();
      assert.deepEqual([...owed], []);
      assert.equal(clock.pendingTimers(), 0);
    }),
  );
});
