import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { SCHEDULING_RECORDS } from '@hardpoint/api';
import { EVENTS, PODS } from '@hardpoint/kubernetes';
import { connectionTransport, createClient, loadKubeconfig } from '@hardpoint/machinery';
import { eventually, startTestApi } from '@hardpoint/testing';
import { bound, createAircraft, prepareApi, sortiePod, WORKED_EXAMPLE } from './fixtures/worked-example.ts';

const MAIN = fileURLToPath(new URL('./fixtures/scheduler-main.ts', import.meta.url));
const CONFIG = fileURLToPath(new URL('./fixtures/document-scheduler-config.yaml', import.meta.url));

const NOTE = `成功调度到节点 j20-01
调度分析:
  - 候选节点: j20-01, j20-02
  - j20-01评分: 585 (燃料:95, 位置:100, 维护:100)
  - j20-02评分: 450 (燃料:80, 位置:70, 维护:70)
  - 最终选择: j20-01`;

void test('3.4 over HTTP, the scheduler as its own process: 585, 450, both refusals, Event and record to the letter', async () => {
  await using api = await startTestApi();
  await using transport = connectionTransport(await loadKubeconfig({ file: api.kubeconfigFile }));
  const client = createClient({ transport });
  await prepareApi(client);
  for (const aircraft of WORKED_EXAMPLE) await createAircraft(client, aircraft);
  const scheduler = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', MAIN], {
    env: { KUBECONFIG: api.kubeconfigFile, SCHEDULER_CONFIG: CONFIG },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const exited = once(scheduler, 'exit');
  try {
    await client.create(PODS, sortiePod('strike-0'));
    const pod = await bound(client, 'strike-0');
    assert.equal(pod.spec?.nodeName, 'j20-01');
    const event = await eventually(async () => {
      const { items } = await client.list(EVENTS, { namespace: 'default' });
      const found = items.find(({ reason }) => reason === 'Scheduled');
      assert.ok(found);
      return found;
    });
    assert.equal(event.note, NOTE);
    assert.equal(event.reportingController, 'aircraft-scheduler');
    assert.equal(event.regarding?.uid, pod.metadata.uid);
    const record = await eventually(async () => {
      const found = await client.get(SCHEDULING_RECORDS, { namespace: 'default', name: 'strike-0' });
      assert.equal((found.decisions.at(-1) as { outcome?: string })?.outcome, 'bound');
      return found;
    });
    assert.equal(record.metadata.ownerReferences?.[0]?.uid, pod.metadata.uid);
    const decision = record.decisions.at(-1);
    assert.equal(decision?.selected, 'j20-01');
    assert.deepEqual(
      decision?.nodes.map(({ name, verdict, plugin, reason, total }) => [name, verdict, plugin, reason, total]),
      [
        ['j20-01', 'feasible', undefined, undefined, 585],
        ['j20-02', 'feasible', undefined, undefined, 450],
        ['j20-03', 'refused', 'AircraftCapability', '飞机状态不就绪: busy', undefined],
        ['j20-04', 'refused', 'FuelCheck', '燃料不足: 当前60%, 需要70%', undefined],
      ],
    );
    assert.deepEqual(decision?.nodes[0]?.scores, {
      FuelLevelScore: { raw: 95, weight: 3, weighted: 285 },
      LocationScore: { raw: 100, weight: 2, weighted: 200 },
      MaintenanceScore: { raw: 100, weight: 1, weighted: 100 },
    });
  } finally {
    scheduler.kill('SIGTERM');
    assert.deepEqual(await exited, [0, null]);
  }
});
