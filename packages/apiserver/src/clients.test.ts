import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import process from 'node:process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { silentLogger, systemClock, systemRandom } from '@hardpoint/machinery';
import { temporaryFolder } from '@hardpoint/testing';
import { CoreV1Api, KubeConfig } from '@kubernetes/client-node';
import { startApiServer } from './index.ts';

const run = promisify(execFile);

/** Every kubectl of this machine: on PATH and beside the real server's binaries. */
function kubectls(): string[] {
  const folders = [process.env.KUBEBUILDER_ASSETS ?? '', ...(process.env.PATH ?? '').split(delimiter)];
  const files = folders.filter((folder) => folder !== '').map((folder) => join(folder, 'kubectl'));
  return [...new Set(files)].filter((file) => existsSync(file));
}

for (const [index, kubectl] of (kubectls().length === 0 ? [''] : kubectls()).entries()) {
  const skip = kubectl === '' ? 'no kubectl on PATH or in KUBEBUILDER_ASSETS' : false;
  test(`kubectl ${index + 1} reads and writes as on a cluster`, { skip }, async () => {
    await using folder = await temporaryFolder();
    const data = join(folder.path, 'd');
    await using server = await startApiServer({
      dataDir: data,
      clock: systemClock,
      random: systemRandom,
      log: silentLogger,
    });
    const ask = async (...args: string[]): Promise<string> => {
      const env = { ...process.env, KUBECONFIG: server.adminKubeconfigFile, HOME: folder.path };
      return (await run(kubectl, args, { env })).stdout;
    };
    assert.match(await ask('create', 'namespace', 'n'), /namespace\/n created/);
    await ask('create', 'configmap', 'a', '-n', 'n', '--from-literal=x=1');
    assert.match(await ask('get', 'configmap', 'a', '-n', 'n'), /NAME +DATA +AGE\na +1 +/);
    assert.match(await ask('label', 'configmap', 'a', '-n', 'n', 'k=v'), /labeled/);
    await ask('run', 'p', '--image=registry.test/main:1', '-n', 'n');
    assert.match(await ask('get', 'pods', '-A', '-o', 'wide'), /p +0\/1 +Pending +0 +\S+ +<none>/);
    assert.match(await ask('describe', 'pod', 'p', '-n', 'n'), /Service Account: +default/);
    assert.match(await ask('explain', 'pod.spec.containers.image'), /FIELD: image <string>/);
    assert.match(await ask('api-resources'), /configmaps +cm +v1 +true +ConfigMap/);
    assert.match(await ask('auth', 'can-i', 'create', 'pods'), /yes/);
    assert.match(await ask('delete', 'namespace', 'n', '--timeout=10s'), /deleted/);
  });
}

test("Kubernetes' JavaScript client reads and writes", async () => {
  await using server = await startApiServer({
    dataDir: 'memory',
    clock: systemClock,
    random: systemRandom,
    log: silentLogger,
  });
  const config = new KubeConfig();
  config.loadFromString(server.kubeconfigFor({ name: 'admin', groups: ['system:masters'] }));
  const core = config.makeApiClient(CoreV1Api);
  const namespace = 'default';
  await core.createNamespacedConfigMap({ namespace, body: { metadata: { name: 'a' }, data: { x: '1' } } });
  const { items } = await core.listNamespacedConfigMap({ namespace, fieldSelector: 'metadata.name=a' });
  assert.deepEqual(
    items.map(({ data }) => data),
    [{ x: '1' }],
  );
  await core.deleteNamespacedConfigMap({ namespace, name: 'a' });
  await assert.rejects(core.readNamespacedConfigMap({ namespace, name: 'a' }), { code: 404 });
});
