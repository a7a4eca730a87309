import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PODS } from '@hardpoint/kubernetes';
import { realApiAssets, startTestApi } from './test-api.ts';

for (const engine of ['embedded', 'real'] as const) {
  const skip = engine === 'real' && realApiAssets() === undefined ? 'KUBEBUILDER_ASSETS is not set' : false;
  void test(`the ${engine} server serves Pods`, { skip }, async () => {
    await using api = await startTestApi({ engine });
    const pod = await api.client.create(PODS, {
      metadata: { name: 'a', namespace: 'default' },
      spec: { containers: [{ name: 'a', image: 'a' }] },
    });
    assert.equal(pod.metadata.name, 'a');
    await assert.rejects(api.clientFor({ name: 'nobody' }).get(PODS, { name: 'a', namespace: 'default' }), {
      code: 'Forbidden',
    });
  });
}
