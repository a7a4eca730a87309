import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { FLIGHT_TASKS, type FlightTask, type FlightTaskStatus, WEAPONS, type Weapon } from '@hardpoint/api';
import { EVENTS, NODES, PODS, type Stored } from '@hardpoint/kubernetes';
import { ApiError } from '@hardpoint/machinery';
import { eventually } from '@hardpoint/testing';
import { processesOf } from './testing/processes.ts';
import { authorise, stepDone, strike, untilTask, weapon } from './testing/strike.ts';
import { aircraft, startTestCluster, type TestCluster } from './testing/test-cluster.ts';

const namespace = 'default';

/** The scenarios of docs/failure-scenarios.md, each to its expected end. */
describe('failure scenarios', () => {
  let lab: TestCluster;
  before(async () => {
    lab = await startTestCluster({ aircraft: 12 });
    await lab.client.apply(WEAPONS, weapon, { fieldManager: 'test', force: true });
  });
  after(async () => {
    await lab?.[Symbol.asyncDispose]();
  });

  const ended = (task: Stored<FlightTask>): boolean =>
    (task.status?.phase === 'Succeeded' || task.status?.phase === 'Failed') && stepDone(task, 'PodTerminated');
  const waiting = (task: Stored<FlightTask>): boolean => task.status?.reason === 'WaitingForAuthorization';
  const until = (name: string, when: (task: Stored<FlightTask>) => boolean) => untilTask(lab.client, name, when);
  const create = (name: string, spec: object = {}): Promise<Stored<FlightTask>> =>
    lab.client.create(FLIGHT_TASKS, strike({ name, strikeSeconds: 0.5, spec }));
  const recall = (name: string) =>
    lab.client.patch(FLIGHT_TASKS, { namespace, name }, { type: 'merge', body: { spec: { recall: true } } });
  const stores = (status: FlightTaskStatus | undefined) => {
    const [only] = status?.weapons ?? [];
    return { released: only?.released, remaining: only?.remaining, quantity: only?.quantity };
  };
  const podRoot = (task: Stored<FlightTask>): string =>
    join(lab.data.node, 'p', (task.status?.podRef?.uid ?? '').replaceAll('-', '').slice(0, 12));
  const aircraftReturns = (name: string): Promise<void> =>
    eventually(
      async () => {
        const node = await lab.client.get(NODES, { name });
        assert.equal(node.metadata.labels?.['aircraft.mil/status'], 'ready');
        assert.equal(node.metadata.labels?.['aircraft.mil/hardpoint.available'], '6');
      },
      { timeoutMs: 20_000 },
    );
  /** The same simulator under another Weapon's name, with faults. */
  const faulty = async (name: string, faults: readonly object[], image: object = {}): Promise<object> => {
    await lab.client.create(WEAPONS, {
      metadata: { name, namespace: 'weapons' },
      spec: {
        ...weapon.spec,
        image: { ...weapon.spec.image, ...image },
        weaponType: 'pl15-missile',
        behaviour: { resetSeconds: 0.2, faults },
      },
    } as unknown as Weapon);
    const { spec } = strike({ name, strikeSeconds: 0.5 });
    return {
      weaponLoadout: spec.weaponLoadout.map((entry) => ({ ...entry, weaponRef: { name } })),
      phases: spec.phases.map((phase) => ({
        ...phase,
        ...(phase.releases === undefined
          ? {}
          : { releases: phase.releases.map((release) => ({ ...release, weapon: name })) }),
      })),
    };
  };

  describe('each by itself', { concurrency: true }, () => {
    test('a self-check that fails once: the weapon recovers and the task succeeds', async () => {
      const name = 'selfcheck-once';
      await create(name, await faulty(name, [{ trigger: 'SelfCheck', nth: 1, action: 'fault', message: 'low power' }]));
      await until(name, waiting);
      await authorise(lab.client, name, { weapon: name, times: 2 });
      const { status } = await until(name, ended);
      assert.equal(status?.phase, 'Succeeded', status?.message);
      assert.deepEqual(stores(status), { released: 2, remaining: 0, quantity: 2 });
    });

    test('a self-check that always fails: it never flies, says why, and ends by its deadline', async () => {
      const name = 'selfcheck-always';
      const spec = await faulty(name, [{ trigger: 'SelfCheck', action: 'fault', message: 'low power' }]);
      await create(name, { ...spec, deadlineSeconds: 12 });
      const { status: stuck } = await until(name, ({ status }) => status?.reason === 'PreloadFailed');
      assert.equal(stuck?.phase, 'Mounting');
      assert.match(stuck?.message ?? '', new RegExp(`武器 ${name} 预加载失败: .*low power`));
      const { status } = await until(name, ended);
      assert.deepEqual([status?.phase, status?.reason], ['Failed', 'DeadlineExceeded']);
      assert.equal(status?.weapons?.[0]?.released, 0);
    });

    test('an image that is missing: ImagePullBackOff, and the task says so', async () => {
      const name = 'image-missing';
      await create(name, await faulty(name, [], { tag: 'v9.9.9' }));
      const { status: stuck } = await until(name, ({ status }) => status?.reason === 'ImageMissing');
      assert.equal(stuck?.phase, 'Mounting');
      assert.match(stuck?.message ?? '', new RegExp(`容器 weapon-${name} 无法拉取镜像: .*pl15-missile:v9\\.9\\.9`));
      await eventually(async () => {
        const pod = await lab.client.get(PODS, { namespace, name: `${name}-0` });
        const state = pod.status?.initContainerStatuses?.find((it) => it.name === `weapon-${name}`)?.state;
        assert.match(state?.waiting?.reason ?? '', /^(ErrImagePull|ImagePullBackOff)$/);
      });
      await recall(name);
      const { status } = await until(name, ended);
      assert.deepEqual([status?.phase, status?.reason], ['Failed', 'Recalled']);
    });

    test('no aircraft is fit: it waits with its reasons, and flies when one becomes fit', async () => {
      const name = 'none-fit';
      const tired = aircraft('j16-01', { 'aircraft.mil/type': 'j16', 'aircraft.mil/fuel.level': '30' });
      await lab.client.create(NODES, tired);
      await lab.client.create(WEAPONS, {
        metadata: { name, namespace: 'weapons' },
        spec: {
          ...weapon.spec,
          weaponType: 'pl15-missile',
          compatibility: { aircraftTypes: ['j16'], hardpointTypes: ['internal-bay'] },
        },
      } as unknown as Weapon);
      await create(name, {
        aircraftRequirement: { type: 'j16', minFuelLevel: 70 },
        weaponLoadout: [{ weaponRef: { name }, quantity: 1, mountPoints: ['internal-bay-1'] }],
        phases: [{ name: 'transit', durationSeconds: 0.2 }],
      });
      const note = await eventually(
        async () => {
          const { items } = await lab.client.list(EVENTS, { namespace });
          const found = items.find((it) => it.reason === 'FailedScheduling' && it.regarding?.name === `${name}-0`);
          const { note = '' } = found ?? {};
          assert.ok(note.includes('燃料不足'));
          return note;
        },
        { timeoutMs: 20_000 },
      );
      assert.match(note, /^0\/13 架飞机可用: 12 飞机型号不匹配: 需要j16, 1 燃料不足: 当前30%, 需要70%$/);
      const { status: pending } = await until(name, ({ status }) => status?.reason === 'WaitingForAircraft');
      assert.equal(pending?.phase, 'Pending');
      const labels = { 'aircraft.mil/fuel.level': '90' };
      await lab.client.patch(NODES, { name: 'j16-01' }, { type: 'merge', body: { metadata: { labels } } });
      const { status } = await until(name, ended);
      assert.deepEqual([status?.phase, status?.aircraft], ['Succeeded', 'j16-01'], status?.message);
    });

    test('a weapon that crashes at its launch: restarted, the release made once', async () => {
      const name = 'weapon-crash';
      await create(name, await faulty(name, [{ trigger: 'Launch', nth: 1, action: 'crash' }]));
      await until(name, waiting);
      await authorise(lab.client, name, { weapon: name, times: 2 });
      const { status } = await until(name, ended);
      assert.equal(status?.phase, 'Succeeded', status?.message);
      assert.deepEqual(stores(status), { released: 2, remaining: 0, quantity: 2 });
      const pod = await lab.client.get(PODS, { namespace, name: `${name}-0` });
      assert.equal(pod.status?.initContainerStatuses?.find((it) => it.name === `weapon-${name}`)?.restartCount, 1);
    });

    test('recalled in flight: it comes home with what it has not released', async () => {
      const name = 'recalled';
      await create(name);
      await until(name, waiting);
      await authorise(lab.client, name);
      await until(name, (task) => task.status?.releases?.length === 1 && waiting(task));
      await recall(name);
      const { status } = await until(name, ended);
      assert.deepEqual([status?.phase, status?.reason], ['Failed', 'Recalled'], status?.message);
      assert.deepEqual(stores(status), { released: 1, remaining: 1, quantity: 2 });
      await aircraftReturns(status?.aircraft ?? '');
    });

    test('the deadline passes in flight: broken off, nothing released', async () => {
      const name = 'late';
      await create(name, { deadlineSeconds: 12 });
      const { status } = await until(name, ended);
      assert.deepEqual([status?.phase, status?.reason], ['Failed', 'DeadlineExceeded'], status?.message);
      assert.equal(status?.weapons?.[0]?.released, 0);
      await aircraftReturns(status?.aircraft ?? '');
    });

    test('deleted in flight: Pod, sidecars and processes end, the aircraft returns', async () => {
      const name = 'deleted';
      await create(name);
      const flying = await until(name, waiting);
      assert.ok(processesOf(podRoot(flying)).length >= 2);
      await lab.client.delete(FLIGHT_TASKS, { namespace, name });
      await eventually(
        async () => {
          await assert.rejects(lab.client.get(PODS, { namespace, name: `${name}-0` }), (error) =>
            ApiError.is(error, 'NotFound'),
          );
          assert.deepEqual(processesOf(podRoot(flying)), []);
        },
        { timeoutMs: 20_000 },
      );
      await aircraftReturns(flying.status?.aircraft ?? '');
    });
  });

  test('an aircraft that falls silent in flight: back in time it goes on; later it is Lost, and no store is released twice', async () => {
    const [brief, long] = ['lost-briefly', 'lost-for-long'] as const;
    await create(brief, { lostAfterSeconds: 60 });
    await create(long, { lostAfterSeconds: 2, retryLimit: 1 });
    const nodes: string[] = [];
    for (const name of [brief, long]) {
      await until(name, waiting);
      await authorise(lab.client, name);
      const flying = await until(name, (task) => task.status?.releases?.length === 1 && waiting(task));
      nodes.push(flying.status?.aircraft ?? '');
    }
    const agent = lab.pidOf('node');
    process.kill(agent, 'SIGSTOP');
    try {
      // What the node lifecycle writes after 50 s without a Lease's renewal; taints and eviction follow from it.
      const silent = { type: 'Ready', status: 'Unknown', reason: 'NodeStatusUnknown', message: 'silent' };
      for (const name of nodes) {
        const body = { status: { conditions: [silent] } };
        await lab.client.patch(NODES, { name }, { type: 'strategic', body }, { subresource: 'status' });
      }
      const lostCondition = (task: Stored<FlightTask>) =>
        task.status?.conditions?.find((it) => it.type === 'AircraftLost')?.status;
      const kept = await until(brief, (task) => lostCondition(task) === 'True');
      assert.equal(kept.status?.phase, 'Flying');
      const lost = await until(long, ({ status }) => status?.phase === 'Lost');
      assert.equal(lost.status?.message, `飞机 ${nodes[1]} 失联超过2秒`);
      await assert.rejects(lab.client.get(PODS, { namespace, name: `${long}-1` }), /not found/);
    } finally {
      process.kill(agent, 'SIGCONT');
    }
    await authorise(lab.client, brief);
    const back = await until(brief, ended);
    assert.equal(back.status?.phase, 'Succeeded', back.status?.message);
    assert.equal(back.status?.conditions?.find((it) => it.type === 'AircraftLost')?.status, 'False');
    assert.deepEqual([stores(back.status), back.status?.attempt], [{ released: 2, remaining: 0, quantity: 2 }, 0]);

    // Its Pod was told to go while nobody could hear it; it ends by its node's word, and only the rest is flown again.
    await until(long, (task) => task.status?.attempt === 1 && waiting(task));
    await authorise(lab.client, long);
    const again = await until(long, ended);
    assert.equal(again.status?.phase, 'Succeeded', again.status?.message);
    assert.deepEqual(
      again.status?.releases?.map(({ outcome, attempt }) => [outcome, attempt]),
      [
        ['Released', 0],
        ['Released', 1],
      ],
    );
    assert.equal(new Set(again.status?.releases?.map(({ jti }) => jti)).size, 2);
  });
});
