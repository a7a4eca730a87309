import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ANNOTATIONS, FLIGHT_TASKS, LAUNCH_AUTHORIZATIONS, type LaunchAuthorization } from '@hardpoint/api';
import { CLUSTER_ROLE_BINDINGS, CLUSTER_ROLES, PODS } from '@hardpoint/kubernetes';
import { ApiError } from '@hardpoint/machinery';
import { eventually } from '@hardpoint/testing';
import { type OperatorFixture, startFixture, strikeTask } from '../fixtures/operator-fixture.ts';

/** A user who may create authorisations, and may `authorize` the task `allowed` only. */
async function grant(fixture: OperatorFixture, user: string, allowed: string): Promise<void> {
  const rules = [
    { apiGroups: ['airforce.mil'], resources: ['launchauthorizations'], verbs: ['create', 'get'] },
    { apiGroups: ['airforce.mil'], resources: ['flighttasks'], resourceNames: [allowed], verbs: ['authorize'] },
  ];
  await fixture.client.create(CLUSTER_ROLES, { metadata: { name: user }, rules });
  await fixture.client.create(CLUSTER_ROLE_BINDINGS, {
    metadata: { name: user },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: user },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: user }],
  });
}

function authorization(task: string, more: Record<string, unknown> = {}): LaunchAuthorization {
  const spec = { taskRef: { name: task }, weapon: 'pl15-missile', count: 1, ttlSeconds: 120, ...more };
  return { metadata: { generateName: 'la-', namespace: 'default' }, spec: spec as LaunchAuthorization['spec'] };
}

describe('admission', () => {
  it('writes who authorises, denies who may not, and fails closed', { timeout: 90_000 }, async (t) => {
    await using fixture = await startFixture({ operator: false });
    const running = await fixture.startOperator();
    try {
      await grant(fixture, 'alice', 'strike');
      const alice = fixture.api.clientFor({ name: 'alice' });
      await fixture.weapon();
      await fixture.client.create(FLIGHT_TASKS, strikeTask());
      const pod = await eventually(() => fixture.client.get(PODS, { namespace: 'default', name: 'strike-0' }));

      await t.test('requestedBy is the request’s user, whatever the object says', async () => {
        const created = await eventually(() =>
          alice.create(LAUNCH_AUTHORIZATIONS, authorization('strike', { requestedBy: 'somebody-else' })),
        );
        assert.equal(created.spec.requestedBy, 'alice');
        const issued = await eventually(async () => {
          const found = await fixture.client.get(LAUNCH_AUTHORIZATIONS, {
            namespace: 'default',
            name: created.metadata.name,
          });
          assert.equal(found.status?.phase, 'Issued');
          return found;
        });
        assert.equal(issued.status?.podRef?.uid, pod.metadata.uid);
        await eventually(async () => {
          const found = await fixture.client.get(PODS, { namespace: 'default', name: 'strike-0' });
          const list = JSON.parse(found.metadata.annotations?.[ANNOTATIONS.launchAuthorizations] ?? '[]') as unknown;
          assert.deepEqual(list, [
            { name: created.metadata.name, weapon: 'pl15-missile', count: 1, token: issued.status?.token },
          ]);
        });
      });

      await t.test('who may not authorize this task is denied, with a text', async () => {
        await assert.rejects(alice.create(LAUNCH_AUTHORIZATIONS, authorization('other')), (error) => {
          assert.ok(ApiError.is(error, 'Forbidden'), String(error));
          assert.match(error.message, /用户 alice 无权对任务 default\/other 执行 authorize/);
          return true;
        });
      });

      await t.test('an authorisation cannot be changed', async () => {
        const created = await alice.create(LAUNCH_AUTHORIZATIONS, authorization('strike'));
        const place = { namespace: 'default', name: created.metadata.name };
        for (const body of [{ spec: { count: 2 } }, { spec: { requestedBy: 'bob' } }]) {
          await assert.rejects(fixture.client.patch(LAUNCH_AUTHORIZATIONS, place, { type: 'merge', body }), (error) =>
            ApiError.is(error, 'Invalid'),
          );
        }
      });

      await t.test('a hand-written Pod gets its weapons, without trust where it names no task', async () => {
        const loadout = [{ weaponRef: { name: 'pl15-missile' }, quantity: 1, mountPoints: ['internal-bay-1'] }];
        const created = await fixture.client.create(PODS, {
          metadata: {
            name: 'hand',
            namespace: 'default',
            annotations: { [ANNOTATIONS.weaponLoadout]: JSON.stringify(loadout) },
          },
          spec: { nodeSelector: { 'aircraft.mil/type': 'j20' }, containers: [{ name: 'main', image: 'main:v1' }] },
        });
        assert.deepEqual(
          created.spec?.initContainers?.map((it) => it.name),
          ['weapon-pl15-missile', 'weapon-preload'],
        );
        const env = created.spec?.initContainers?.[0]?.env?.map((it) => it.name) ?? [];
        assert.ok(!env.includes('WEAPON_TRUST') && !env.includes('TASK'));
        const bad = JSON.stringify([{ ...loadout[0], quantity: 0 }]);
        await assert.rejects(
          fixture.client.create(PODS, {
            metadata: { name: 'bad', namespace: 'default', annotations: { [ANNOTATIONS.weaponLoadout]: bad } },
            spec: { containers: [{ name: 'main', image: 'main:v1' }] },
          }),
          (error) => ApiError.is(error, 'Invalid') && /quantity/.test(error.message),
        );
      });

      await t.test('a task whose Weapon does not exist yet is warned of, never refused', async () => {
        const created = await fixture.client.create(
          FLIGHT_TASKS,
          strikeTask((spec) => {
            spec.weaponLoadout = [{ weaponRef: { name: 'pl99' }, quantity: 1, mountPoints: ['wing-1'] }];
            spec.phases = [];
          }, 'early'),
        );
        assert.equal(created.metadata.name, 'early');
      });
    } finally {
      await running[Symbol.asyncDispose]();
    }
    await t.test('nobody answers: nothing is created', async () => {
      const alice = fixture.api.clientFor({ name: 'alice' });
      await assert.rejects(alice.create(LAUNCH_AUTHORIZATIONS, authorization('strike')), (error) =>
        ApiError.is(error, 'InternalError'),
      );
    });
  });
});
