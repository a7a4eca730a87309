import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { NODES, PODS } from '@hardpoint/kubernetes';
import { eventually, startTestApi, type TestApi } from '@hardpoint/testing';
import { createPod, startTestAgent, untilPod } from '../fixtures/agent.ts';

let api: TestApi;
before(async () => {
  api = await startTestApi();
});
after(async () => await api[Symbol.asyncDispose]());

const image = 'registry.mil/test/shell:v1';
const mission = JSON.stringify({ phases: [{ durationSeconds: 0.5 }, { durationSeconds: 0.5 }] });

void test('virtual aircraft fly many sorties without a process', async () => {
  await using _ = await startTestAgent(api, { nodes: ['v-1', 'v-2'], runtime: 'virtual' });
  const names = Array.from({ length: 30 }, (_, at) => `virtual-${at}`);
  for (const [at, name] of names.entries()) {
    await createPod(api, name, at % 2 === 0 ? 'v-1' : 'v-2', {
      restartPolicy: 'OnFailure',
      initContainers: [
        { name: 'weapon', image, restartPolicy: 'Always', readinessProbe: { grpc: { port: 9001 } } },
        { name: 'preload', image },
      ],
      containers: [{ name: 'aircraft-control', image, env: [{ name: 'MISSION', value: mission }] }],
      volumes: [{ name: 'config', configMap: { name: 'never-read' } }],
    });
  }
  await eventually(async () => {
    const { items } = await api.client.list(PODS, { namespace: 'default' });
    assert.equal(items.filter(({ status }) => status?.phase === 'Succeeded').length, names.length);
  });
});

void test('the agent keeps status and hardpoints of its aircraft, and rejects a Pod for another type', async () => {
  await using _ = await startTestAgent(api, { nodes: ['v-3'], runtime: 'virtual' });
  const annotations = { 'aircraft.mil/hardpoints': 'internal-bay=4', 'aircraft.mil/turnaround': '500ms' };
  await api.client.patch(NODES, { name: 'v-3' }, { type: 'merge', body: { metadata: { annotations } } });
  const labels = async () => (await api.client.get(NODES, { name: 'v-3' })).metadata.labels ?? {};
  const untilStatus = async (status: string, free: string) =>
    await eventually(async () => {
      const now = await labels();
      assert.deepEqual([now['aircraft.mil/status'], now['aircraft.mil/hardpoint.available']], [status, free]);
    });
  await untilStatus('ready', '4');
  const mounts = [{ name: 'MOUNT_POINTS', value: 'internal-bay-1,internal-bay-2' }];
  await createPod(api, 'sortie', 'v-3', {
    schedulerName: 'aircraft-scheduler',
    restartPolicy: 'OnFailure',
    nodeSelector: { 'aircraft.mil/type': 'j20' },
    initContainers: [{ name: 'weapon-pl15', image, restartPolicy: 'Always', env: mounts }],
    containers: [{ name: 'aircraft-control', image, env: [{ name: 'MISSION', value: mission }] }],
  });
  await untilStatus('busy', '2');
  await untilPod(api, 'sortie', ({ status }) => assert.equal(status?.phase, 'Succeeded'));
  await untilStatus('turnaround', '2');
  await untilStatus('ready', '4');
  assert.equal((await labels())['aircraft.mil/fuel.level'], '100');

  await createPod(api, 'stray', 'v-3', {
    nodeSelector: { 'aircraft.mil/type': 'y20' },
    containers: [{ name: 'main', image }],
  });
  const rejected = await untilPod(api, 'stray', ({ status }) => assert.equal(status?.phase, 'Failed'));
  assert.equal(rejected.status?.reason, 'NodeAffinity');
});
