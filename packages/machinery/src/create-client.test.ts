import assert from 'node:assert/strict';
import { utimes, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { CONFIG_MAPS, type ConfigMap, LEASES } from '@hardpoint/kubernetes';
import { eventually, freePort, temporaryFolder } from '@hardpoint/testing';
import { createClient } from './create-client.ts';
import { ApiError } from './errors.ts';
import { httpTransport } from './http-transport.ts';
import { createSmallApi, serveSmallApi } from './testing/small-api.ts';

const place = { namespace: 'default', name: 'a' };
const object: ConfigMap = { metadata: place, data: { value: '1' } };

void test('writes, reads and errors over HTTP', async () => {
  const api = createSmallApi();
  await using served = await serveSmallApi(api);
  await using transport = httpTransport({ server: served.url });
  const client = createClient({ transport, userAgent: 'test' });
  const created = await client.create(CONFIG_MAPS, object, {
    fieldManager: 'me',
    dryRun: true,
    fieldValidation: 'Strict',
  });
  assert.equal(created.data?.value, '1');
  const first = api.requests[0];
  assert.equal(first?.path, '/api/v1/namespaces/default/configmaps?fieldManager=me&fieldValidation=Strict&dryRun=All');
  assert.equal(first?.headers?.['user-agent'], 'test');
  await assert.rejects(client.create(CONFIG_MAPS, object), { name: 'ApiError', code: 'AlreadyExists', status: 409 });
  await assert.rejects(client.get(CONFIG_MAPS, { ...place, name: 'b' }), { code: 'NotFound', status: 404 });
  await assert.rejects(
    client.update(CONFIG_MAPS, { ...created, metadata: { ...created.metadata, resourceVersion: '1' } }),
    { code: 'Conflict' },
  );
  const [listed] = (await client.list(CONFIG_MAPS)).items;
  assert.deepEqual([listed?.apiVersion, listed?.kind], ['v1', 'ConfigMap']);
  await client.patch(CONFIG_MAPS, place, { type: 'merge', body: { data: { value: '2' } } });
  assert.equal(api.requests.at(-1)?.headers?.['content-type'], 'application/merge-patch+json');
  await client.apply(CONFIG_MAPS, object, { fieldManager: 'me', force: true });
  assert.equal(api.requests.at(-1)?.path, '/api/v1/namespaces/default/configmaps/a?fieldManager=me&force=true');
  await client.delete(CONFIG_MAPS, place, { preconditions: { uid: 'x' } });
  assert.deepEqual(JSON.parse(String(api.requests.at(-1)?.body)).preconditions, { uid: 'x' });
});

void test('what cannot be addressed is refused before it is sent', async () => {
  const api = createSmallApi();
  const client = createClient({ transport: api });
  await assert.rejects(client.get(CONFIG_MAPS, { name: 'a' }), { code: 'BadRequest' });
  await assert.rejects(client.delete(LEASES, { namespace: 'a', name: '' }), { code: 'BadRequest' });
  assert.equal(api.requests.length, 0);
});

void test('nobody there, an abort, and an answer that is no JSON', async () => {
  await using nobody = httpTransport({ server: `http://127.0.0.1:${await freePort()}` });
  await assert.rejects(createClient({ transport: nobody }).list(CONFIG_MAPS), { code: 'Unreachable', status: 0 });
  const api = createSmallApi();
  await using served = await serveSmallApi(api);
  await using transport = httpTransport({ server: served.url });
  const stop = new AbortController();
  const { promise, resolve } = Promise.withResolvers<void>();
  api.fault({ match: () => true, act: { kind: 'wait', until: promise } });
  const waiting = createClient({ transport }).list(CONFIG_MAPS, { signal: stop.signal });
  await eventually(() => assert.equal(api.requests.length, 1));
  stop.abort(new Error('enough'));
  await assert.rejects(waiting, /enough/);
  resolve();
  const odd = createClient({
    transport: {
      request: async () => ({
        status: 200,
        headers: {},
        body: (async function* () {
          yield Buffer.from('<html>');
        })(),
      }),
      [Symbol.asyncDispose]: async () => {},
    },
  });
  await assert.rejects(odd.list(CONFIG_MAPS), { code: 'Malformed' });
});

void test('leaving a watch closes it', async () => {
  const api = createSmallApi();
  await using served = await serveSmallApi(api);
  await using transport = httpTransport({ server: served.url });
  api.put('/api/v1/configmaps', object);
  for await (const event of createClient({ transport }).watch(CONFIG_MAPS, { resourceVersion: '0' })) {
    assert.equal(event.type, 'ADDED');
    break;
  }
  await eventually(() => assert.equal(api.openWatches(), 0));
});

void test('a token file is read again when it changes', async () => {
  await using folder = await temporaryFolder();
  const api = createSmallApi();
  await using served = await serveSmallApi(api);
  const tokenFile = `${folder.path}/token`;
  await writeFile(tokenFile, 'one\n');
  await using transport = httpTransport({ server: served.url, tokenFile });
  const client = createClient({ transport });
  await client.list(CONFIG_MAPS);
  await writeFile(tokenFile, 'two\n');
  await utimes(tokenFile, 1, 1);
  await client.list(CONFIG_MAPS);
  assert.deepEqual(
    api.requests.map((one) => one.headers?.authorization),
    ['Bearer one', 'Bearer two'],
  );
});

void test('any thrown value becomes an ApiError', () => {
  assert.equal(ApiError.from('odd').message, 'odd');
  assert.equal(ApiError.from(new Error('x')).code, 'Unreachable');
});
