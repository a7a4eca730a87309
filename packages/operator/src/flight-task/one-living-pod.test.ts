import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FLIGHT_TASKS, LAUNCH_AUTHORIZATIONS, type LaunchAuthorization } from '@hardpoint/api';
import { NODES, PODS, type Pod, type Stored } from '@hardpoint/kubernetes';
import { eventually } from '@hardpoint/testing';
import { aircraft, type OperatorFixture, startFixture, strikeTask } from '../fixtures/operator-fixture.ts';

async function podOf(fixture: OperatorFixture, name: string): Promise<Stored<Pod>> {
  return await eventually(() => fixture.client.get(PODS, { namespace: 'default', name }));
}

async function reaches(
  fixture: OperatorFixture,
  name: string,
  wanted: Readonly<Record<string, unknown>>,
): Promise<void> {
  await eventually(async () => {
    const status = ((await fixture.task(name)).status ?? {}) as Readonly<Record<string, unknown>>;
    assert.deepEqual(Object.fromEntries(Object.keys(wanted).map((key) => [key, status[key]])), wanted);
  });
}

async function ready(fixture: OperatorFixture, node: string, status: 'True' | 'Unknown'): Promise<void> {
  const condition = {
    type: 'Ready',
    status,
    reason: 'Test',
    message: '',
    lastTransitionTime: '2026-01-01T00:00:00Z',
    lastHeartbeatTime: '2026-01-01T00:00:00Z',
  };
  await fixture.client.patch(
    NODES,
    { name: node },
    { type: 'strategic', body: { status: { conditions: [condition] } } },
    { subresource: 'status' },
  );
}

async function deliverToken(fixture: OperatorFixture, task: string): Promise<void> {
  const name = `la-${task}`;
  await fixture.client.create(LAUNCH_AUTHORIZATIONS, {
    metadata: { name, namespace: 'default' },
    spec: { taskRef: { name: task }, weapon: 'pl15-missile', count: 1 } as LaunchAuthorization['spec'],
  });
  await eventually(async () => {
    const la = await fixture.client.get(LAUNCH_AUTHORIZATIONS, { namespace: 'default', name });
    assert.equal(la.status?.phase, 'Issued');
  });
}

describe('one living Pod per task (M6)', () => {
  it('holds through failures, losses and returns', { timeout: 120_000 }, async (t) => {
    await using fixture = await startFixture();
    const { client, kubelet } = fixture;
    await fixture.weapon();
    const fly = async (name: string, more: Record<string, unknown> = {}, node = 'j20-01'): Promise<Stored<Pod>> => {
      await client.create(
        FLIGHT_TASKS,
        strikeTask((spec) => Object.assign(spec, more), name),
      );
      const pod = await podOf(fixture, `${name}-0`);
      await kubelet.mount(pod, node);
      await reaches(fixture, name, { phase: 'Mounting' });
      return pod;
    };

    await t.test('a failed attempt is flown again, without the releases it proved made', async () => {
      const pod = await fly('again', { retryLimit: 1 });
      await kubelet.end(pod, { outcome: 'Failed', outcomes: ['', 'M'], jti: 'j' });
      const second = await podOf(fixture, 'again-1');
      const mission = second.spec?.containers[0]?.env?.find((it) => it.name === 'MISSION')?.value ?? '';
      assert.deepEqual((JSON.parse(mission) as { skipReleases: unknown }).skipReleases, ['1/0']);
      await kubelet.end(second, { outcome: 'Failed', outcomes: ['', 'S'] });
      await reaches(fixture, 'again', { phase: 'Failed', attempt: 1, used: '1/2' });
    });

    await t.test(
      'no report and a delivered token: Failed, ReleaseUnknown, its stores unaccounted, no second attempt',
      async () => {
        const pod = await fly('unknown', { retryLimit: 3 });
        await deliverToken(fixture, 'unknown');
        await kubelet.fail(pod, 'Evicted');
        await reaches(fixture, 'unknown', { phase: 'Failed', reason: 'ReleaseUnknown', attempt: 0 });
        const { status } = await fixture.task('unknown');
        assert.equal(status?.weapons?.[0]?.unaccounted, 1);
        await assert.rejects(client.get(PODS, { namespace: 'default', name: 'unknown-1' }));
      },
    );

    await t.test('no report and no token: nothing was released, and it is flown again', async () => {
      const pod = await fly('evicted', { retryLimit: 1 });
      await kubelet.fail(pod, 'Evicted');
      await podOf(fixture, 'evicted-1');
    });

    await t.test(
      'an aircraft that is not heard of: AircraftLost, then Lost, never a second Pod; it comes back and goes on',
      async () => {
        await client.create(NODES, aircraft('j20-02'));
        await ready(fixture, 'j20-02', 'True');
        const pod = await fly('lost', { retryLimit: 3, lostAfterSeconds: 1 }, 'j20-02');
        await ready(fixture, 'j20-02', 'Unknown');
        await reaches(fixture, 'lost', { phase: 'Lost', reason: 'AircraftLost' });
        await assert.rejects(client.get(PODS, { namespace: 'default', name: 'lost-1' }));
        await ready(fixture, 'j20-02', 'True');
        await reaches(fixture, 'lost', { phase: 'Mounting' });
        await kubelet.end(pod, { outcome: 'Succeeded', outcomes: ['', 'M'] });
        await reaches(fixture, 'lost', { phase: 'Succeeded', attempt: 0, used: '1/2' });
      },
    );

    await t.test('a Node tainted out-of-service, or deleted, has ended its sortie', async () => {
      await client.create(NODES, aircraft('j20-03'));
      await fly('tainted', { retryLimit: 1 }, 'j20-03');
      const taint = { key: 'node.kubernetes.io/out-of-service', value: 'nodeshutdown', effect: 'NoExecute' };
      await client.patch(NODES, { name: 'j20-03' }, { type: 'merge', body: { spec: { taints: [taint] } } });
      await podOf(fixture, 'tainted-1');
      await client.create(NODES, aircraft('j20-04'));
      await fly('deleted', {}, 'j20-04');
      await client.delete(NODES, { name: 'j20-04' });
      await reaches(fixture, 'deleted', { phase: 'Failed', reason: 'AircraftLost' });
    });

    await t.test('a Pod that somebody deletes leaves its last word', async () => {
      const pod = await fly('removed', { retryLimit: 1 });
      await deliverToken(fixture, 'removed');
      await kubelet.end(pod, { outcome: 'Terminated', outcomes: ['', 'N'] });
      await client.delete(PODS, { namespace: 'default', name: 'removed-0' }, { gracePeriodSeconds: 0 });
      await podOf(fixture, 'removed-1');
    });

    await t.test('recall before the aircraft has started: the Pod is asked to go', async () => {
      await client.create(FLIGHT_TASKS, strikeTask(undefined, 'early'));
      await podOf(fixture, 'early-0');
      await client.patch(
        FLIGHT_TASKS,
        { namespace: 'default', name: 'early' },
        { type: 'merge', body: { spec: { recall: true } } },
      );
      await reaches(fixture, 'early', { phase: 'Failed', reason: 'Recalled' });
      await eventually(async () => {
        await assert.rejects(client.get(PODS, { namespace: 'default', name: 'early-0' }));
      });
    });

    await t.test('the deadline of a task that waits for an aircraft', async () => {
      await client.create(
        FLIGHT_TASKS,
        strikeTask((spec) => Object.assign(spec, { deadlineSeconds: 1 }), 'late'),
      );
      await reaches(fixture, 'late', { phase: 'Failed', reason: 'DeadlineExceeded' });
    });

    await t.test('a finished task gives up its Pod after ttlSecondsAfterFinished', async () => {
      const pod = await fly('tidy', { ttlSecondsAfterFinished: 1 });
      await kubelet.end(pod, { outcome: 'Succeeded', outcomes: ['', 'M'] });
      await reaches(fixture, 'tidy', { phase: 'Succeeded' });
      await eventually(async () => {
        const found = await client.get(PODS, { namespace: 'default', name: 'tidy-0' }).catch(() => undefined);
        assert.ok(found === undefined || found.metadata.deletionTimestamp !== undefined);
      });
      assert.equal((await fixture.task('tidy')).status?.phase, 'Succeeded');
    });

    await t.test('a Pod of that name that is another’s: refused, and flown when it has gone', async () => {
      await client.create(PODS, {
        metadata: { name: 'taken-0', namespace: 'default' },
        spec: { schedulerName: 'none', containers: [{ name: 'x', image: 'x:1' }] },
      });
      await client.create(FLIGHT_TASKS, strikeTask(undefined, 'taken'));
      await reaches(fixture, 'taken', { phase: 'Refused', reason: 'PodExists' });
      await client.delete(PODS, { namespace: 'default', name: 'taken-0' }, { gracePeriodSeconds: 0 });
      await reaches(fixture, 'taken', { phase: 'Pending' });
    });
  });
});
