import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PODS } from '@hardpoint/kubernetes';
import { ApiError, type Client, type Clock, createClient, systemClock } from '@hardpoint/machinery';
import fc from 'fast-check';
import { modelApi } from '../fixtures/model-api.ts';
import { AircraftClaims } from './aircraft-claims.ts';

const NEVER = new AbortController().signal;
const NODES = ['n1', 'n2'] as const;
const podPath = (name: string): string => `/api/v1/namespaces/default/pods/${name}`;

/** One scheduler's attempt: read the Pod, claim the aircraft, bind. What is refused ends it. */
async function place(client: Client, claims: AircraftClaims, name: string, node: string): Promise<void> {
  const place = { namespace: 'default', name };
  try {
    const pod = await client.get(PODS, place);
    if (pod.spec?.nodeName !== undefined) return;
    const { taken } = await claims.take(pod, node, NEVER);
    if (!taken) return;
    const { uid, resourceVersion } = pod.metadata;
    await client.createSubresource(PODS, place, 'binding', {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { ...place, uid, resourceVersion },
      target: { apiVersion: 'v1', kind: 'Node', name: node },
    });
  } catch (error) {
    if (!ApiError.is(error, 'Conflict')) throw error;
  }
}

/** A placement, or a keeper of the named Node that takes every waiting holder for dead. */
type Step = { readonly pod: string; readonly node: string } | string;

const attempt = fc.record({ pod: fc.constantFrom('p', 'q', 'r'), node: fc.constantFrom(...NODES) });
const actor: fc.Arbitrary<readonly Step[]> = fc.oneof(
  { weight: 3, arbitrary: fc.array(attempt, { minLength: 1, maxLength: 3 }) },
  { weight: 2, arbitrary: fc.constantFrom(...NODES).map((node) => [node, node, node]) },
);

/** Lets every actor go through its steps, requests and answers in the scheduler's order; then no Node has two Pods. */
async function nobodyDoubles(
  scheduler: fc.Scheduler,
  actors: readonly (readonly Step[])[],
  claimed?: { readonly pod: string; readonly node: string },
): Promise<void> {
  let isOpen = false;
  const api = modelApi({ pause: () => (isOpen ? scheduler.schedule(Promise.resolve()) : Promise.resolve()) });
  for (const name of ['p', 'q', 'r'])
    api.put(podPath(name), {
      kind: 'Pod',
      apiVersion: 'v1',
      metadata: { name, namespace: 'default', uid: `uid-${name}`, creationTimestamp: '' },
      spec: { containers: [] },
    });
  const client = createClient({ transport: api });
  const clock: Clock = {
    now: () => 0,
    monotonic: () => 0,
    timer: (ms, fire) => systemClock.timer(ms, fire),
    sleep: () => scheduler.schedule(Promise.resolve()),
  };
  const claims = new AircraftClaims({ client, clock });
  if (claimed !== undefined)
    await claims.take(await client.get(PODS, { namespace: 'default', name: claimed.pod }), claimed.node, NEVER);
  isOpen = true;
  const all = actors.map(async (steps) => {
    for (const step of steps)
      if (typeof step !== 'string') await place(client, claims, step.pod, step.node);
      else
        await claims.free(step, { mayFence: true, signal: NEVER }).catch((error: unknown) => {
          if (!ApiError.is(error, 'Conflict')) throw error;
        });
  });
  await scheduler.waitFor(Promise.all(all));
  for (const node of NODES) {
    const there = ['p', 'q', 'r'].filter(
      (name) => (api.read(podPath(name))?.['spec'] as { nodeName?: string } | undefined)?.nodeName === node,
    );
    assert.ok(there.length <= 1, `${node} carries ${there.join(' and ')}`);
  }
}

const RUNS = Number(process.env['HARDPOINT_TEST_RUNS'] ?? 300);

void test('in whatever order requests and answers of schedulers and keepers arrive, no Node gets two Pods', async () => {
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), fc.array(actor, { minLength: 2, maxLength: 5 }), (scheduler, actors) =>
      nobodyDoubles(scheduler, actors),
    ),
    { numRuns: RUNS },
  );
});

void test('a scheduler has died with a claim: its successor, a keeper and a rival in every order', async () => {
  const p = { pod: 'p', node: 'n1' };
  const q = { pod: 'q', node: 'n1' };
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), (scheduler) => nobodyDoubles(scheduler, [[p], ['n1'], [q, q]], p)),
    { numRuns: RUNS * 6 },
  );
});
