import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { eventually, freePort, temporaryFolder } from '@hardpoint/testing';
import { checkHealth, createWeaponClient, formatTrust } from '@hardpoint/wip';
import { readConfiguration } from './configuration.ts';
import { initialize, lock, testKey, testToken } from './fixtures/configuration.ts';
import { spawnWeapon, untilListening } from './fixtures/weapon-process.ts';
import { WeaponError } from './weapon-error.ts';

const quick = 'initializeSeconds: 0\nselfCheckSeconds: 0\nresetSeconds: 0\n';

test('kill -9: the next process takes the folder over, its count and its answers', async () => {
  await using folder = await temporaryFolder();
  const { path } = folder;
  await writeFile(`${path}/trust.json`, formatTrust([testKey]));
  await writeFile(`${path}/b.yaml`, quick);
  const args = ['--interface', `${path}/i`, '--state', `${path}/s`, '--config', `${path}/b.yaml`];
  const all = { args: [...args, '--trust', `${path}/trust.json`, '--task', 'default/strike'] };
  const launch = { targetId: 'T1', count: 1, idempotencyKey: 'uid-1/strike/0', authorization: testToken('j1') };
  const socket = `${path}/i/control.sock`;
  {
    await using first = spawnWeapon(all);
    await untilListening(socket);
    using client = createWeaponClient({ address: `unix:${socket}` });
    await client.initialize(initialize);
    await client.lockTarget(lock);
    assert.equal((await client.launch(launch)).remainingCount, 1);
    await using second = spawnWeapon(all);
    assert.equal(await second.exit, 1);
    assert.match(second.log(), /in use by another weapon/);
    first.child.kill('SIGKILL');
    assert.equal(await first.exit, 'SIGKILL');
    assert.ok(existsSync(socket), 'a killed weapon leaves its sockets');
  }
  await using again = spawnWeapon(all);
  await eventually(async () => assert.equal(await checkHealth({ address: `unix:${socket}` }), 'SERVING'));
  using client = createWeaponClient({ address: `unix:${socket}` });
  assert.equal((await client.getStatus()).remainingCount, 1);
  const repeated = await client.launch({ ...launch, authorization: '' });
  assert.deepEqual([repeated.success, repeated.remainingCount], [true, 1]);
  again.child.kill('SIGTERM');
  assert.equal(await again.exit, 0);
  assert.deepEqual(readdirSync(`${path}/i`), []);
});

test('in the node agent’s scratch root: mounts by table, sockets by relative path', async () => {
  await using folder = await temporaryFolder();
  const deep = `${folder.path}/${'d'.repeat(80)}/${'e'.repeat(40)}`;
  await mkdir(`${deep}/interface`, { recursive: true });
  await mkdir(`${folder.path}/root/config`, { recursive: true });
  await mkdir(`${deep}/state`);
  await symlink(`${deep}/interface`, `${folder.path}/root/interface`);
  await symlink(`${deep}/state`, `${folder.path}/root/state`);
  const health = await freePort();
  await using weapon = spawnWeapon({
    cwd: `${folder.path}/root`,
    args: ['--health-port', '9001', '--config', '/config/pl15-missile.yaml'],
    env: {
      HARDPOINT_MOUNTS: JSON.stringify({ '/interface': 'interface', '/state': 'state', '/config': 'config' }),
      HARDPOINT_PORTS: JSON.stringify({ 9001: health }),
      HARDPOINT_LOCALE: 'en',
    },
  });
  await untilListening(`${folder.path}/root/interface/control.sock`);
  assert.equal(await checkHealth({ address: `127.0.0.1:${health}` }), 'SERVING');
  using client = createWeaponClient({ address: `unix:${folder.path}/root/interface/control.sock` });
  assert.equal((await client.getStatus()).message, 'system normal');
  assert.deepEqual(readdirSync(`${deep}/state`), ['journal']);
  weapon.child.kill('SIGTERM');
  assert.equal(await weapon.exit, 0);
});

test('a simulated crash ends the process; it happens once', async () => {
  await using folder = await temporaryFolder();
  await writeFile(`${folder.path}/b.yaml`, `${quick}faults: [{trigger: LockTarget, nth: 1, action: crash}]\n`);
  const args = ['--interface', `${folder.path}/i`, '--config', `${folder.path}/b.yaml`];
  {
    await using weapon = spawnWeapon({ args });
    await untilListening(`${folder.path}/i/control.sock`);
    using client = createWeaponClient({ address: `unix:${folder.path}/i/control.sock` });
    await client.initialize(initialize);
    await assert.rejects(client.lockTarget(lock));
    assert.equal(await weapon.exit, 'SIGKILL');
  }
  await using _again = spawnWeapon({ args });
  using client = createWeaponClient({ address: `unix:${folder.path}/i/control.sock` });
  await eventually(async () => assert.equal((await client.lockTarget(lock)).success, true));
});

test('a damaged journal: the process serves, in FAULT, and names the file it kept', async () => {
  await using folder = await temporaryFolder();
  await mkdir(`${folder.path}/s`);
  await writeFile(`${folder.path}/s/journal`, 'x'.repeat(100));
  await using weapon = spawnWeapon({ args: ['--interface', `${folder.path}/i`, '--state', `${folder.path}/s`] });
  await untilListening(`${folder.path}/i/control.sock`);
  using client = createWeaponClient({ address: `unix:${folder.path}/i/control.sock` });
  const { state, message, remainingCount } = await client.getStatus();
  assert.deepEqual([state, remainingCount], [4, 0]);
  const kept = `${folder.path}/s/journal.corrupt-1`;
  assert.ok(message.includes(kept), message);
  assert.equal(await readFile(kept, 'utf8'), 'x'.repeat(100));
  assert.ok(weapon.log().includes(kept));
  assert.equal(await checkHealth({ address: `unix:${folder.path}/i/status.sock` }), 'SERVING');
  assert.equal(
    await checkHealth({ address: `unix:${folder.path}/i/status.sock`, service: 'weapon.WeaponService' }),
    'NOT_SERVING',
  );
});

test('bad arguments: exit code 2 and a message that names flag and value', async () => {
  for (const [args, env, message] of [
    [['--no-such'], {}, /--no-such/],
    [[], { QUANTITY: 'abc' }, /QUANTITY .*"abc"/],
  ] as const) {
    await using weapon = spawnWeapon({ args, env });
    assert.equal(await weapon.exit, 2);
    assert.match(weapon.log(), message);
  }
});

test('each argument and variable that cannot be is refused, named with its value', async () => {
  await using folder = await temporaryFolder();
  const file = async (name: string, text: string) => {
    await writeFile(`${folder.path}/${name}`, text);
    return `${folder.path}/${name}`;
  };
  const env = { WEAPON_TYPE: 'pl15', QUANTITY: '2', MOUNT_POINTS: 'a-1,a-2' };
  const interfaceArgs = ['--interface', folder.path];
  for (const [args, changes, message] of [
    [['--port', '70000'], {}, /--port .*"70000"/],
    [['--metrics-port', 'x'], {}, /--metrics-port .*"x"/],
    [['--health-port=-1'], {}, /--health-port .*"-1"/],
    [['--port'], {}, /--port/],
    [['extra'], {}, /extra/],
    [['--task', 'strike'], {}, /--task .*"strike"/],
    [[], { TASK: 'a/b/c' }, /TASK .*"a\/b\/c"/],
    [[], { WEAPON_TYPE: '' }, /WEAPON_TYPE/],
    [[], { QUANTITY: '0' }, /QUANTITY .*"0"/],
    [[], { QUANTITY: '-1' }, /QUANTITY .*"-1"/],
    [[], { QUANTITY: '1000000000' }, /QUANTITY .*"1000000000"/],
    [[], { QUANTITY: '2.5' }, /QUANTITY/],
    [[], { MOUNT_POINTS: 'a-1,a-1' }, /MOUNT_POINTS .*"a-1" twice/],
    [[], { MOUNT_POINTS: 'a-1,,a-2' }, /MOUNT_POINTS/],
    [[], { POOL_MODE: 'yes' }, /POOL_MODE .*"yes"/],
    [[], { HARDPOINT_LOCALE: 'fr' }, /HARDPOINT_LOCALE .*"fr"/],
    [[], { WEAPON_TRUST: '{' }, /WEAPON_TRUST/],
    [['--trust', `${folder.path}/none`], {}, /--trust.*none/],
    [['--trust', await file('t', '{}')], {}, /\/t: not a JWKS/],
    [['--config', await file('y', 'a: [')], {}, /\/y: /],
    [['--config', await file('u', 'wobble: 1')], {}, /\/u: .*wobble/],
    [['--config', await file('v', 'resetSeconds: soon')], {}, /\/v: resetSeconds \("soon"\)/],
    [['--config', await file('n', 'temperature: {ambient: hot}')], {}, /\/n: temperature\.ambient \("hot"\)/],
    [['--config', await file('m', 'temperature: {ambientt: 3}')], {}, /\/m: .*ambientt/],
    [['--config', await file('f', 'faults: [{trigger: Fly, action: crash}]')], {}, /\/f: faults\.0\.trigger \("Fly"\)/],
    [['--config', await file('l', '[1]')], {}, /\/l: /],
  ] as const)
    await assert.rejects(
      readConfiguration({ args: [...interfaceArgs, ...args], env: { ...env, ...changes } }),
      (error) => {
        assert.ok(error instanceof WeaponError, String(error));
        assert.equal(error.code, 'usage');
        assert.match(error.message, message);
        return true;
      },
    );
});

test('a behaviour file that is missing, empty or partial means defaults', async () => {
  await using folder = await temporaryFolder();
  const behaviourOf = async (text?: string) => {
    if (text !== undefined) await writeFile(`${folder.path}/b`, text);
    const args = ['--interface', folder.path, '--config', `${folder.path}/b`];
    return (await readConfiguration({ args, env: { WEAPON_TYPE: 'pl15' } }))?.behaviour;
  };
  const defaults = await behaviourOf();
  assert.equal(defaults?.resetSeconds, 1);
  for (const text of ['', '# nothing\n', '{}', 'resetSeconds: 1\n'])
    assert.deepEqual(await behaviourOf(text), defaults);
  assert.equal((await behaviourOf('temperature: {noise: 2}'))?.temperature.noise, 2);
});

const tools = ['grpcurl', 'grpc-health-probe'].map((name) => {
  const folders = [process.env.KUBEBUILDER_ASSETS ?? '', ...(process.env.PATH ?? '').split(':')];
  return folders
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, name))
    .find((path) => existsSync(path));
});
const [grpcurl, healthProbe] = tools;
const missing = grpcurl === undefined || healthProbe === undefined;

test('grpcurl with reflection and grpc-health-probe on the Unix sockets', {
  skip: missing ? 'grpcurl and grpc-health-probe are not on PATH or in KUBEBUILDER_ASSETS' : false,
}, async () => {
  await using folder = await temporaryFolder();
  await writeFile(`${folder.path}/b.yaml`, quick);
  await using _weapon = spawnWeapon({ args: ['--interface', `${folder.path}/i`, '--config', `${folder.path}/b.yaml`] });
  await untilListening(`${folder.path}/i/control.sock`);
  const run = (tool: string | undefined, args: string[]) => {
    const { status, stdout, stderr } = spawnSync(tool ?? '', args, { encoding: 'utf8' });
    return { status, text: stdout + stderr };
  };
  const curl = (socket: string, ...args: string[]) => {
    const at = args.findIndex((word) => !word.startsWith('-') && !word.startsWith('{'));
    return run(grpcurl, [
      '-plaintext',
      '-unix',
      ...args.slice(0, at),
      `${folder.path}/i/${socket}.sock`,
      ...args.slice(at),
    ]);
  };
  for (const [socket, service] of [
    ['control', 'WeaponService'],
    ['status', 'WeaponService'],
    ['data', 'WeaponTelemetry'],
  ] as const) {
    const { text } = curl(socket, 'list');
    assert.ok(text.includes(`weapon.${service}`) && text.includes('grpc.health.v1.Health'), text);
  }
  assert.match(curl('control', 'describe', 'weapon.LaunchRequest').text, /string idempotency_key = 3;/);
  const call = JSON.stringify(initialize);
  assert.match(curl('control', '-d', call, 'weapon.WeaponService/Initialize').text, /初始化成功/);
  assert.deepEqual(JSON.parse(curl('status', 'weapon.WeaponService/GetStatus').text), {
    state: 'READY',
    remainingCount: 2,
    temperature: 25.5,
    selfCheckPassed: true,
    message: '系统正常',
  });
  assert.match(curl('status', 'weapon.WeaponService/SelfCheck').text, /Unimplemented/);
  assert.match(
    curl('control', '-d', '{"target_id":"T","count":1,"idempotency_key":"k"}', 'weapon.WeaponService/Launch').text,
    /PermissionDenied.*missing/s,
  );
  for (const socket of ['control', 'status', 'data'])
    for (const service of ['', 'weapon.WeaponService'])
      assert.deepEqual(
        run(healthProbe, ['-addr', `unix://${folder.path}/i/${socket}.sock`, '-service', service]).status,
        0,
        `${socket} ${service}`,
      );
  assert.notEqual(run(healthProbe, ['-addr', `unix://${folder.path}/i/status.sock`, '-service', 'x']).status, 0);
});
