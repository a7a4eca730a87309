import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { eventually, startTestApi, type TestApi, temporaryFolder } from '@hardpoint/testing';
import { createPod, shell, UNTIL_TERM, untilPod } from '../fixtures/agent.ts';
import { endContainers } from '../runtime/process-runtime.ts';
import { processStart } from '../shim/contained-process.ts';

const program = fileURLToPath(new URL('../fixtures/agent-process.ts', import.meta.url));

let api: TestApi;
before(async () => {
  api = await startTestApi();
});
after(async () => await api[Symbol.asyncDispose]());

async function startAgent(dataDir: string, node: string): Promise<ChildProcess> {
  const args = ['--disable-warning=ExperimentalWarning', program, api.kubeconfigFile, dataDir, node];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ready = Promise.withResolvers<void>();
  child.stdout?.on('data', (chunk: Buffer) => {
    if (chunk.toString().includes('ready')) ready.resolve();
  });
  child.once('exit', (code) => ready.reject(new Error(`the agent ended with ${code}`)));
  await ready.promise;
  return child;
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill(signal);
  await gone;
}

async function pids(dataDir: string): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  for (const name of await readdir(join(dataDir, 'shim'))) {
    const record = JSON.parse(await readFile(join(dataDir, 'shim', name), 'utf8'));
    found.set(record.spec.container, record.pid);
  }
  return found;
}

void test('a killed agent leaves its containers running; the next one adopts them and learns what ended meanwhile', async () => {
  await using folder = await temporaryFolder();
  const dataDir = join(folder.path, 'n');
  const first = await startAgent(dataDir, 'j20-k');
  await createPod(api, 'survivor', 'j20-k', {
    restartPolicy: 'Never',
    containers: [
      shell('stays', UNTIL_TERM),
      shell(
        'ends',
        'while ! test -e ../../../../../go; do sleep 0.02; done; echo last words > termination-log; exit 7',
      ),
    ],
  });
  await untilPod(api, 'survivor', ({ status }) => assert.equal(status?.phase, 'Running'));
  const before = await pids(dataDir);
  await end(first, 'SIGKILL');
  assert.notEqual(processStart(before.get('stays') ?? 0), '');
  await writeFile(join(dataDir, 'go'), '');
  await eventually(() => assert.equal(processStart(before.get('ends') ?? 0), ''));

  const second = await startAgent(dataDir, 'j20-k');
  const adopted = await untilPod(api, 'survivor', ({ status }) => {
    assert.equal(status?.containerStatuses?.find(({ name }) => name === 'ends')?.state?.terminated?.exitCode, 7);
  });
  const [ends, stays] = adopted.status?.containerStatuses ?? [];
  assert.equal(ends?.state?.terminated?.message, 'last words\n');
  assert.equal(stays?.state?.running !== undefined, true);
  assert.equal(stays?.ready, true);
  assert.equal(stays?.restartCount, 0);
  assert.equal((await pids(dataDir)).get('stays'), before.get('stays'));

  await end(second, 'SIGTERM');
  assert.equal(processStart(before.get('stays') ?? 0), '', 'an agent that is told to end leaves nothing');
  // The shim says that all containers have ended, then leaves.
  await eventually(() => assert.equal(existsSync(join(dataDir, 'shim.sock')), false));
});

void test('a supervisor ends the containers of an agent that is gone', async () => {
  await using folder = await temporaryFolder();
  const dataDir = join(folder.path, 'n');
  const agent = await startAgent(dataDir, 'j20-s');
  await createPod(api, 'orphan', 'j20-s', {
    containers: [shell('stubborn', 'trap "" TERM; sleep 300 & while :; do sleep 0.05; done')],
  });
  await untilPod(api, 'orphan', ({ status }) => assert.equal(status?.phase, 'Running'));
  const pid = (await pids(dataDir)).get('stubborn') ?? 0;
  await end(agent, 'SIGKILL');
  await endContainers({ dataDir, graceMs: 100 });
  assert.equal(processStart(pid), '');
  // The shim says that all containers have ended, then leaves.
  await eventually(() => assert.equal(existsSync(join(dataDir, 'shim.sock')), false));
});
