import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createClient } from './create-client.ts';
import { silentLogger } from './create-logger.ts';
import { runLeaderElected } from './leader-election.ts';
import { seededRandom } from './random-sources.ts';
import { createSmallApi, type SmallApi } from './testing/small-api.ts';
import type { ApiRequest, Transport } from './transport.ts';
import { createVirtualClock, type VirtualClock } from './virtual-clock.ts';

const LEASES_PATH = '/apis/coordination.k8s.io/v1/leases';
const isWrite = (request: ApiRequest): boolean => request.method === 'PUT' || request.method === 'POST';

interface Candidate extends AsyncDisposable {
  readonly leading: () => boolean;
  readonly terms: () => number;
  /** Nothing of this candidate reaches the API until it is undone. */
  cut(): void;
  mend(): void;
}

function stand(options: {
  readonly api: SmallApi;
  readonly clock: VirtualClock;
  readonly identity: string;
  /** Its wall clock is off by so much. */
  readonly skewMs?: number;
  readonly windDownMs?: number;
}): Candidate {
  const { api, clock, identity } = options;
  const stop = new AbortController();
  let leading = false;
  let terms = 0;
  let isCut = false;
  const transport: Transport = {
    request: (request) => (isCut ? Promise.reject(new Error('no route')) : api.request(request)),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  const ended = runLeaderElected({
    client: createClient({ transport }),
    lease: { namespace: 'default', name: 'leader' },
    identity,
    clock: { ...clock, now: () => clock.now() + (options.skewMs ?? 0) },
    random: seededRandom(identity),
    log: silentLogger,
    signal: stop.signal,
    run: async (signal) => {
      leading = true;
      terms += 1;
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
      await clock.sleep(options.windDownMs ?? 0);
      leading = false;
    },
  });
  return {
    leading: () => leading,
    terms: () => terms,
    cut: () => {
      isCut = true;
    },
    mend: () => {
      isCut = false;
    },
    async [Symbol.asyncDispose]() {
      stop.abort(new Error('stopped'));
      const end = ended.then(() => true);
      while (!(await Promise.race([end, clock.advance(500).then(() => false)])));
    },
  };
}

void test('one leads, the other follows at once when the first stops', async () => {
  const api = createSmallApi();
  const clock = createVirtualClock();
  const a = stand({ api, clock, identity: 'a' });
  await clock.advance(1);
  await using b = stand({ api, clock, identity: 'b' });
  await clock.advance(60_000);
  assert.deepEqual([a.leading(), b.leading()], [true, false]);
  await a[Symbol.asyncDispose]();
  await clock.advance(3000);
  assert.deepEqual([a.leading(), b.leading()], [false, true]);
  const lease = api.items(LEASES_PATH)[0] as { spec?: { holderIdentity?: string; leaseTransitions?: number } };
  assert.equal(lease.spec?.holderIdentity, 'b');
  assert.ok((lease.spec?.leaseTransitions ?? 0) >= 1);
});

void test('a leader that is cut off stops before another starts, whatever the wall clocks say', async () => {
  for (const skewMs of [0, -3_600_000, 3_600_000]) {
    const api = createSmallApi();
    const clock = createVirtualClock();
    await using a = stand({ api, clock, identity: 'a', skewMs });
    await clock.advance(1);
    await using b = stand({ api, clock, identity: 'b' });
    await clock.advance(5000);
    assert.ok(a.leading());
    a.cut();
    let ledUntil = 0;
    let ledFrom = 0;
    for (let ms = 0; ms < 40_000; ms += 100) {
      await clock.advance(100);
      assert.ok(!(a.leading() && b.leading()), 'two leaders at once');
      if (a.leading()) ledUntil = ms;
      if (b.leading() && ledFrom === 0) ledFrom = ms;
    }
    assert.ok(ledUntil <= 10_000, `led ${ledUntil} ms after the last renewal`);
    assert.ok(ledFrom > ledUntil && ledFrom <= 20_000, `taken over after ${ledFrom} ms`);
    a.mend();
    await clock.advance(30_000);
    assert.deepEqual([a.leading(), b.leading()], [false, true]);
  }
});

void test('a stopped leader keeps the lease while it winds down', async () => {
  const api = createSmallApi();
  const clock = createVirtualClock();
  const a = stand({ api, clock, identity: 'a', windDownMs: 60_000 });
  await clock.advance(1);
  await using b = stand({ api, clock, identity: 'b' });
  const ending = a[Symbol.asyncDispose]();
  let both = false;
  while (a.leading()) {
    await clock.advance(500);
    both ||= a.leading() && b.leading();
  }
  await ending;
  assert.ok(!both, 'two leaders at once');
  await clock.advance(5000);
  assert.ok(b.leading());
});

void test('a renewal whose answer is lost is no loss', async () => {
  const api = createSmallApi();
  const clock = createVirtualClock();
  await using a = stand({ api, clock, identity: 'a' });
  await clock.advance(1000);
  api.fault({ match: isWrite, times: 3, act: { kind: 'lost-answer' } });
  await clock.advance(60_000);
  assert.ok(a.leading());
  assert.equal(a.terms(), 1);
});

void test('random faults: never two leaders, and one again when they end', async () => {
  const random = seededRandom('faults');
  const api = createSmallApi();
  const clock = createVirtualClock();
  await using a = stand({ api, clock, identity: 'a' });
  await using b = stand({ api, clock, identity: 'b', skewMs: 90_000 });
  for (let round = 0; round < 400; round += 1) {
    const one = random.next() < 0.5 ? a : b;
    if (random.next() < 0.3) one.cut();
    else one.mend();
    if (random.next() < 0.2) api.fault({ match: isWrite, act: { kind: 'lost-answer' } });
    await clock.advance(random.integer(4000));
    assert.ok(!(a.leading() && b.leading()), 'two leaders at once');
  }
  a.mend();
  b.mend();
  await clock.advance(40_000);
  assert.ok(a.leading() !== b.leading());
  assert.ok(a.terms() + b.terms() > 3, 'leadership changed hands');
});

void test('what run throws comes out, and the lease is given back', async () => {
  const api = createSmallApi();
  const clock = createVirtualClock();
  const ended = runLeaderElected({
    client: createClient({ transport: api }),
    lease: { namespace: 'default', name: 'leader' },
    identity: 'a',
    clock,
    random: seededRandom(1),
    log: silentLogger,
    signal: new AbortController().signal,
    run: () => Promise.reject(new Error('broken')),
  });
  await assert.rejects(ended, /broken/);
  const lease = api.items(LEASES_PATH)[0] as { spec?: { holderIdentity?: string } };
  assert.equal(lease.spec?.holderIdentity, '');
  assert.equal(clock.pendingTimers(), 0);
});
