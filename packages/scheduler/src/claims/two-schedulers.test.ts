import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NAMESPACES } from '@hardpoint/api';
import { LEASES, PODS, type Pod, type Stored } from '@hardpoint/kubernetes';
import {
  type Client,
  createClient,
  createInformer,
  seededRandom,
  silentLogger,
  systemClock,
} from '@hardpoint/machinery';
import { eventually, startTestApi } from '@hardpoint/testing';
import { flakyTransport } from '../fixtures/flaky-transport.ts';
import { startScheduler } from '../fixtures/running-scheduler.ts';
import { aircraftNode, createAircraft, prepareApi, sortiePod } from '../fixtures/worked-example.ts';
import { hasEnded } from '../framework/node-info.ts';
import { holderOf } from './aircraft-claims.ts';

const AIRCRAFT = 4;
const SORTIES = 24;

/** Notes every moment at which a Node carries two living Pods, in the server's own order. */
function watchForDoubles(client: Client, signal: AbortSignal): { readonly doubles: string[] } {
  const doubles: string[] = [];
  const on = new Map<string, Map<string, string>>();
  const pods = createInformer({
    client,
    type: PODS,
    clock: systemClock,
    random: seededRandom(1),
    log: silentLogger,
    signal,
  });
  pods.subscribe((change) => {
    const node = change.object.spec?.nodeName;
    if (node === undefined) return;
    const there = on.get(node) ?? new Map<string, string>();
    on.set(node, there);
    const { uid, name } = change.object.metadata;
    if (change.type === 'deleted' || hasEnded(change.object)) there.delete(uid);
    else there.set(uid, name);
    if (there.size > 1) doubles.push(`${node}: ${[...there.values()].join(', ')}`);
  });
  return { doubles };
}

void test('two schedulers that both believe they lead, over lossy connections: no aircraft ever carries two', async () => {
  await using api = await startTestApi();
  const { client } = api;
  await prepareApi(client);
  const stop = new AbortController();
  const { doubles } = watchForDoubles(client, stop.signal);
  for (let index = 0; index < AIRCRAFT; index += 1)
    await createAircraft(
      client,
      aircraftNode({ name: `j20-0${index}`, fuel: String(80 + index), zone: 'east-sea', maintenance: '45' }),
    );
  const random = seededRandom(7);
  try {
    await using _schedulers = new AsyncDisposableStack();
    for (const name of ['a', 'b']) {
      const transport = flakyTransport(api.transport, { random: seededRandom(`loss-${name}`), lossRate: 0.08 });
      _schedulers.use(
        startScheduler(createClient({ transport }), { identity: `twin-${name}`, random: seededRandom(name) }),
      );
    }
    await Promise.all(Array.from({ length: SORTIES }, (_, index) => client.create(PODS, sortiePod(`sortie-${index}`))));
    // Sorties end: half by landing, half by being deleted.
    const flown = new Set<string>();
    await eventually(
      async () => {
        const { items } = await client.list(PODS, { namespace: 'default' });
        const flying = items.filter((pod) => (pod.spec?.nodeName ?? '') !== '' && !hasEnded(pod));
        for (const pod of flying) {
          flown.add(pod.metadata.name);
          await end(client, pod, random.next() < 0.5);
        }
        assert.equal(flown.size, SORTIES);
      },
      { timeoutMs: 60_000, intervalMs: 50 },
    );
    assert.deepEqual(doubles, []);
    await eventually(
      async () => {
        const { items } = await client.list(LEASES, { namespace: NAMESPACES.aircraft });
        assert.equal(items.length, AIRCRAFT);
        assert.deepEqual(
          items.flatMap((lease) => holderOf(lease) ?? []),
          [],
        );
      },
      { timeoutMs: 20_000 },
    );
  } finally {
    stop.abort(new Error('the test is over'));
  }
  assert.deepEqual(doubles, []);
});

async function end(client: Client, pod: Stored<Pod>, land: boolean): Promise<void> {
  const { namespace, name } = pod.metadata;
  if (land)
    await client.patch(
      PODS,
      { namespace, name },
      { type: 'merge', body: { status: { phase: 'Succeeded' } } },
      { subresource: 'status' },
    );
  else await client.delete(PODS, { namespace, name }, { gracePeriodSeconds: 0 });
}
