import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { systemClock } from '@hardpoint/machinery';
import { eventually, temporaryFolder } from '@hardpoint/testing';
import { testLog } from '../fixtures/agent.ts';
import { RUNNING, recordOf } from '../fixtures/pods.ts';
import type { ContainerSpec } from '../runtime/container-runtime.ts';
import { createProcessRuntime } from '../runtime/process-runtime.ts';
import { processStart } from './contained-process.ts';
import { SHIM_RECORDS } from './shim-protocol.ts';

function specOf(folder: string, id: string, argv: readonly string[]): ContainerSpec {
  const { spec } = recordOf(id, 0, RUNNING);
  const files = { cwd: join(folder, id), logFile: join(folder, 'logs', `${id}.log`), terminationLog: '' };
  return { ...spec, ...files, id, argv, env: { PATH: '/usr/bin:/bin' } };
}

async function pidOf(folder: string, id: string): Promise<number> {
  return JSON.parse(await readFile(join(folder, SHIM_RECORDS, `${id}.json`), 'utf8')).pid;
}

async function open(dataDir: string, over: { orphanedAfterMs?: number; leave?: boolean } = {}) {
  return await createProcessRuntime({
    dataDir,
    clock: systemClock,
    log: testLog,
    signal: new AbortController().signal,
    orphanedAfterMs: over.orphanedAfterMs ?? 60_000,
    whenDisposed: () => (over.leave === true ? 'leave-containers' : 'end-containers'),
    endGraceMs: 500,
  });
}

void test('output is logged line by line, a long line in pieces, and the whole process group ends', async () => {
  await using folder = await temporaryFolder();
  await using runtime = await open(folder.path);
  const script = 'sleep 300 & echo $!; echo warn >&2; head -c 20000 /dev/zero | tr "\\0" x; echo; printf end';
  const spec = specOf(folder.path, 'talk', ['sh', '-c', script]);
  await runtime.start(spec);
  await eventually(() => assert.equal(runtime.get('talk')?.phase.kind, 'exited'));
  const lines = (await readFile(spec.logFile, 'utf8'))
    .trim()
    .split('\n')
    .map((line) => line.split(' '));
  assert.ok(lines.every(([time]) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/.test(time ?? '')));
  const tags = lines.filter(([, stream]) => stream === 'stdout').map(([, , tag]) => tag);
  assert.deepEqual(tags, ['F', 'P', 'F', 'P']);
  assert.deepEqual(
    lines.filter(([, stream]) => stream === 'stderr').map((line) => line.slice(2)),
    [['F', 'warn']],
  );
  const background = Number(lines.find(([, , tag]) => tag === 'F')?.[3]);
  await eventually(() => assert.equal(processStart(background), ''));
});

void test('a container that ignores SIGTERM is killed after its grace; the shortest grace counts', async () => {
  await using folder = await temporaryFolder();
  await using runtime = await open(folder.path);
  const stubborn = ['sh', '-c', 'trap "" TERM; echo deaf; while :; do sleep 0.05; done'];
  const spec = specOf(folder.path, 'stubborn', stubborn);
  await runtime.start(spec);
  await eventually(async () => assert.match(await readFile(spec.logFile, 'utf8'), /deaf/));
  const long = runtime.stop('stubborn', { graceMs: 60_000 });
  await runtime.stop('stubborn', { graceMs: 100 });
  await long;
  const record = runtime.get('stubborn');
  assert.equal(record?.phase.kind === 'exited' && record.phase.exitCode, 137);
});

void test('a killed shim is replaced, and what ran below it is ended and told with 137', async () => {
  await using folder = await temporaryFolder();
  await using runtime = await open(folder.path);
  await runtime.start(specOf(folder.path, 'a', ['sleep', '300']));
  const pid = await pidOf(folder.path, 'a');
  const parent = Number((await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1]?.split(' ')[1]);
  const told: string[] = [];
  using _ = runtime.onExit(({ spec }) => told.push(spec.id));
  process.kill(parent, 'SIGKILL');
  await eventually(() => assert.deepEqual(told, ['a']));
  await eventually(() => assert.equal(processStart(pid), ''));
  const record = runtime.get('a');
  assert.equal(record?.phase.kind === 'exited' && record.phase.exitCode, 137);
  await runtime.start(specOf(folder.path, 'b', ['true']));
  await eventually(() => assert.equal(runtime.get('b')?.phase.kind, 'exited'));
});

void test('a shim without an agent ends its containers and itself', async () => {
  await using folder = await temporaryFolder();
  let pid = 0;
  {
    await using runtime = await open(folder.path, { orphanedAfterMs: 300, leave: true });
    await runtime.start(specOf(folder.path, 'a', ['sleep', '300']));
    pid = await pidOf(folder.path, 'a');
  }
  assert.notEqual(processStart(pid), '');
  await eventually(() => assert.equal(processStart(pid), ''));
});

void test('a data folder with a long path is no obstacle', async () => {
  await using folder = await temporaryFolder();
  const deep = join(folder.path, 'a'.repeat(60), 'b'.repeat(60), 'c'.repeat(60));
  await using runtime = await open(deep);
  await runtime.start(specOf(deep, 'a', ['true']));
  await eventually(() => assert.equal(runtime.get('a')?.phase.kind, 'exited'));
});
