import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { LEASES, NODES, PODS } from '@hardpoint/kubernetes';
import { microTime, systemClock, systemRandom } from '@hardpoint/machinery';
import { eventually, startTestApi, type TestApi } from '@hardpoint/testing';
import { createPod, testLog } from '../fixtures/agent.ts';
import { runClusterControllers } from './node-lifecycle.ts';

let api: TestApi;
before(async () => {
  api = await startTestApi();
});
after(async () => await api[Symbol.asyncDispose]());

const namespace = 'kube-node-lease';

void test('a Node that falls silent loses its Pods after their tolerationSeconds, and comes back', async () => {
  const stop = new AbortController();
  const base = { client: api.client, clock: systemClock, random: systemRandom, log: testLog };
  const run = runClusterControllers({ ...base, signal: stop.signal, monitorGraceMs: 600 });
  await using _ = {
    async [Symbol.asyncDispose]() {
      stop.abort();
      await run;
    },
  };
  const conditions = [{ type: 'Ready', status: 'True', reason: 'KubeletReady' }];
  for (const name of ['speaks', 'bare']) {
    await api.client.create(NODES, { metadata: { name } });
    const body = { status: { conditions } };
    await api.client.patch(NODES, { name }, { type: 'merge', body }, { subresource: 'status' });
  }
  const renew = () => ({ spec: { renewTime: microTime(systemClock.now()) } });
  await api.client.create(LEASES, { metadata: { name: 'speaks', namespace }, ...renew() });
  const keys = ['node.kubernetes.io/unreachable', 'node.kubernetes.io/not-ready'];
  const tolerations = keys.map((key) => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 1 }));
  const containers = [{ name: 'main', image: 'registry.mil/test/shell:v1' }];
  await createPod(api, 'leaves', 'speaks', { containers, tolerations });
  await createPod(api, 'stays', 'bare', { containers, tolerations });

  const ready = async (name: string) =>
    (await api.client.get(NODES, { name })).status?.conditions?.find(({ type }) => type === 'Ready')?.status;
  const taints = async (name: string) =>
    ((await api.client.get(NODES, { name })).spec?.taints ?? []).filter(({ key }) => key === keys[0]).length;
  await eventually(async () => assert.equal(await ready('speaks'), 'Unknown'));
  await eventually(async () => assert.equal(await taints('speaks'), 2));
  await eventually(async () => {
    const pod = await api.client.get(PODS, { namespace: 'default', name: 'leaves' });
    assert.ok(pod.metadata.deletionTimestamp !== undefined, 'it waits for its node to say that it has ended');
  });
  assert.equal(await ready('bare'), 'True');
  const stays = await api.client.get(PODS, { namespace: 'default', name: 'stays' });
  assert.equal(stays.metadata.deletionTimestamp, undefined);

  const stopRenewing = new AbortController();
  const renewing = (async () => {
    while (!stopRenewing.signal.aborted) {
      await api.client.patch(LEASES, { namespace, name: 'speaks' }, { type: 'merge', body: renew() });
      await systemClock.sleep(100, stopRenewing.signal).catch(() => {});
    }
  })();
  const body = { status: { conditions } };
  await api.client.patch(NODES, { name: 'speaks' }, { type: 'merge', body }, { subresource: 'status' });
  await eventually(async () => assert.equal(await taints('speaks'), 0));
  stopRenewing.abort();
  await renewing;
});
