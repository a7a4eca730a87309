import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  ANNOTATIONS,
  type FlightTask,
  LAUNCH_AUTHORIZATIONS,
  type LaunchAuthorization,
  NAMES,
  NAMESPACES,
  PORTS,
} from '@hardpoint/api';
import {
  CLUSTER_ROLE_BINDINGS,
  CLUSTER_ROLES,
  EVENTS,
  PODS,
  type PolicyRule,
  SECRETS,
  type Stored,
} from '@hardpoint/kubernetes';
import { ApiError, systemClock } from '@hardpoint/machinery';
import { eventually } from '@hardpoint/testing';
import { exportJWK, generateKeyPair, importJWK, type JWK, SignJWT, UnsecuredJWT } from 'jose';
import { applyStrike, authorise, stepDone, strike, untilTask } from './testing/strike.ts';
import { startTestCluster, type TestCluster } from './testing/test-cluster.ts';

const namespace = 'default';

/** Every way to a release that W6 does not allow, through the real path: API, Pod annotation, downward API, weapon. */
describe('a launch without a valid authorisation never happens', () => {
  let lab: TestCluster;
  before(async () => {
    lab = await startTestCluster({ aircraft: 8 });
  });
  after(async () => {
    await lab?.[Symbol.asyncDispose]();
  });

  const waitsFor = (task: FlightTask, waitSeconds: number, otherwise: 'Recall' | 'Skip'): FlightTask => ({
    ...task,
    spec: { ...task.spec, authorization: { waitSeconds, otherwise } },
  });
  const waiting = (task: Stored<FlightTask>): boolean => task.status?.reason === 'WaitingForAuthorization';
  const ended = (task: Stored<FlightTask>): boolean =>
    (task.status?.phase === 'Succeeded' || task.status?.phase === 'Failed') && stepDone(task, 'PodTerminated');

  /** Hands tokens to a sortie past the operator: an administrator writes the Pod's annotation. */
  const deliver = async (task: Stored<FlightTask>, entries: readonly { name: string; token: string }[]) => {
    const place = { namespace, name: task.status?.podRef?.name ?? '' };
    const pod = await lab.client.get(PODS, place);
    const held = JSON.parse(pod.metadata.annotations?.[ANNOTATIONS.launchAuthorizations] ?? '[]') as unknown[];
    const added = entries.map((entry) => ({ ...entry, weapon: 'pl15-missile', count: 1 }));
    await lab.client.patch(PODS, place, {
      type: 'merge',
      body: {
        metadata: { annotations: { [ANNOTATIONS.launchAuthorizations]: JSON.stringify([...held, ...added]) } },
      },
    });
  };
  const clusterKey = async (): Promise<JWK & { kid: string }> => {
    const secret = await lab.client.get(SECRETS, { namespace: NAMESPACES.system, name: NAMES.launchKeySecret });
    return JSON.parse(Buffer.from(secret.data?.['key.jwk'] ?? '', 'base64').toString()) as JWK & { kid: string };
  };
  const metricsOf = async (task: Stored<FlightTask>): Promise<ReadonlyMap<string, number>> => {
    const pod = await lab.client.get(PODS, { namespace, name: task.status?.podRef?.name ?? '' });
    const answer = await fetch(`http://${pod.status?.podIP}:${PORTS.metrics}/metrics`);
    const lines = (await answer.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]));
  };
  const refusedMetric = (reason: string): string =>
    `weapon_launch_refused_total{weapon_type="pl15-missile",reason="${reason}"}`;
  const create = (spec: Partial<LaunchAuthorization['spec']> & { taskRef: { name: string } }) =>
    lab.client.create(LAUNCH_AUTHORIZATIONS, {
      metadata: { generateName: 'la-', namespace },
      spec: { weapon: 'pl15-missile', count: 1, ttlSeconds: 120, ...spec },
    });
  const becomes = (name: string, phase: string): Promise<Stored<LaunchAuthorization>> =>
    eventually(
      async () => {
        const found = await lab.client.get(LAUNCH_AUTHORIZATIONS, { namespace, name });
        assert.equal(found.status?.phase, phase, JSON.stringify(found.status));
        return found;
      },
      { timeoutMs: 30_000 },
    );

  describe('each by itself', { concurrency: true }, () => {
    for (const otherwise of ['Recall', 'Skip'] as const) {
      test(`none: after waitSeconds the sortie ${otherwise === 'Recall' ? 'comes home' : 'leaves the releases out'}`, async () => {
        const name = `none-${otherwise.toLowerCase()}`;
        await applyStrike(lab.client, waitsFor(strike({ name }), 1, otherwise));
        const { status } = await untilTask(lab.client, name, ended);
        assert.deepEqual(
          [status?.phase, status?.weapons?.[0]?.released, status?.weapons?.[0]?.remaining],
          [otherwise === 'Recall' ? 'Failed' : 'Succeeded', 0, 2],
        );
        if (otherwise === 'Recall') {
          assert.equal(status?.reason, 'AuthorizationTimeout');
          assert.match(status?.message ?? '', /武器 pl15-missile 的1枚发射在1秒内未获授权/);
        } else {
          assert.deepEqual(
            status?.releases?.map(({ outcome }) => outcome),
            ['Skipped', 'Skipped'],
          );
        }
        const late = await create({ taskRef: { name } });
        const refused = await becomes(late.metadata.name, 'Refused');
        assert.deepEqual([refused.status?.reason, refused.status?.message], ['TaskOver', `任务 ${name} 已结束`]);
      });
    }

    test('forged tokens are each refused with their reason, an Event and a metric; good ones are spent once', async () => {
      const name = 'forged';
      await applyStrike(lab.client, strike({ name }));
      const other = 'forged-other';
      await applyStrike(lab.client, strike({ name: other }));
      const task = await untilTask(lab.client, name, waiting);
      const key = await clusterKey();
      const { kid } = key;
      const mine = await importJWK(key, 'EdDSA');
      const stranger = await generateKeyPair('EdDSA', { extractable: true });
      const now = Math.floor(systemClock.now() / 1000);
      const good = {
        iss: 'hardpoint',
        aud: 'weapon.launch',
        sub: 'jose',
        task: `${namespace}/${name}`,
        taskUID: task.metadata.uid,
        weapon: 'pl15-missile',
        count: 1,
        iat: now,
        exp: now + 120,
      };
      const sign = (
        claims: Readonly<Record<string, unknown>>,
        options: { key?: Parameters<SignJWT['sign']>[0]; header?: { alg: string; kid?: string } } = {},
      ): Promise<string> =>
        new SignJWT({ ...good, ...claims })
          .setProtectedHeader(options.header ?? { alg: 'EdDSA', kid })
          .sign(options.key ?? mine);

      await authorise(lab.client, other);
      const foreign = await untilTask(lab.client, other, ({ status }) => (status?.releases?.length ?? 0) === 1);
      const { items } = await lab.client.list(LAUNCH_AUTHORIZATIONS, { namespace });
      const genuine = items.find(({ spec }) => spec.taskRef.name === foreign.metadata.name)?.status?.token ?? '';
      assert.notEqual(genuine, '');

      const publicX = Buffer.from(key.x ?? '', 'base64url');
      const forged: readonly (readonly [name: string, reason: string, token: string])[] = [
        ['empty', 'missing', ''],
        ['no-jws', 'malformed', 'not a token'],
        ['alg-none', 'malformed', new UnsecuredJWT({ ...good, jti: 'alg-none' }).encode()],
        ['alg-hs256', 'malformed', await sign({ jti: 'alg-hs256' }, { key: publicX, header: { alg: 'HS256', kid } })],
        ['no-jti', 'malformed', await sign({})],
        ['other-audience', 'malformed', await sign({ aud: 'weapon.arm', jti: 'other-audience' })],
        ['stranger', 'key', await sign({ jti: 'stranger' }, { key: stranger.privateKey })],
        [
          'stranger-kid',
          'key',
          await sign(
            { jti: 'stranger-kid' },
            {
              key: stranger.privateKey,
              header: { alg: 'EdDSA', kid: (await exportJWK(stranger.publicKey)).x ?? 'k' },
            },
          ),
        ],
        ['altered', 'key', alter(await sign({ jti: 'altered', count: 1 }))],
        ['expired', 'expired', await sign({ iat: now - 120, exp: now - 10, jti: 'expired' })],
        ['task-name', 'task', await sign({ task: `${namespace}/${other}`, jti: 'task-name' })],
        ['task-uid', 'task', await sign({ taskUID: foreign.metadata.uid, jti: 'task-uid' })],
        ['genuine-of-another', 'task', genuine],
        ['weapon', 'weapon', await sign({ weapon: 'pl10-missile', jti: 'weapon' })],
        ['count', 'count', await sign({ count: 2, jti: 'count' })],
      ];
      const expected = new Map<string, number>();
      for (const [, reason] of forged) expected.set(reason, (expected.get(reason) ?? 0) + 1);
      await deliver(
        task,
        forged.map(([entry, , token]) => ({ name: entry, token })),
      );
      const counted = await eventually(
        async () => {
          const metrics = await metricsOf(task);
          for (const [reason, count] of expected) assert.equal(metrics.get(refusedMetric(reason)), count, reason);
          return metrics;
        },
        { timeoutMs: 20_000 },
      );
      assert.equal(counted.get('weapon_launch_success_total{weapon_type="pl15-missile"}'), 0);
      const { aircraft = '' } = task.status ?? {};
      assert.equal(counted.get(`weapon_remaining_count{weapon_type="pl15-missile",aircraft="${aircraft}"}`), 2);
      const refusals = () =>
        lab.client
          .list(EVENTS, { namespace })
          .then(({ items: all }) =>
            all.filter((it) => it.reason === 'LaunchRefused' && it.regarding?.name === name).map((it) => it.note ?? ''),
          );
      // W6: within ten seconds.
      await eventually(
        async () => {
          const notes = await refusals();
          for (const [entry, reason] of forged) {
            assert.ok(
              notes.some((note) => note.includes(`(${reason})`) && note.endsWith(`授权 ${entry}`)),
              `${entry} ${reason}: ${notes.join('\n')}`,
            );
          }
        },
        { timeoutMs: 10_000 },
      );

      await deliver(task, [{ name: 'by-jose', token: await sign({ jti: 'by-jose' }) }]);
      await untilTask(lab.client, name, ({ status }) => status?.releases?.length === 1);
      await deliver(task, [{ name: 'again', token: await sign({ jti: 'by-jose', iat: now - 1 }) }]);
      await eventually(async () => assert.equal((await metricsOf(task)).get(refusedMetric('replayed')), 1), {
        timeoutMs: 20_000,
      });
      await eventually(async () =>
        assert.ok((await refusals()).some((note) => /\(replayed\)，授权 again$/.test(note))),
      );
      await authorise(lab.client, name);
      const { status } = await untilTask(lab.client, name, ended);
      assert.deepEqual(
        [status?.phase, status?.weapons?.[0]?.released, status?.weapons?.[0]?.remaining],
        ['Succeeded', 2, 0],
      );
      assert.deepEqual(
        status?.releases?.map((it) => [it.outcome, it.remaining, it.authorization === 'by-jose']),
        [
          ['Released', 1, true],
          ['Released', 0, false],
        ],
      );
      assert.equal(status?.releases?.[0]?.jti, 'by-jose');
      await authorise(lab.client, other);
      await untilTask(lab.client, other, ended);
    });

    test('objects that name the wrong task, weapon or count, or come too early, release nothing', async () => {
      const name = 'objects';
      await applyStrike(lab.client, strike({ name }));
      const early = await create({ taskRef: { name: 'objects-no-such-task' }, ttlSeconds: 10 });
      const pending = await becomes(early.metadata.name, 'Pending');
      assert.equal(pending.status?.message, '任务 objects-no-such-task 不存在');
      await untilTask(lab.client, name, waiting);
      const weapon = await create({ taskRef: { name }, weapon: 'pl10-missile' });
      const refused = await becomes(weapon.metadata.name, 'Refused');
      assert.deepEqual(
        [refused.status?.reason, refused.status?.message],
        ['WeaponNotInTask', `任务 ${name} 未挂载武器 pl10-missile`],
      );
      const count = await create({ taskRef: { name }, count: 2 });
      await becomes(count.metadata.name, 'Issued');
      for (const [bad, words] of [
        [{ count: 0 }, /spec\.count.*greater than or equal to 1/],
        [{ count: 65 }, /spec\.count.*less than or equal to 64/],
        [{ ttlSeconds: 9 }, /spec\.ttlSeconds.*greater than or equal to 10/],
        [{ ttlSeconds: 301 }, /spec\.ttlSeconds.*less than or equal to 300/],
      ] as const) {
        await assert.rejects(create({ taskRef: { name }, ...bad }), words);
      }
      await becomes(early.metadata.name, 'Expired');
      const still = await untilTask(lab.client, name, waiting);
      assert.deepEqual([still.status?.weapons?.[0]?.released, still.status?.weapons?.[0]?.remaining], [0, 2]);
      await authorise(lab.client, name, { times: 2 });
      const done = await untilTask(lab.client, name, ended);
      assert.equal(done.status?.phase, 'Succeeded', done.status?.message);
      assert.equal(
        (await lab.client.get(LAUNCH_AUTHORIZATIONS, { namespace, name: count.metadata.name })).status?.release,
        undefined,
      );
    });

    test('who may not `authorize` that task is refused; who asked cannot be forged; nothing of it can be changed', async () => {
      const bind = async (user: string, rules: PolicyRule[]) => {
        await lab.client.create(CLUSTER_ROLES, { metadata: { name: user }, rules });
        await lab.client.create(CLUSTER_ROLE_BINDINGS, {
          metadata: { name: user },
          roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: user },
          subjects: [{ kind: 'User', name: user, apiGroup: 'rbac.authorization.k8s.io' }],
        });
      };
      const ask = { apiGroups: ['airforce.mil'], resources: ['launchauthorizations'], verbs: ['create', 'get'] };
      await bind('planner', [
        ask,
        { apiGroups: ['airforce.mil'], resources: ['flighttasks'], verbs: ['create', 'update', 'get'] },
      ]);
      await bind('commander', [
        ask,
        { apiGroups: ['airforce.mil'], resources: ['flighttasks'], verbs: ['authorize'], resourceNames: ['his-task'] },
      ]);
      const [planner, commander, nobody] = await Promise.all(
        ['planner', 'commander', 'nobody'].map((user) => lab.clientAs(user)),
      );
      const object = (task: string, spec: object = {}): LaunchAuthorization =>
        ({
          metadata: { generateName: 'by-user-', namespace },
          spec: { taskRef: { name: task }, weapon: 'pl15-missile', count: 1, ...spec },
        }) as LaunchAuthorization;
      const forbidden = (words: RegExp) => (error: unknown) => {
        assert.ok(error instanceof ApiError && error.status === 403, String(error));
        assert.match(error.message, words);
        return true;
      };
      await assert.rejects(
        planner?.create(LAUNCH_AUTHORIZATIONS, object('his-task')) ?? Promise.resolve(),
        forbidden(/用户 planner 无权对任务 default\/his-task 执行 authorize/),
      );
      await assert.rejects(
        commander?.create(LAUNCH_AUTHORIZATIONS, object('another-task')) ?? Promise.resolve(),
        forbidden(/用户 commander 无权对任务 default\/another-task 执行 authorize/),
      );
      await assert.rejects(
        nobody?.create(LAUNCH_AUTHORIZATIONS, object('his-task')) ?? Promise.resolve(),
        forbidden(/User "nobody" cannot create resource "launchauthorizations"/),
      );
      const made = await commander?.create(
        LAUNCH_AUTHORIZATIONS,
        object('his-task', { requestedBy: 'the-general', ttlSeconds: 10 }),
      );
      assert.equal(made?.spec.requestedBy, 'commander');
      const place = { namespace, name: made?.metadata.name ?? '' };
      for (const change of [{ count: 2 }, { taskRef: { name: 'another-task' } }, { requestedBy: 'the-general' }]) {
        await assert.rejects(
          lab.client.patch(LAUNCH_AUTHORIZATIONS, place, { type: 'merge', body: { spec: change } }),
          (error) => {
            assert.ok(ApiError.is(error, 'Invalid'), String(error));
            assert.match(error.message, /a LaunchAuthorization cannot be changed/);
            return true;
          },
        );
      }
    });
  });

  test('without the operator’s admission nobody authorises: it fails closed', async () => {
    const operator = lab.cluster.parts.find(({ name }) => name === 'operator');
    await operator?.stop({ graceMs: 3_000, ask: 'SIGTERM' });
    const held = (await lab.client.list(LAUNCH_AUTHORIZATIONS, { namespace })).items.length;
    await assert.rejects(create({ taskRef: { name: 'objects' } }), (error) => {
      assert.ok(error instanceof ApiError && error.status === 500, String(error));
      assert.match(error.message, /failed calling webhook/);
      return true;
    });
    assert.equal((await lab.client.list(LAUNCH_AUTHORIZATIONS, { namespace })).items.length, held);
  });
});

/** The same token with another payload under the old signature. */
function alter(token: string): string {
  const [header = '', payload = '', signature = ''] = token.split('.');
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as object;
  const altered = Buffer.from(JSON.stringify({ ...claims, count: 1, sub: 'somebody else' })).toString('base64url');
  return [header, altered, signature].join('.');
}
