import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { request } from 'node:https';
import { after, before, test } from 'node:test';
import { NODES, PODS } from '@hardpoint/kubernetes';
import { systemClock } from '@hardpoint/machinery';
import { eventually, startTestApi, type TestApi } from '@hardpoint/testing';
import { WebSocket } from 'ws';
import { createPod, shell, startTestAgent, type TestAgent, UNTIL_TERM, untilPod } from '../fixtures/agent.ts';
import { selfSigned } from './serving-certificate.ts';

let api: TestApi;
let agent: TestAgent;
let port: number;
let client: { readonly cert: string; readonly key: string };

before(async () => {
  api = await startTestApi();
  client = await selfSigned({ host: '127.0.0.1', nowMs: systemClock.now(), use: 'client' });
  agent = await startTestAgent(api, { nodes: ['j20-l'], clientCa: client.cert });
  port = (await api.client.get(NODES, { name: 'j20-l' })).status?.daemonEndpoints?.kubeletEndpoint?.Port ?? 0;
  await createPod(api, 'talker', 'j20-l', {
    containers: [
      shell('main', `echo one; echo two >&2; echo three; printf no-end; ${UNTIL_TERM}`),
      shell('crash', 'echo bye; exit 1'),
    ],
  });
  await untilPod(api, 'talker', ({ status }) => {
    assert.ok(status?.containerStatuses?.find(({ name }) => name === 'main')?.state?.running !== undefined);
    assert.equal(status?.containerStatuses?.find(({ name }) => name === 'crash')?.restartCount, 1);
  });
});
after(async () => {
  await agent[Symbol.asyncDispose]();
  await api[Symbol.asyncDispose]();
});

function get(path: string, onData?: (text: string) => void): Promise<{ status: number; text: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; text: string }>();
  const call = request({ host: '127.0.0.1', port, path, ...client, rejectUnauthorized: false, agent: false });
  call.once('error', reject);
  call.once('response', (response) => {
    let text = '';
    response.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      onData?.(chunk.toString());
    });
    response.once('end', () => resolve({ status: response.statusCode ?? 0, text }));
  });
  call.end();
  return promise;
}

void test('logs: all, tail, timestamps, bytes, one stream, the container before, and what is not there', async () => {
  const logs = '/containerLogs/default/talker';
  await eventually(async () => assert.match((await get(`${logs}/main`)).text, /three/));
  const all = (await get(`${logs}/main`)).text;
  assert.deepEqual(all.trim().split('\n').sort(), ['one', 'three', 'two']);
  assert.equal((await get(`${logs}/main?tailLines=1&stream=Stdout`)).text, 'three\n');
  assert.match((await get(`${logs}/main?timestamps=true`)).text, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z (one|two)\n/);
  assert.equal((await get(`${logs}/main?limitBytes=2`)).text.length, 2);
  assert.equal((await get(`${logs}/main?stream=Stderr`)).text, 'two\n');
  assert.equal((await get(`${logs}/crash?previous=true`)).text, 'bye\n');
  const future = new Date(systemClock.now() + 60_000).toISOString();
  assert.equal((await get(`${logs}/main?sinceTime=${future}`)).text, '');
  assert.equal((await get('/containerLogs/default/nobody/main')).status, 404);
  assert.equal((await get(`${logs}/nobody`)).status, 400);
  assert.equal((await get('/healthz')).text, 'ok');
  assert.match((await get('/metrics')).text, /kubelet_running_containers\{container_state="running"\} \d/);
  assert.equal(JSON.parse((await get('/pods')).text).items[0].metadata.name, 'talker');
});

void test('logs that are followed end with the container', async () => {
  await createPod(api, 'short', 'j20-l', {
    restartPolicy: 'Never',
    containers: [
      shell('main', 'echo start; while ! test -e termination-go; do sleep 0.02; done; echo end; printf tail'),
    ],
  });
  await untilPod(api, 'short', ({ status }) => assert.equal(status?.phase, 'Running'));
  const exec = await run({ pod: 'short', container: 'main', command: ['touch', 'termination-go'] }, 'later');
  const followed = await get('/containerLogs/default/short/main?follow=true', (text) => {
    if (text.includes('start')) exec.start();
  });
  assert.equal(followed.text, 'start\nend\ntail');
  await exec.ended;
  await api.client.delete(PODS, { namespace: 'default', name: 'short' });
});

void test('a client without a certificate of the authority does not get in', async () => {
  await assert.rejects(
    new Promise((resolve, reject) => {
      const call = request({ host: '127.0.0.1', port, path: '/healthz', rejectUnauthorized: false, agent: false });
      call.once('error', reject);
      call.once('response', resolve);
      call.end();
    }),
  );
  assert.equal(new X509Certificate(client.cert).checkIP('127.0.0.1'), '127.0.0.1');
});

interface Ran {
  readonly stdout: string;
  readonly stderr: string;
  readonly status: { status: string; reason?: string; message?: string; details?: { causes: { message: string }[] } };
}

async function run(
  options: {
    readonly pod?: string;
    readonly container?: string;
    readonly command: readonly string[];
    readonly stdin?: string;
    readonly tty?: boolean;
    readonly protocol?: string;
    readonly resize?: { Width: number; Height: number };
  },
  when: 'now' | 'later' = 'now',
): Promise<{ start(): void; ended: Promise<Ran> }> {
  const { pod = 'talker', container = 'main', command, stdin, tty = false, protocol = 'v5.channel.k8s.io' } = options;
  const query = new URLSearchParams(command.map((word): [string, string] => ['command', word]));
  query.set('output', '1');
  if (stdin !== undefined) query.set('input', '1');
  if (tty) query.set('tty', '1');
  else query.set('error', '1');
  const ended = Promise.withResolvers<Ran>();
  const start = () => {
    const url = `wss://127.0.0.1:${port}/exec/default/${pod}/${container}?${query}`;
    const socket = new WebSocket(url, [protocol], { ...client, rejectUnauthorized: false });
    const text = { 1: '', 2: '', 3: '' } as Record<number, string>;
    socket.on('open', () => {
      if (options.resize !== undefined)
        socket.send(Buffer.concat([Buffer.from([4]), Buffer.from(JSON.stringify(options.resize))]));
      if (stdin === undefined) return;
      socket.send(Buffer.concat([Buffer.from([0]), Buffer.from(stdin)]));
      if (!tty) socket.send(Buffer.from([255, 0]));
    });
    socket.on('message', (data: Buffer) => {
      text[data[0] ?? 0] += data.subarray(1).toString();
    });
    socket.on('error', ended.reject);
    socket.on('close', () => {
      ended.resolve({ stdout: text[1] ?? '', stderr: text[2] ?? '', status: JSON.parse(text[3] || '{}') });
    });
  };
  if (when === 'now') start();
  return { start, ended: ended.promise };
}

void test('exec: output, error, exit code, input, terminal and its size', async () => {
  const plain = await (await run({ command: ['sh', '-c', 'echo out; echo err >&2; pwd'] })).ended;
  assert.match(plain.stdout, /^out\n\/.*\/c\/main\/0\n$/);
  assert.equal(plain.stderr, 'err\n');
  assert.deepEqual(plain.status, { metadata: {}, status: 'Success' });
  const failed = await (await run({ command: ['sh', '-c', 'exit 5'], protocol: 'v4.channel.k8s.io' })).ended;
  assert.equal(failed.status.reason, 'NonZeroExitCode');
  assert.equal(failed.status.details?.causes[0]?.message, '5');
  const echoed = await (await run({ command: ['cat'], stdin: 'hello' })).ended;
  assert.equal(echoed.stdout, 'hello');
  const missing = await (await run({ command: ['no-such-program'] })).ended;
  assert.match(missing.status.message ?? '', /executable file not found in \$PATH/);
  const resize = { Width: 101, Height: 33 };
  const terminal = await (
    await run({
      command: ['sh', '-c', 'sleep 0.2; stty size; read x; echo got $x'],
      stdin: 'word\n',
      tty: true,
      resize,
    })
  ).ended;
  assert.match(terminal.stdout, /33 101/);
  assert.match(terminal.stdout, /got word/);
});
