import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { CONFIG_MAPS, NAMESPACES, NODES, PODS, resourceType, SERVICE_ACCOUNTS } from '@hardpoint/kubernetes';
import {
  ApiError,
  type Client,
  connectionTransport,
  createClient,
  loadKubeconfig,
  silentLogger,
  systemClock,
  systemRandom,
} from '@hardpoint/machinery';
import { eventually, temporaryFolder } from '@hardpoint/testing';
import { type ApiServer, DataFolderError, startApiServer } from './index.ts';

const parts = { clock: systemClock, random: systemRandom, log: silentLogger };
const start = (dataDir = 'memory'): Promise<ApiServer> => startApiServer({ dataDir, ...parts });
const admin = { name: 'admin', groups: ['system:masters'] };
const pod = (name: string, fields = {}) => ({
  metadata: { name, namespace: 'default' },
  spec: { containers: [{ name: 'main', image: 'registry.test/main:1' }], ...fields },
});
const widgets = resourceType<{ metadata?: object; spec?: { size?: number }; status?: { seen?: number } }>(
  'test.example',
  'v1',
  'widgets',
  'Widget',
);

async function code(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'ok';
  } catch (error) {
    return ApiError.from(error).code;
  }
}

test('objects are created, read, changed and deleted under one revision counter', async () => {
  await using server = await start();
  const client = createClient({ transport: server.transportFor(admin) });
  const made = await client.create(CONFIG_MAPS, { metadata: { name: 'a', namespace: 'default' }, data: { x: '1' } });
  const changed = await client.update(CONFIG_MAPS, { ...made, data: { x: '2' } });
  assert.ok(Number(changed.metadata.resourceVersion) > Number(made.metadata.resourceVersion));
  assert.equal(await code(client.update(CONFIG_MAPS, { ...made, data: { x: '3' } })), 'Conflict');
  const same = await client.update(CONFIG_MAPS, changed);
  assert.equal(same.metadata.resourceVersion, changed.metadata.resourceVersion, 'a write that changes nothing');
  assert.equal(
    await code(client.create(CONFIG_MAPS, { metadata: { name: 'a', namespace: 'default' } })),
    'AlreadyExists',
  );
  await client.delete(CONFIG_MAPS, { name: 'a', namespace: 'default' });
  assert.equal(await code(client.get(CONFIG_MAPS, { name: 'a', namespace: 'default' })), 'NotFound');
});

test('a watch from an older version brings what happened since, in order', async () => {
  await using server = await start();
  const client = createClient({ transport: server.transportFor(admin) });
  const { metadata } = await client.list(CONFIG_MAPS, { namespace: 'default' });
  for (const name of ['a', 'b', 'c']) await client.create(CONFIG_MAPS, { metadata: { name, namespace: 'default' } });
  await client.delete(CONFIG_MAPS, { name: 'b', namespace: 'default' });
  const seen: string[] = [];
  const resourceVersion = metadata.resourceVersion ?? '';
  for await (const event of client.watch(CONFIG_MAPS, { namespace: 'default', resourceVersion })) {
    if (event.type === 'BOOKMARK') continue;
    seen.push(`${event.type} ${event.object.metadata.name}`);
    if (seen.length === 4) break;
  }
  assert.deepEqual(seen, ['ADDED a', 'ADDED b', 'ADDED c', 'DELETED b']);
});

test('a custom kind is served from its definition: defaults, validation, status apart', async () => {
  await using server = await start();
  const client = createClient({ transport: server.transportFor(admin) });
  await createWidgets(client);
  const made = await client.create(widgets, { metadata: { name: 'w', namespace: 'default' }, spec: {} });
  assert.equal(made.spec?.size, 3);
  const wrong = { metadata: { name: 'x', namespace: 'default' }, spec: { size: 'big' as unknown as number } };
  assert.equal(await code(client.create(widgets, wrong)), 'Invalid');
  const status = await client.update(
    widgets,
    { ...made, spec: { size: 9 }, status: { seen: 1 } },
    { subresource: 'status' },
  );
  assert.deepEqual([status.spec?.size, status.status?.seen], [3, 1]);
  const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
  await client.raw({ method: 'DELETE', path: `${definitions}/widgets.test.example` });
  assert.equal(await code(client.list(widgets)), 'NotFound');
  await createWidgets(client);
  assert.deepEqual((await client.list(widgets)).items, []);
});

async function createWidgets(client: Client): Promise<void> {
  const schema = {
    type: 'object',
    properties: {
      spec: { type: 'object', properties: { size: { type: 'integer', default: 3 } } },
      status: { type: 'object', properties: { seen: { type: 'integer' } } },
    },
  };
  await client.raw({
    method: 'POST',
    path: '/apis/apiextensions.k8s.io/v1/customresourcedefinitions',
    body: {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'widgets.test.example' },
      spec: {
        group: 'test.example',
        scope: 'Namespaced',
        names: { plural: 'widgets', kind: 'Widget' },
        versions: [
          {
            name: 'v1',
            served: true,
            storage: true,
            schema: { openAPIV3Schema: schema },
            subresources: { status: {} },
          },
        ],
      },
    },
  });
  await eventually(() => client.list(widgets), { timeoutMs: 2000 });
}

test('a Pod is bound once and ends in grace only where it runs', async () => {
  await using server = await start();
  const client = createClient({ transport: server.transportFor(admin) });
  await client.create(NODES, { metadata: { name: 'n' } });
  await client.create(PODS, pod('p'));
  const place = { name: 'p', namespace: 'default' };
  const binding = { metadata: { name: 'p' }, target: { kind: 'Node', name: 'n' } };
  await client.createSubresource(PODS, place, 'binding', binding);
  assert.equal(await code(client.createSubresource(PODS, place, 'binding', binding)), 'Conflict');
  await client.delete(PODS, place);
  const ending = await client.get(PODS, place);
  assert.equal(ending.metadata.deletionGracePeriodSeconds, 30);
  await client.delete(PODS, place, { gracePeriodSeconds: 0 });
  assert.equal(await code(client.get(PODS, place)), 'NotFound');
});

test('what lost its owner is deleted; a namespace ends with what is in it', async () => {
  await using server = await start();
  const client = createClient({ transport: server.transportFor(admin) });
  const owner = await client.create(CONFIG_MAPS, { metadata: { name: 'owner', namespace: 'default' } });
  const ownerReferences = [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid: owner.metadata.uid }];
  await client.create(CONFIG_MAPS, { metadata: { name: 'kept', namespace: 'default', ownerReferences } });
  await client.delete(CONFIG_MAPS, { name: 'owner', namespace: 'default' });
  await client.create(NAMESPACES, { metadata: { name: 'brief' } });
  await client.create(CONFIG_MAPS, { metadata: { name: 'a', namespace: 'brief' } });
  await client.delete(NAMESPACES, { name: 'brief' });
  await eventually(
    async () => {
      assert.equal(await code(client.get(CONFIG_MAPS, { name: 'kept', namespace: 'default' })), 'NotFound');
      assert.equal(await code(client.get(NAMESPACES, { name: 'brief' })), 'NotFound');
    },
    { timeoutMs: 3000 },
  );
  assert.equal(await code(client.create(CONFIG_MAPS, { metadata: { name: 'a', namespace: 'brief' } })), 'NotFound');
});

test('RBAC decides, also for service account tokens', async () => {
  await using server = await start();
  const client = createClient({ transport: server.transportFor(admin) });
  const nobody = createClient({ transport: server.transportFor({ name: 'jane', groups: [] }) });
  await assert.rejects(nobody.list(PODS, { namespace: 'default' }), {
    code: 'Forbidden',
    message: 'pods is forbidden: User "jane" cannot list resource "pods" in API group "" in the namespace "default"',
  });
  const place = { name: 'default', namespace: 'default' };
  const { status } = await client.createSubresource<{ status: { token: string } }>(SERVICE_ACCOUNTS, place, 'token', {
    spec: { expirationSeconds: 600 },
  });
  const review = await client.raw({
    method: 'POST',
    path: '/apis/authentication.k8s.io/v1/tokenreviews',
    body: { spec: { token: status.token } },
  });
  assert.equal(
    (review as { status: { user: { username: string } } }).status.user.username,
    'system:serviceaccount:default:default',
  );
});

test('hostile names and bodies are refused or kept as data, never taken for the prototype', async () => {
  await using server = await start();
  const client = createClient({ transport: server.transportFor(admin) });
  const transport = server.transportFor(admin);
  const send = async (body: string): Promise<number> =>
    (await transport.request({ method: 'POST', path: '/api/v1/namespaces/default/configmaps', body })).status;
  assert.equal(await send('{"metadata":{"name":"p"},"data":{"__proto__":"x","constructor":"y"}}'), 201);
  const kept = await client.get(CONFIG_MAPS, { name: 'p', namespace: 'default' });
  assert.deepEqual(Object.keys(kept.data ?? {}).sort(), ['__proto__', 'constructor']);
  assert.equal(await send(`${'['.repeat(200_000)}`), 400);
  assert.equal(await send(`{"metadata":{"name":"big"},"data":{"a":"${'x'.repeat(4 * 2 ** 20)}"}}`), 413);
  assert.equal(await send('not json'), 400);
});

test('what was acknowledged before kill -9 is there afterwards', async () => {
  await using folder = await temporaryFolder();
  const data = join(folder.path, 'd');
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, 'fixtures/server-process.ts'), data],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  await firstLine(child);
  const acknowledged: string[] = [];
  {
    await using transport = connectionTransport(await loadKubeconfig({ file: join(data, 'kubeconfig') }));
    const client = createClient({ transport });
    const writer = async (prefix: string): Promise<void> => {
      for (let at = 0; at < 1000; at++) {
        const name = `${prefix}${at}`;
        if ((await code(client.create(CONFIG_MAPS, { metadata: { name, namespace: 'default' } }))) !== 'ok') return;
        acknowledged.push(name);
        if (acknowledged.length === 120) child.kill('SIGKILL');
      }
    };
    await Promise.all(['a', 'b', 'c', 'd'].map(writer));
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  }
  assert.ok(acknowledged.length >= 120);
  await using server = await start(data);
  const client = createClient({ transport: server.transportFor(admin) });
  const { items } = await client.list(CONFIG_MAPS, { namespace: 'default' });
  const there = new Set(items.map(({ metadata }) => metadata.name));
  assert.deepEqual(
    acknowledged.filter((name) => !there.has(name)),
    [],
  );
  assert.equal(statSync(data).mode & 0o777, 0o700);
  assert.equal(statSync(join(data, 'kubeconfig')).mode & 0o777, 0o600);
  assert.equal(statSync(join(data, 'store/store.mdb')).mode & 0o777, 0o600);
  await assert.rejects(start(data), (error) => error instanceof DataFolderError && error.code === 'Locked');
});

async function firstLine(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('no output');
  for await (const line of createInterface({ input: child.stdout })) return line;
  throw new Error('the server ended');
}

test('a data folder of another version is refused and left as it is', async () => {
  await using folder = await temporaryFolder();
  writeFileSync(join(folder.path, 'version'), '99\n');
  await assert.rejects(start(folder.path), (error) => error instanceof DataFolderError && error.code === 'Version');
});
