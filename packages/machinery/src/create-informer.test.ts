import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CONFIG_MAPS, type ConfigMap } from '@hardpoint/kubernetes';
import { eventually } from '@hardpoint/testing';
import fc from 'fast-check';
import { createClient } from './create-client.ts';
import { createInformer, type InformerOptions, type RunningInformer } from './create-informer.ts';
import { silentLogger } from './create-logger.ts';
import { httpTransport } from './http-transport.ts';
import type { Change } from './informer.ts';
import type { Logger } from './log.ts';
import { seededRandom } from './random-sources.ts';
import { systemClock } from './system-clock.ts';
import { createSmallApi, type Fault, type SmallApi, serveSmallApi } from './testing/small-api.ts';
import type { ApiRequest, Transport } from './transport.ts';
import { createVirtualClock, type VirtualClock } from './virtual-clock.ts';

const MAPS = '/api/v1/configmaps';
const isWatch = (request: ApiRequest): boolean => request.path.includes('watch=true');
const isList = (request: ApiRequest): boolean => request.method === 'GET' && !isWatch(request);
const map = (name: string, value = ''): ConfigMap => ({ metadata: { name, namespace: 'default' }, data: { value } });

interface Followed extends AsyncDisposable {
  readonly api: SmallApi;
  readonly clock: VirtualClock;
  readonly informer: RunningInformer<ConfigMap>;
  /** `added a=1`, `updated a=2`, `deleted a`. */
  readonly heard: string[];
}

function textOf(change: Change<ConfigMap>): string {
  const { name } = change.object.metadata;
  return change.type === 'deleted' ? `deleted ${name}` : `${change.type} ${name}=${change.object.data?.value ?? ''}`;
}

/** An informer over the small API in memory, on a virtual clock. */
function follow(
  options: { api?: SmallApi; transport?: Transport; log?: Logger } & Partial<InformerOptions<ConfigMap>> = {},
): Followed {
  const { api = createSmallApi(), transport, log, ...rest } = options;
  const clock = createVirtualClock();
  const stop = new AbortController();
  const heard: string[] = [];
  const informer = createInformer<ConfigMap>({
    client: createClient({ transport: transport ?? api }),
    type: CONFIG_MAPS,
    clock,
    random: seededRandom(1),
    log: log ?? silentLogger,
    signal: stop.signal,
    ...rest,
  });
  informer.subscribe((change) => heard.push(textOf(change)));
  return {
    api,
    clock,
    informer,
    heard,
    async [Symbol.asyncDispose]() {
      stop.abort(new Error('the test ends'));
      await informer.done;
      assert.equal(api.openWatches(), 0, 'a watch was left open');
      assert.equal(clock.pendingTimers(), 0, 'a timer was left');
    },
  };
}

void test('lists page by page, then follows the watch', async () => {
  const api = createSmallApi();
  for (const name of ['c', 'a', 'b']) api.put(MAPS, map(name, '1'));
  await using f = follow({ api, pageSize: 2 });
  await f.informer.synced();
  assert.deepEqual(
    f.informer.list().map((one) => one.metadata.name),
    ['a', 'b', 'c'],
  );
  assert.equal(api.requests.filter(isList).length, 2);
  await f.clock.advance(0);
  api.put(MAPS, map('a', '2'));
  api.remove(MAPS, 'default', 'b');
  api.put(MAPS, map('d', '1'));
  await f.clock.advance(0);
  assert.deepEqual(f.heard, ['added c=1', 'added a=1', 'added b=1', 'updated a=2', 'deleted b', 'added d=1']);
  assert.equal(f.informer.get('default/a')?.data?.value, '2');
  assert.equal(f.informer.get('default/b'), undefined);
});

void test('a late subscriber first hears what is there; one that has unsubscribed hears nothing', async () => {
  await using f = follow();
  f.api.put(MAPS, map('a', '1'));
  await f.clock.advance(0);
  const late: string[] = [];
  const subscription = f.informer.subscribe((change) => late.push(textOf(change)));
  assert.deepEqual(late, ['added a=1']);
  subscription[Symbol.dispose]();
  f.api.put(MAPS, map('b', '1'));
  await f.clock.advance(0);
  assert.deepEqual(late, ['added a=1']);
  assert.deepEqual(f.heard, ['added a=1', 'added b=1']);
});

void test('a subscriber that is added by a listener hears each change once', async () => {
  await using f = follow();
  const inner: string[] = [];
  let added = false;
  f.informer.subscribe(() => {
    if (!added) f.informer.subscribe((change) => inner.push(textOf(change)));
    added = true;
  });
  f.api.put(MAPS, map('a', '1'));
  f.api.put(MAPS, map('a', '2'));
  await f.clock.advance(0);
  assert.deepEqual(inner, ['added a=1', 'updated a=2']);
});

void test('an exception of a listener is logged, and the others still hear', async () => {
  const errors: string[] = [];
  const log: Logger = { ...silentLogger, error: (message) => void errors.push(message), with: () => log };
  await using f = follow({ log });
  f.informer.subscribe(() => {
    throw new Error('no');
  });
  const after: string[] = [];
  f.informer.subscribe((change) => after.push(textOf(change)));
  f.api.put(MAPS, map('a', '1'));
  await f.clock.advance(0);
  assert.deepEqual(after, ['added a=1']);
  assert.deepEqual(errors, ['a listener of the informer threw']);
});

void test('indexes follow the objects', async () => {
  await using f = follow({ indexers: { value: (object) => [object.data?.value ?? ''] } });
  f.api.put(MAPS, map('b', 'x'));
  f.api.put(MAPS, map('a', 'x'));
  await f.clock.advance(0);
  const names = (value: string): string[] => f.informer.byIndex('value', value).map((one) => one.metadata.name);
  assert.deepEqual(names('x'), ['a', 'b']);
  f.api.put(MAPS, map('a', 'y'));
  f.api.remove(MAPS, 'default', 'b');
  await f.clock.advance(0);
  assert.deepEqual(names('x'), []);
  assert.deepEqual(names('y'), ['a']);
  assert.throws(() => f.informer.byIndex('other', 'x'), RangeError);
});

void test('an object deleted and made again while the watch was away is told as both', async () => {
  await using f = follow();
  f.api.put(MAPS, map('a', '1'));
  await f.clock.advance(0);
  f.api.fault({ match: isWatch, act: { kind: 'status', status: 410, reason: 'Expired' } });
  f.api.breakWatches();
  f.api.remove(MAPS, 'default', 'a');
  f.api.put(MAPS, map('a', '2'));
  await f.clock.advance(2000);
  assert.deepEqual(f.heard, ['added a=1', 'deleted a', 'added a=2']);
});

void test('a silent watch is opened anew, from the last bookmark', async () => {
  await using f = follow({ stallMs: 60_000 });
  await f.clock.advance(0);
  for (let minute = 0; minute < 5; minute += 1) {
    await f.clock.advance(50_000);
    f.api.bookmark();
  }
  await f.clock.advance(0);
  assert.equal(f.api.requests.filter(isWatch).length, 1, 'bookmarks keep a watch alive');
  f.api.fault({ match: isWatch, times: 1, act: { kind: 'stream', how: 'stall', afterEvents: 0 } });
  f.api.breakWatches();
  await f.clock.advance(1000);
  f.api.put(MAPS, map('a', '1'));
  await f.clock.advance(30_000);
  assert.deepEqual(f.heard, []);
  await f.clock.advance(40_000);
  assert.deepEqual(f.heard, ['added a=1']);
  assert.equal(f.api.requests.filter(isList).length, 1, 'no second list was needed');
});

void test('Retry-After is kept to', async () => {
  const api = createSmallApi();
  api.fault({ match: isList, act: { kind: 'status', status: 429, reason: 'TooManyRequests', retryAfter: 7 } });
  await using f = follow({ api });
  await f.clock.advance(6900);
  assert.equal(api.requests.length, 1);
  await f.clock.advance(200);
  assert.equal(api.requests.filter(isList).length, 2);
});

void test('synced rejects when the informer ends first', async () => {
  const api = createSmallApi();
  api.fault({ match: isList, times: 100, act: { kind: 'reset' } });
  const f = follow({ api });
  const waiting = assert.rejects(f.informer.synced(), /the test ends/);
  await f.clock.advance(100);
  await f[Symbol.asyncDispose]();
  await waiting;
});

void test('a server that ends every watch at once is not asked in a tight loop', async () => {
  const api = createSmallApi();
  api.fault({ match: isWatch, times: 1000, act: { kind: 'status', status: 500 } });
  await using f = follow({ api });
  await f.clock.advance(60_000);
  assert.ok(api.requests.length < 20, `${api.requests.length} requests in a minute`);
});

const faultKinds: Fault['act'][] = [
  { kind: 'status', status: 500 },
  { kind: 'reset' },
  { kind: 'twice' },
  { kind: 'stream', how: 'reset', afterEvents: 1 },
  { kind: 'stream', how: 'truncate', afterEvents: 1 },
  { kind: 'stream', how: 'expire', afterEvents: 1 },
  { kind: 'stream', how: 'stall', afterEvents: 0 },
];

void test('whatever breaks, the cache ends equal to the server, and each listener can rebuild it from what it heard', async () => {
  const step = fc.oneof(
    { weight: 5, arbitrary: fc.record({ do: fc.constant('put' as const), name: fc.constantFrom('a', 'b', 'c') }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('remove' as const), name: fc.constantFrom('a', 'b', 'c') }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('fault' as const), act: fc.constantFrom(...faultKinds) }) },
    {
      weight: 1,
      arbitrary: fc.constantFrom({ do: 'break' as const }, { do: 'compact' as const }, { do: 'bookmark' as const }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(0, 300, 5000) }) },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      await using f = follow({ stallMs: 10_000 });
      const rebuilt = new Map<string, string>();
      f.informer.subscribe((change) => {
        const key = change.object.metadata.name;
        const held = rebuilt.get(key);
        if (change.type === 'added') assert.equal(held, undefined, 'added twice');
        else assert.notEqual(held, undefined, `${change.type} what was not there`);
        if (change.type === 'updated') {
          assert.equal(held, change.previous.metadata.resourceVersion);
          assert.ok(Number(change.object.metadata.resourceVersion) > Number(held), 'told twice or backwards');
        }
        if (change.type === 'deleted') rebuilt.delete(key);
        else rebuilt.set(key, change.object.metadata.resourceVersion);
      });
      let value = 0;
      for (const one of steps) {
        value += 1;
        if (one.do === 'put') f.api.put(MAPS, map(one.name, String(value)));
        else if (one.do === 'remove') f.api.remove(MAPS, 'default', one.name);
        else if (one.do === 'fault') f.api.fault({ match: isWatch, act: one.act });
        else if (one.do === 'break') f.api.breakWatches();
        else if (one.do === 'compact') f.api.compact();
        else if (one.do === 'bookmark') f.api.bookmark();
        else await f.clock.advance(one.ms);
      }
      await f.clock.advance(300_000);
      const expected = new Map(f.api.items(MAPS).map((one) => [one.metadata.name, one.metadata.resourceVersion]));
      const cached = new Map(f.informer.list().map((one) => [one.metadata.name, one.metadata.resourceVersion]));
      assert.deepEqual(cached, new Map([...expected].sort()));
      assert.deepEqual(new Map([...rebuilt].sort()), cached);
    }),
    { numRuns: 150 },
  );
});

void test('over real sockets: resets, errors, cut lines and 410 in mid-watch lose nothing', async () => {
  const api = createSmallApi();
  await using served = await serveSmallApi(api);
  await using transport = httpTransport({ server: served.url });
  await using stack = new AsyncDisposableStack();
  const stop = new AbortController();
  const informer = createInformer<ConfigMap>({
    client: createClient({ transport }),
    type: CONFIG_MAPS,
    clock: systemClock,
    random: seededRandom(1),
    log: silentLogger,
    signal: stop.signal,
  });
  stack.defer(async () => {
    stop.abort(new Error('the test ends'));
    await informer.done;
    await eventually(() => assert.equal(api.openWatches(), 0));
  });
  const heard: string[] = [];
  informer.subscribe((change) => heard.push(textOf(change)));
  const acts: Fault['act'][] = [
    { kind: 'stream', how: 'reset', afterEvents: 1 },
    { kind: 'status', status: 500 },
    { kind: 'stream', how: 'truncate', afterEvents: 1 },
    { kind: 'stream', how: 'expire', afterEvents: 1 },
    { kind: 'reset' },
    { kind: 'twice' },
  ];
  for (const act of acts) api.fault({ match: isWatch, act });
  await informer.synced();
  for (let value = 1; value <= 12; value += 1) {
    api.put(MAPS, map('a', String(value)));
    await eventually(() => assert.equal(informer.get('default/a')?.data?.value, String(value)));
  }
  assert.deepEqual(heard, ['added a=1', ...Array.from({ length: 11 }, (_, at) => `updated a=${at + 2}`)]);
});
