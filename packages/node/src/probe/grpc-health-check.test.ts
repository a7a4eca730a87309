import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { freePort } from '@hardpoint/testing';
import { createHealthRegistry } from '@hardpoint/wip';
import { checkGrpcHealth } from './grpc-health-check.ts';

void test('asks a gRPC server how a service is', async () => {
  const registry = createHealthRegistry();
  registry.set('', 'SERVING');
  registry.set('weapon.WeaponService', 'NOT_SERVING');
  const server = new Server();
  registry.addTo(server);
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) =>
    error === null ? resolve(port) : reject(error),
  );
  const port = await promise;
  const { signal } = new AbortController();
  const ask = async (service: string, at = port) =>
    await checkGrpcHealth({ host: '127.0.0.1', port: at, service, signal });
  assert.deepEqual(await ask(''), { ok: true });
  const answer = await ask('weapon.WeaponService');
  assert.match(answer.ok ? '' : answer.output, /responded with "NOT_SERVING"/);
  registry.set('weapon.WeaponService', 'SERVING');
  assert.deepEqual(await ask('weapon.WeaponService'), { ok: true });
  const unknown = await ask('nobody');
  assert.match(unknown.ok ? '' : unknown.output, /code 5/);
  server.forceShutdown();
  const refused = await ask('', await freePort());
  assert.match(refused.ok ? '' : refused.output, /connection refused/);
});
