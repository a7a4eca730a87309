import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { temporaryFolder } from '@hardpoint/testing';
import { createLogger } from './create-logger.ts';
import { inClusterConnection, loadKubeconfig, stringifyKubeconfig } from './kubeconfig.ts';
import { resolvePath } from './mount-paths.ts';
import { keyOf, splitKey } from './object-key.ts';
import { seededRandom, systemRandom } from './random-sources.ts';
import { systemClock } from './system-clock.ts';
import { createVirtualClock } from './virtual-clock.ts';

void test('a virtual clock fires timers in order, those that timers set too', async () => {
  const clock = createVirtualClock({ startMs: 0 });
  const fired: string[] = [];
  const note = (name: string) => () => void fired.push(`${name}@${clock.monotonic()}`);
  clock.timer(30, note('c'));
  clock.timer(10, note('a'));
  clock.timer(10, note('b'));
  const gone = clock.timer(20, note('gone'));
  gone[Symbol.dispose]();
  const chain = (async () => {
    for (let turn = 0; turn < 3; turn += 1) {
      await clock.sleep(12);
      note('chain')();
    }
  })();
  assert.equal(clock.nextTimerMs(), 10);
  await clock.advance(40);
  assert.deepEqual(fired, ['a@10', 'b@10', 'chain@12', 'chain@24', 'c@30', 'chain@36']);
  assert.equal(clock.now(), 40);
  assert.equal(clock.pendingTimers(), 0);
  await chain;
});

void test('sleep rejects with the reason of its signal and leaves no timer', async () => {
  for (const clock of [createVirtualClock(), systemClock]) {
    const stop = new AbortController();
    const sleeping = clock.sleep(1e10, stop.signal);
    stop.abort(new Error('enough'));
    await assert.rejects(sleeping, /enough/);
    await assert.rejects(clock.sleep(0, stop.signal), /enough/);
  }
  await systemClock.sleep(1);
});

void test('the same seed gives the same numbers, and they are spread evenly', () => {
  const [a, b, c] = [seededRandom('x'), seededRandom('x'), seededRandom('y')];
  const draw = (random: typeof a): unknown[] => [random.next(), random.integer(1000), random.uuid(), random.suffix(5)];
  assert.deepEqual(draw(a), draw(b));
  assert.notDeepEqual(draw(a), draw(c));
  for (const random of [a, systemRandom]) {
    const counts = new Array<number>(10).fill(0);
    for (let turn = 0; turn < 10_000; turn += 1) {
      const at = random.integer(10);
      counts[at] = (counts[at] ?? 0) + 1;
    }
    for (const count of counts) assert.ok(count > 800 && count < 1200, String(counts));
    assert.match(random.uuid(), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    assert.match(random.suffix(8), /^[bcdfghjklmnpqrstvwxz2456789]{8}$/);
  }
});

void test('log lines are JSON, or for people', () => {
  const clock = createVirtualClock();
  const lines: string[] = [];
  const destination = { write: (line: string) => lines.push(line) };
  const log = createLogger({ name: 'part', destination, clock, level: 'debug' }).with({ key: 'a/b' });
  log.warn('failed', { error: new Error('why', { cause: new Error('deeper') }), count: 2 });
  assert.deepEqual(JSON.parse(lines[0] ?? ''), {
    level: 'warn',
    time: '2026-01-01T00:00:00.000Z',
    name: 'part',
    key: 'a/b',
    error: 'Error: why: Error: deeper',
    count: 2,
    message: 'failed',
  });
  createLogger({ name: 'part', destination, clock, format: 'human' }).info('done', { key: 'a b', n: 1 });
  assert.equal(lines[1], '00:00:00.000 INFO  part: done key="a b" n=1\n');
  createLogger({ name: 'part', destination, clock }).debug('unsaid');
  assert.equal(lines.length, 2);
});

void test('keys', () => {
  assert.equal(keyOf({ metadata: { name: 'a', namespace: 'b' } }), 'b/a');
  assert.deepEqual(splitKey('b/a'), { namespace: 'b', name: 'a' });
  assert.deepEqual(splitKey(keyOf({ metadata: { name: 'a' } })), { name: 'a' });
});

void test('the mount table: the longest prefix counts, names that only begin alike do not', () => {
  const env = {
    HARDPOINT_MOUNTS: JSON.stringify({ '/weapons': 'weapons', '/weapons/a': 'own', '/dev/termination-log': 'log' }),
  };
  assert.equal(resolvePath('/weapons/b/control.sock', env), 'weapons/b/control.sock');
  assert.equal(resolvePath('/weapons/a/control.sock', env), 'own/control.sock');
  assert.equal(resolvePath('/weapons', env), 'weapons');
  assert.equal(resolvePath('/weaponsmith', env), '/weaponsmith');
  assert.equal(resolvePath('/dev/termination-log', env), 'log');
  assert.equal(resolvePath('/weapons', {}), '/weapons');
  assert.throws(() => resolvePath('/weapons', { HARDPOINT_MOUNTS: '{' }), SyntaxError);
});

void test('kubeconfigs: data and files, relative to the file; clear errors', async () => {
  await using folder = await temporaryFolder();
  const file = `${folder.path}/config`;
  await writeFile(
    file,
    stringifyKubeconfig({ server: 'https://127.0.0.1:1', ca: 'CA', user: 'u', token: 'T', namespace: 'n' }),
  );
  const loaded = await loadKubeconfig({ file });
  assert.deepEqual([loaded.server, loaded.ca, loaded.token, loaded.namespace], ['https://127.0.0.1:1', 'CA', 'T', 'n']);
  await assert.rejects(loadKubeconfig({ file, context: 'other' }), /has no context other/);
  await assert.rejects(loadKubeconfig({ file: `${folder.path}/none` }), { code: 'Kubeconfig' });
  await writeFile(`${folder.path}/crt`, 'CERT');
  await writeFile(
    file,
    'current-context: c\ncontexts: [{name: c, context: {cluster: k, user: u}}]\n' +
      'clusters: [{name: k, cluster: {server: "https://x"}}]\nusers: [{name: u, user: {client-certificate: crt, tokenFile: t}}]',
  );
  const files = await loadKubeconfig({ file });
  assert.deepEqual([files.cert, files.tokenFile, files.namespace], ['CERT', `${folder.path}/t`, 'default']);
  await mkdir(`${folder.path}/sa`);
  await writeFile(`${folder.path}/sa/ca.crt`, 'CA');
  const env = { KUBERNETES_SERVICE_HOST: '::1', KUBERNETES_SERVICE_PORT: '443' };
  const inside = await inClusterConnection({ env, folder: `${folder.path}/sa` });
  assert.deepEqual([inside.server, inside.tokenFile], ['https://[::1]:443', `${folder.path}/sa/token`]);
  await assert.rejects(inClusterConnection({ env: {} }), { code: 'Kubeconfig' });
});
