import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CONFIG_MAPS, type ConfigMap } from '@hardpoint/kubernetes';
import type { Reconcile } from './controller.ts';
import { createClient } from './create-client.ts';
import { createController } from './create-controller.ts';
import { createInformer } from './create-informer.ts';
import { silentLogger } from './create-logger.ts';
import { ApiError, TerminalError } from './errors.ts';
import { keyOf } from './object-key.ts';
import { seededRandom } from './random-sources.ts';
import { createSmallApi } from './testing/small-api.ts';
import { createVirtualClock } from './virtual-clock.ts';

function controlled(reconcile: Reconcile, concurrency = 2) {
  const clock = createVirtualClock();
  const stop = new AbortController();
  const options = { clock, random: seededRandom(1), log: silentLogger };
  const controller = createController({ name: 'test', reconcile, concurrency, ...options });
  return { clock, stop, controller, options };
}

void test('one key is never reconciled twice at once, several keys are', async () => {
  let now = 0;
  let most = 0;
  const busy = new Set<string>();
  const { clock, stop, controller } = controlled(async (key) => {
    assert.ok(!busy.has(key));
    busy.add(key);
    now += 1;
    most = Math.max(most, now);
    await clock.sleep(100);
    now -= 1;
    busy.delete(key);
    return undefined;
  });
  const running = controller.run(stop.signal);
  for (const key of ['a', 'b', 'c', 'a']) controller.enqueue(key);
  await clock.advance(50);
  controller.enqueue('a');
  await clock.advance(1000);
  assert.equal(most, 2);
  stop.abort();
  await running;
  assert.equal(clock.pendingTimers(), 0);
});

void test('failures back off, a TerminalError does not come again, a wish is granted, Retry-After is kept to', async () => {
  const at: Record<string, number[]> = {};
  const { clock, stop, controller } = controlled(async (key) => {
    const times = at[key] ?? [];
    at[key] = times;
    times.push(clock.monotonic());
    if (key === 'terminal') throw new TerminalError('no');
    if (key === 'fails' && times.length < 4) throw new Error('no');
    if (key === 'throttled' && times.length < 2)
      throw new ApiError({ code: 'TooManyRequests', message: '', retryAfterSeconds: 5 });
    return key === 'wish' && times.length < 3 ? { requeueAfterMs: 1000 } : undefined;
  });
  const running = controller.run(stop.signal);
  for (const key of ['terminal', 'fails', 'throttled', 'wish']) controller.enqueue(key);
  await clock.advance(60_000);
  assert.equal(at.terminal?.length, 1);
  assert.equal(at.fails?.length, 4);
  assert.deepEqual(at.throttled, [0, 5000]);
  assert.deepEqual(at.wish, [0, 1000, 2000]);
  stop.abort();
  await running;
});

void test('run waits for its informers, sees both forms of an update, and ends with the last reconcile', async () => {
  const api = createSmallApi();
  const reconciled: string[] = [];
  api.fault({ match: () => true, act: { kind: 'status', status: 500 } });
  const { clock, stop, controller, options } = controlled(async (key, signal) => {
    reconciled.push(key);
    await clock.sleep(10, signal).catch(() => {});
    return undefined;
  });
  const informer = createInformer<ConfigMap>({
    client: createClient({ transport: api }),
    type: CONFIG_MAPS,
    signal: stop.signal,
    ...options,
  });
  controller.watch(informer, ({ object }) => [object.data?.owner ?? keyOf(object)]);
  const running = controller.run(stop.signal);
  controller.enqueue('early');
  await clock.advance(0);
  assert.deepEqual(reconciled, [], 'nothing before the first list');
  const put = (owner: string): void =>
    void api.put('/api/v1/configmaps', { metadata: { name: 'a', namespace: 'default' }, data: { owner } } as ConfigMap);
  put('x');
  await clock.advance(1000);
  put('y');
  await clock.advance(1000);
  assert.deepEqual(reconciled, ['early', 'x', 'y', 'x']);
  stop.abort();
  await running;
  await informer.done;
  assert.equal(api.openWatches(), 0);
  assert.equal(clock.pendingTimers(), 0);
});
