import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { test } from 'node:test';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { HealthImplementation } from 'grpc-health-check';
import { Health } from './gen/grpc/health/v1/health_pb.ts';
import { WeaponService } from './gen/weapon_interface_pb.ts';
import { checkHealth, createHealthRegistry } from './health.ts';
import { createRpcClient } from './rpc-client.ts';
import { serviceDefinition } from './service-definition.ts';
import { WipError } from './wip-error.ts';

/** Two servers side by side: ours, and the reference implementation. */
async function bothServers() {
  const folder = await mkdtemp('/tmp/hp-wip-');
  const registry = createHealthRegistry();
  const reference = new HealthImplementation();
  const servers = [new Server(), new Server()] as const;
  registry.addTo(servers[0]);
  reference.addToServer(servers[1]);
  const addresses = [`unix:${folder}/ours.sock`, `unix:${folder}/reference.sock`] as const;
  for (const [at, server] of servers.entries())
    await new Promise<void>((resolve, reject) => {
      server.bindAsync(addresses[at] ?? '', ServerCredentials.createInsecure(), (error) =>
        error === null ? resolve() : reject(error),
      );
    });
  return {
    addresses,
    set(service: string, serving: 'SERVING' | 'NOT_SERVING') {
      registry.set(service, serving);
      reference.setStatus(service, serving);
    },
    registry,
    async [Symbol.asyncDispose]() {
      registry.close();
      for (const server of servers) server.forceShutdown();
      await rm(folder, { recursive: true });
    },
  };
}

test('Check, List and Watch answer as the reference implementation does', async () => {
  await using both = await bothServers();
  both.set('', 'SERVING');
  both.set(WeaponService.typeName, 'NOT_SERVING');
  for (const service of ['', WeaponService.typeName, 'no.such.Service']) {
    const [ours, reference] = await Promise.all(both.addresses.map((address) => checkHealth({ address, service })));
    assert.equal(ours, reference, service);
  }
  for (const address of both.addresses) {
    using client = createRpcClient(Health, { address });
    await assert.rejects(client.check({ service: 'x' }), (error) => WipError.from(error).code === 'NOT_FOUND');
  }
  using client = createRpcClient(Health, { address: both.addresses[0] });
  const { statuses } = await client.list();
  assert.deepEqual(
    Object.entries(statuses).map(([name, { status }]) => [name, status]),
    [
      ['', 1],
      [WeaponService.typeName, 2],
    ],
  );

  const watched = both.addresses.map(async (address) => {
    using watcher = createRpcClient(Health, { address });
    const seen: number[] = [];
    for await (const { status } of watcher.watch({ service: 'later' })) {
      seen.push(status);
      if (seen.length === 1) both.set('later', 'SERVING');
      if (seen.length === 2) both.set('later', 'NOT_SERVING');
      if (seen.length === 3) break;
    }
    return seen;
  });
  const [ours, reference] = await Promise.all(watched);
  assert.equal(ours?.[0], 3, 'SERVICE_UNKNOWN, and the stream stays');
  assert.equal(reference?.[0], 3);
  assert.equal(ours?.at(-1), 2);
});

test('closing the registry ends watches; calls of a closed or absent server fail with a WipError', async () => {
  await using both = await bothServers();
  both.registry.set('', 'SERVING');
  using client = createRpcClient(Health, { address: both.addresses[0] });
  const seen: number[] = [];
  for await (const { status } of client.watch()) {
    seen.push(status);
    both.registry.close();
  }
  assert.deepEqual(seen, [1]);
  await assert.rejects(checkHealth({ address: 'unix:/tmp/hp-none.sock' }), (error) => {
    return error instanceof WipError && error.code === 'UNAVAILABLE' && error.retryable;
  });
  await assert.rejects(
    checkHealth({ address: both.addresses[0], signal: AbortSignal.abort(new Error('enough')) }),
    (error) => error instanceof WipError && error.code === 'CANCELLED' && error.message === 'enough',
  );
});

test('a service definition carries a descriptor’s paths and both directions', () => {
  const definition = serviceDefinition(WeaponService);
  assert.deepEqual(
    Object.values(definition).map(({ path }) => path),
    ['Initialize', 'GetStatus', 'LockTarget', 'Launch', 'Abort', 'SelfCheck'].map(
      (name) => `/weapon.WeaponService/${name}`,
    ),
  );
});
