import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { mkdir, symlink } from 'node:fs/promises';
import { test } from 'node:test';
import { eventually, freePort, temporaryFolder } from '@hardpoint/testing';
import {
  checkHealth,
  createHealthRegistry,
  createRpcClient,
  createWeaponClient,
  createWeaponTelemetryClient,
  Health,
  type Telemetry,
  WeaponService,
  WipError,
} from '@hardpoint/wip';
import { initialize, lock, testToken, weaponOptions } from './fixtures/configuration.ts';
import { openInterfaceFolder } from './interface-folder.ts';
import { startWeapon } from './run-weapon.ts';
import { WeaponError } from './weapon-error.ts';

const codeOf = (code: string) => (error: unknown) => error instanceof WipError && error.code === code;

test('three sockets serve what W2 gives them, and are gone at the end', async () => {
  await using folder = await temporaryFolder();
  const running = await startWeapon(weaponOptions(folder.path));
  const at = (name: string) => `unix:${folder.path}/i/${name}.sock`;
  assert.deepEqual(readdirSync(`${folder.path}/i`).sort(), ['control.sock', 'data.sock', 'status.sock']);
  using control = createWeaponClient({ address: at('control') });
  using status = createWeaponClient({ address: at('status') });
  using data = createWeaponClient({ address: at('data') });
  using telemetry = createWeaponTelemetryClient({ address: at('data') });
  assert.equal((await status.getStatus()).message, '系统正常');
  for (const [name, call] of Object.entries({
    initialize: () => status.initialize(initialize),
    lockTarget: () => status.lockTarget(lock),
    launch: () => status.launch(),
    abort: () => status.abort(),
    selfCheck: () => status.selfCheck(),
    'data getStatus': () => data.getStatus(),
  }))
    await assert.rejects(call(), codeOf('UNIMPLEMENTED'), name);
  for (const name of ['control', 'status', 'data'])
    assert.equal(await checkHealth({ address: at(name) }), 'SERVING', name);
  for (const address of [at('control'), at('status')]) {
    using stranger = createWeaponTelemetryClient({ address });
    await assert.rejects(Array.fromAsync(stranger.watch()), codeOf('UNIMPLEMENTED'));
  }

  const readiness = () => checkHealth({ address: at('status'), service: WeaponService.typeName });
  assert.equal(await readiness(), 'NOT_SERVING');
  assert.deepEqual((await control.initialize(initialize)).message, '初始化成功');
  assert.equal(await readiness(), 'SERVING');
  assert.equal((await control.lockTarget(lock)).message, '目标已锁定');
  const refusal = await control.launch({ targetId: 'T1', count: 1, idempotencyKey: 'k0' }).catch(WipError.from);
  assert.ok(refusal instanceof WipError);
  assert.deepEqual([refusal.code, refusal.refusal], ['PERMISSION_DENIED', 'missing']);
  const launched = await control.launch({
    targetId: 'T1',
    count: 1,
    idempotencyKey: 'k1',
    authorization: testToken('j1'),
  });
  assert.deepEqual([launched.success, launched.message, launched.remainingCount], [true, '成功发射1枚导弹', 1]);

  // A reader that comes late is told of every event, and at once how the weapon is.
  const seen: Telemetry[] = [];
  for await (const message of telemetry.watch()) {
    seen.push(message);
    if (message.event.case === 'release') break;
  }
  assert.deepEqual(
    seen
      .filter(({ event }) => event.case !== 'sample')
      .map(({ event }) => event.case)
      .slice(0, 3),
    ['stateChange', 'stateChange', 'refusal'],
  );
  const sequences = seen.map(({ sequence }) => sequence);
  assert.deepEqual(
    sequences,
    [...new Set(sequences)].sort((a, b) => Number(a - b)),
  );
  const last = seen.at(-1);
  assert.ok(last !== undefined);
  for await (const { event, sequence } of telemetry.watch({ run: last.run, afterSequence: last.sequence })) {
    assert.ok(sequence > last.sequence || event.case === 'sample');
    break;
  }

  await running[Symbol.asyncDispose]();
  assert.deepEqual(readdirSync(`${folder.path}/i`), []);
  assert.deepEqual(readdirSync(`${folder.path}/s`), ['journal']);
});

test('TCP where asked: the whole protocol, health only, metrics; a port in use is named and nothing is left', async () => {
  await using folder = await temporaryFolder();
  const options = weaponOptions(folder.path, { port: 0, healthPort: 0, metricsPort: 0 });
  await using running = await startWeapon(options);
  const { wip, health, metrics } = running.ports;
  using client = createWeaponClient({ address: `127.0.0.1:${wip}` });
  await client.initialize(initialize);
  using telemetry = createWeaponTelemetryClient({ address: `127.0.0.1:${wip}` });
  for await (const { event } of telemetry.watch()) {
    assert.equal(event.case, 'sample');
    break;
  }
  assert.equal(await checkHealth({ address: `127.0.0.1:${health}`, service: WeaponService.typeName }), 'SERVING');
  using stranger = createWeaponClient({ address: `127.0.0.1:${health}` });
  await assert.rejects(stranger.getStatus(), codeOf('UNIMPLEMENTED'));
  const versions: unknown[] = [];
  await client.selfCheck({}, { onHeaders: (headers) => void versions.push(...headers.get('weapon-version')) });
  assert.deepEqual(versions, ['v2.3.0']);

  await client.lockTarget(lock);
  await client.launch({ targetId: 'T1', count: 1, idempotencyKey: 'k1', authorization: testToken('j1') });
  await client.launch({ targetId: 'T1', count: 1, idempotencyKey: 'k2' }).catch(() => {});
  const url = `http://127.0.0.1:${metrics}`;
  const page = await fetch(`${url}/metrics`);
  const lines = (await page.text()).split('\n');
  assert.match(page.headers.get('content-type') ?? '', /^text\/plain/);
  for (const line of [
    '# HELP weapon_launch_total 武器发射总次数',
    '# TYPE weapon_launch_total counter',
    'weapon_launch_total{weapon_type="pl15",aircraft_type="j20"} 1',
    '# HELP weapon_launch_success_total 武器发射成功次数',
    '# TYPE weapon_launch_success_total counter',
    'weapon_launch_success_total{weapon_type="pl15"} 1',
    'weapon_launch_refused_total{weapon_type="pl15",reason="missing"} 1',
    'weapon_launch_refused_total{weapon_type="pl15",reason="replayed"} 0',
    '# HELP weapon_temperature_celsius 武器系统温度',
    '# TYPE weapon_temperature_celsius gauge',
    '# HELP weapon_remaining_count 武器剩余数量',
    '# TYPE weapon_remaining_count gauge',
    'weapon_remaining_count{weapon_type="pl15",aircraft="j20-01"} 1',
  ])
    assert.ok(lines.includes(line), line);
  for (const point of ['internal-bay-1', 'internal-bay-2'])
    assert.ok(
      lines.some((line) => line.startsWith(`weapon_temperature_celsius{weapon_type="pl15",mount_point="${point}"} `)),
    );
  assert.equal((await fetch(`${url}/other`)).status, 404);

  for (const port of ['port', 'healthPort', 'metricsPort'] as const) {
    await using second = await temporaryFolder();
    const taken = running.ports.metrics ?? 0;
    await assert.rejects(
      startWeapon(weaponOptions(second.path, { [port]: taken })),
      (error) => error instanceof WeaponError && error.code === 'in-use' && error.message.includes(String(taken)),
    );
    assert.deepEqual(readdirSync(`${second.path}/i`), []);
    // The folders are free again.
    await using _third = await startWeapon(weaponOptions(second.path));
  }
});

test('a restarted weapon has its counters and goes on; two weapons on one folder are refused', async () => {
  await using folder = await temporaryFolder();
  const address = `unix:${folder.path}/i/control.sock`;
  {
    await using _running = await startWeapon(weaponOptions(folder.path));
    using client = createWeaponClient({ address });
    await client.initialize(initialize);
    await client.lockTarget(lock);
    await client.launch({ targetId: 'T1', count: 1, idempotencyKey: 'k1', authorization: testToken('j1') });
    await client.launch({ targetId: 'T1', count: 1, idempotencyKey: 'k2' }).catch(() => {});
    for (const changes of [{}, { stateFolder: `${folder.path}/s2` }, { interfaceFolder: `${folder.path}/i2` }])
      await assert.rejects(
        startWeapon(weaponOptions(folder.path, changes)),
        (error) => error instanceof WeaponError && error.code === 'in-use' && error.message.includes(folder.path),
      );
    assert.equal((await client.getStatus()).remainingCount, 1);
  }
  await using running = await startWeapon(weaponOptions(folder.path, { metricsPort: 0 }));
  using client = createWeaponClient({ address });
  assert.equal((await client.getStatus()).remainingCount, 1);
  const text = await (await fetch(`http://127.0.0.1:${running.ports.metrics}/metrics`)).text();
  assert.match(text, /weapon_launch_total\{.*\} 1\n/);
  assert.match(text, /weapon_launch_refused_total\{weapon_type="pl15",reason="missing"\} 1\n/);
  const again = await client.launch({ targetId: 'T1', count: 1, idempotencyKey: 'k1' });
  assert.deepEqual([again.success, again.remainingCount], [true, 1]);
});

test('paths of any length: through links, and beyond 107 bytes', async () => {
  await using folder = await temporaryFolder();
  const deep = `${folder.path}/${'d'.repeat(60)}/${'e'.repeat(60)}`;
  await mkdir(deep, { recursive: true });
  await symlink(deep, `${folder.path}/l`);
  await using _running = await startWeapon(
    weaponOptions(folder.path, { interfaceFolder: deep, stateFolder: `${folder.path}/s` }),
  );
  using client = createWeaponClient({ address: `unix:${folder.path}/l/control.sock` });
  assert.equal((await client.getStatus()).remainingCount, 2);
});

test('a reader that does not read is dropped samples and told so; one that reads is not disturbed', async () => {
  await using folder = await temporaryFolder();
  const behaviour = { ...weaponOptions('').configuration.behaviour, telemetryIntervalSeconds: 0.0005 };
  await using _running = await startWeapon(weaponOptions(folder.path, { behaviour }));
  const address = `unix:${folder.path}/i/data.sock`;
  using slow = createWeaponTelemetryClient({ address });
  const stuck = slow.watch()[Symbol.asyncIterator]();
  await stuck.next();
  using quick = createWeaponTelemetryClient({ address });
  let count = 0;
  for await (const { dropped } of quick.watch()) {
    assert.equal(dropped, 0n);
    count += 1;
    if (count === 500) break;
  }
  await stuck.return?.();
});

test('the end answers what is under way and ends streams at once', async () => {
  await using folder = await temporaryFolder();
  const running = await startWeapon(weaponOptions(folder.path));
  using telemetry = createWeaponTelemetryClient({ address: `unix:${folder.path}/i/data.sock` });
  using health = createRpcClient(Health, { address: `unix:${folder.path}/i/status.sock` });
  const streams = [Array.fromAsync(telemetry.watch()), Array.fromAsync(health.watch())];
  await eventually(() => {
    assert.ok(existsSync(`${folder.path}/i/data.sock`));
  });
  await Promise.race([telemetry.watch()[Symbol.asyncIterator]().next()]);
  await running[Symbol.asyncDispose]();
  const [messages] = await Promise.all(streams.map((stream) => stream.catch(() => [])));
  assert.ok(messages !== undefined);
});

test('what a killed process left while binding is removed', async () => {
  await using folder = await temporaryFolder();
  await mkdir(`${folder.path}/i/.control.sock.99999`, { recursive: true }).catch(() => {});
  const { rmdir, writeFile } = await import('node:fs/promises');
  await rmdir(`${folder.path}/i/.control.sock.99999`);
  await writeFile(`${folder.path}/i/.control.sock.99999`, '');
  await writeFile(`${folder.path}/i/control.sock`, '');
  await using opened = await openInterfaceFolder({ folder: `${folder.path}/i`, processId: 1 });
  assert.deepEqual(readdirSync(`${folder.path}/i`), ['control.sock']);
  const { Server } = await import('@grpc/grpc-js');
  const server = new Server();
  const registry = createHealthRegistry();
  registry.addTo(server);
  registry.set('', 'SERVING');
  await opened.bind('control.sock', server);
  assert.equal(await checkHealth({ address: `unix:${folder.path}/i/control.sock` }), 'SERVING');
  server.forceShutdown();
  assert.ok((await freePort()) > 0);
});
