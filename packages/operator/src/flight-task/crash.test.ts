import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FLIGHT_TASKS, LAUNCH_AUTHORIZATIONS, type LaunchAuthorization } from '@hardpoint/api';
import { LEASES, PODS } from '@hardpoint/kubernetes';
import { eventually } from '@hardpoint/testing';
import { type Death, dyingTransport } from '../fixtures/dying-transport.ts';
import { type OperatorFixture, type RunningOperator, startFixture, strikeTask } from '../fixtures/operator-fixture.ts';

/** Leases and Events come and go by the clock; every other write is a place to die at. */
const counts = (path: string): boolean => !/leases|events|subjectaccessreviews/.test(path);

/** Flies one task to its end with an operator that dies once; returns whether it died. */
async function flyWithDeath(fixture: OperatorFixture, name: string, death: Death): Promise<boolean> {
  const { client } = fixture;
  const died = Promise.withResolvers<void>();
  const transport = dyingTransport({ inner: fixture.operatorTransport(), death, counts, onDeath: died.resolve });
  const operators: RunningOperator[] = [];
  const uids = new Set<string>();
  const tokens = new Set<string>();
  let ended = false;
  let second: Promise<void> = Promise.resolve();
  const look = async (): Promise<void> => {
    for (const pod of (await client.list(PODS, { namespace: 'default', labelSelector: `airforce.mil/task=${name}` }))
      .items) {
      uids.add(pod.metadata.uid);
    }
  };
  try {
    const first = await fixture.startOperator({ transport, identity: `${name}-first`, wait: false });
    operators.push(first);
    second = died.promise.then(async () => {
      if (ended) return;
      await first[Symbol.asyncDispose]();
      // A dead process renews no Lease; the test does not wait for that to show.
      await client.delete(LEASES, { namespace: 'hardpoint-system', name: 'hardpoint-operator' }).catch(() => {});
      operators.push(await fixture.startOperator({ identity: `${name}-second` }));
    });
    await Promise.race([first.ready, second]);
    await client.create(FLIGHT_TASKS, strikeTask(undefined, name));
    const pod = await eventually(() => client.get(PODS, { namespace: 'default', name: `${name}-0` }));
    await look();
    await fixture.kubelet.mount(pod, 'j20-01');
    const authorization = await eventually(() =>
      client.create(LAUNCH_AUTHORIZATIONS, {
        metadata: { name: `la-${name}`, namespace: 'default' },
        spec: { taskRef: { name }, weapon: 'pl15-missile', count: 1 } as LaunchAuthorization['spec'],
      }),
    );
    await eventually(async () => {
      await look();
      const living = await client.get(PODS, { namespace: 'default', name: `${name}-0` });
      const text = living.metadata.annotations?.['airforce.mil/launch-authorizations'] ?? '[]';
      const entries = JSON.parse(text) as readonly { readonly token: string }[];
      assert.equal(entries.length, 1);
      for (const entry of entries) tokens.add(entry.token);
    });
    await fixture.kubelet.end(pod, { outcome: 'Succeeded', outcomes: ['', 'M'], jti: authorization.metadata.uid });
    await eventually(async () => {
      await look();
      const { status } = await fixture.task(name);
      assert.deepEqual([status?.phase, status?.used, status?.attempt], ['Succeeded', '1/2', 0]);
      const la = await client.get(LAUNCH_AUTHORIZATIONS, { namespace: 'default', name: `la-${name}` });
      assert.equal(la.status?.phase, 'Spent');
      tokens.add(la.status?.token ?? '');
    });
    await look();
    assert.equal(uids.size, 1, 'one Pod');
    assert.equal(tokens.size, 1, 'one token');
    return transport.dead();
  } finally {
    ended = !transport.dead();
    // A death at the very end: its successor may still be starting.
    if (!ended) await second.catch(() => {});
    // The next run starts with nothing to look at.
    await client.delete(FLIGHT_TASKS, { namespace: 'default', name }).catch(() => {});
    await client.delete(PODS, { namespace: 'default', name: `${name}-0` }, { gracePeriodSeconds: 0 }).catch(() => {});
    await Promise.all(operators.map((it) => it[Symbol.asyncDispose]()));
  }
}

describe('an operator that dies between any two writes', () => {
  it('leaves one Pod, one token and the same end', { timeout: 180_000 }, async (t) => {
    await using fixture = await startFixture({ operator: false });
    await fixture.weapon();
    // What lies between two writes is reached from either side; HARDPOINT_TEST_THOROUGH tries both sides of each.
    const thorough = process.env.HARDPOINT_TEST_THOROUGH !== undefined;
    let deaths = 0;
    for (let atWrite = 0; atWrite < 40; atWrite += 1) {
      const moments = thorough ? (['before', 'after'] as const) : ([atWrite % 2 === 0 ? 'after' : 'before'] as const);
      let died = false;
      for (const moment of moments) {
        await t.test(`${moment} write ${atWrite}`, async () => {
          died = await flyWithDeath(fixture, `crash-${moment}-${atWrite}`, { atWrite, moment });
        });
      }
      if (!died) break;
      deaths += 1;
    }
    assert.ok(deaths >= 8, `it died at ${deaths} writes`);
  });
});
