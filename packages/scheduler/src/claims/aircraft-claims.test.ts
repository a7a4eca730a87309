import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NAMESPACES } from '@hardpoint/api';
import { LEASES, PODS, type Pod, type Stored } from '@hardpoint/kubernetes';
import { ApiError, type Client, systemClock } from '@hardpoint/machinery';
import { startTestApi } from '@hardpoint/testing';
import { createAircraft, prepareApi, sortiePod } from '../fixtures/worked-example.ts';
import { AircraftClaims, CLAIM_POD, holderOf } from './aircraft-claims.ts';

const NEVER = new AbortController().signal;

async function bindTo(client: Client, pod: Stored<Pod>, node: string): Promise<void> {
  const { namespace, name, uid, resourceVersion } = pod.metadata;
  await client.createSubresource(PODS, { namespace, name }, 'binding', {
    apiVersion: 'v1',
    kind: 'Binding',
    metadata: { namespace, name, uid, resourceVersion },
    target: { apiVersion: 'v1', kind: 'Node', name: node },
  });
}

void test('claims: taken once, kept while the holder lives, freed when it has ended or is elsewhere, fenced when it waits', async () => {
  await using api = await startTestApi();
  const { client } = api;
  await prepareApi(client);
  const claims = new AircraftClaims({ client, clock: systemClock });
  for (const name of ['a1', 'a2']) await createAircraft(client, { name, fuel: '90' });
  const create = (name: string) => client.create(PODS, sortiePod(name));
  const [first, second] = [await create('first'), await create('second')];
  const holder = async (node: string): Promise<string | undefined> =>
    holderOf(await client.get(LEASES, { namespace: NAMESPACES.aircraft, name: node }));
  const free = (node: string, mayFence = false) => claims.free(node, { mayFence, signal: NEVER });

  // Of many who ask at once, one gets it.
  const rivals = await Promise.all(Array.from({ length: 6 }, (_, index) => create(`rival-${index}`)));
  const results = await Promise.all(rivals.map((pod) => claims.take(pod, 'a2', NEVER)));
  assert.equal(results.filter(({ taken }) => taken).length, 1);
  const winner = rivals[results.findIndex(({ taken }) => taken)];
  assert.equal(await holder('a2'), winner?.metadata.uid);

  // Taking again is not refused, and is written again.
  assert.ok((await claims.take(first, 'a1', NEVER)).taken);
  const before = await client.get(LEASES, { namespace: NAMESPACES.aircraft, name: 'a1' });
  assert.equal(before.metadata.annotations?.[CLAIM_POD], 'default/first');
  assert.ok((await claims.take(first, 'a1', NEVER)).taken);
  const after = await client.get(LEASES, { namespace: NAMESPACES.aircraft, name: 'a1' });
  assert.notEqual(after.metadata.resourceVersion, before.metadata.resourceVersion);

  // A holder that waits keeps it, until it is fenced: then its Binding fails.
  assert.deepEqual(await claims.take(second, 'a1', NEVER), { taken: false, holder: 'default/first' });
  assert.equal(await free('a1'), false);
  assert.equal(await free('a1', true), true);
  assert.equal(await holder('a1'), undefined);
  await assert.rejects(bindTo(client, first, 'a1'), (error) => ApiError.is(error, 'Conflict'));

  // Bound: nobody gets it.
  assert.ok((await claims.take(second, 'a1', NEVER)).taken);
  await bindTo(client, second, 'a1');
  assert.equal(await free('a1', true), false);
  assert.equal((await claims.take(first, 'a1', NEVER)).taken, false);

  // Bound elsewhere: the other claim is nobody's.
  const fresh = await client.get(PODS, { namespace: 'default', name: 'second' });
  await client.update(LEASES, {
    ...(await client.get(LEASES, { namespace: NAMESPACES.aircraft, name: 'a2' })),
    spec: { holderIdentity: fresh.metadata.uid },
  });
  // The annotation still names the rival, whose UID is another: the holder is gone as far as that name tells.
  assert.equal(await free('a2'), true);

  // Ended: free, also for one who takes it directly.
  await client.patch(
    PODS,
    { namespace: 'default', name: 'second' },
    { type: 'merge', body: { status: { phase: 'Failed' } } },
    { subresource: 'status' },
  );
  assert.ok((await claims.take(first, 'a1', NEVER)).taken);
  await client.delete(PODS, { namespace: 'default', name: 'first' }, { gracePeriodSeconds: 0 });
  assert.equal(await free('a1'), true);
});
