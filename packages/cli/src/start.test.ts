import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { STEPS } from '@hardpoint/api';
import { seededRandom, systemClock } from '@hardpoint/machinery';
import { temporaryFolder } from '@hardpoint/testing';
import { processesOf } from './testing/processes.ts';
import { runCli } from './testing/run-cli.ts';

describe('hardpoint start', () => {
  test('flies the maritime strike from nothing to landing and leaves nothing behind', async () => {
    await using folder = await temporaryFolder();
    await using run = runCli(['start'], { cwd: folder.path });
    assert.equal(await run.ended, 0, run.stdout() + run.stderr());
    const text = run.stdout();
    for (const step of STEPS) assert.match(text, new RegExp(`\\+ +\\d+\\.\\d{3} s .*${step}`), step);
    assert.match(text, /成功调度到节点 j20-01/);
    assert.match(text, /j20-01评分: 585 \(燃料:95, 位置:100, 维护:100\)/);
    assert.match(text, /j20-02评分: 450 \(燃料:80, 位置:70, 维护:70\)/);
    assert.match(text, /j20-03 refused: 飞机状态不就绪: busy/);
    assert.match(text, /j20-04 refused: 燃料不足: 当前60%, 需要70%/);
    assert.match(text, /released 1 × pl15-missile, 1 left/);
    assert.match(text, /Every task reached its expected end/);
    assert.deepEqual(processesOf(folder.path), []);
    assert.deepEqual(readdirSync(folder.path), ['.hardpoint'], 'everything lies in the data folder');
    assert.equal(
      readdirSync(join(folder.path, '.hardpoint'), { recursive: true, withFileTypes: true }).filter((entry) =>
        entry.isSocket(),
      ).length,
      0,
      'no socket is left',
    );
  });

  test('Ctrl-C at any moment ends with 130 and leaves no process', async () => {
    const random = seededRandom('ctrl-c');
    for (const round of [0, 1, 2, 3]) {
      await using folder = await temporaryFolder();
      await using run = runCli(['start'], { cwd: folder.path });
      const afterMs = 50 + random.integer(round < 2 ? 800 : 4_000);
      await systemClock.sleep(afterMs);
      run.child.kill('SIGINT');
      await systemClock.sleep(20);
      run.child.kill('SIGINT');
      assert.equal(await run.ended, 130, `after ${afterMs} ms: ${run.stdout()}${run.stderr()}`);
      assert.deepEqual(processesOf(folder.path), [], `after ${afterMs} ms`);
    }
  });

  test('kill -9 of start itself leaves no process after a moment', async () => {
    await using folder = await temporaryFolder();
    await using run = runCli(['start'], { cwd: folder.path });
    await run.printed(/ContainersStarted/);
    run.child.kill('SIGKILL');
    await run.ended;
    const end = systemClock.monotonic() + 15_000;
    while (processesOf(folder.path).length > 0 && systemClock.monotonic() < end) await systemClock.sleep(50);
    assert.deepEqual(processesOf(folder.path), []);
  });
});

describe('hardpoint up', () => {
  test('a port in use is named, exit code 1', async () => {
    await using folder = await temporaryFolder();
    await using first = runCli(['up', '--port', '0', '--data', 'a'], { cwd: folder.path });
    await first.printed(/ready in/);
    const port = /https:\/\/127\.0\.0\.1:(\d+)/.exec(first.stdout())?.[1] ?? '';
    await using second = runCli(['up', '--port', port, '--data', 'b'], { cwd: folder.path });
    assert.equal(await second.ended, 1);
    assert.match(second.stderr(), new RegExp(`port ${port} .*is in use by another process`));
    assert.doesNotMatch(second.stderr(), /starting it again/);
    await using third = runCli(['up', '--port', '0', '--data', 'a'], { cwd: folder.path });
    assert.equal(await third.ended, 1);
    assert.match(third.stderr(), /another process|in use|locked/);
    first.child.kill('SIGINT');
    assert.equal(await first.ended, 130);
    assert.deepEqual(processesOf(folder.path), []);
    assert.ok(existsSync(join(folder.path, 'a', 'kubeconfig')));
  });

  test('what was there is there again after a second up', async () => {
    await using folder = await temporaryFolder();
    await using first = runCli(['up', '--port', '0', '--data', 'a'], { cwd: folder.path });
    await first.printed(/ready in/);
    const kubeconfig = join(folder.path, 'a', 'kubeconfig');
    await using before = runCli(['fleet', '-o', 'json', '--kubeconfig', kubeconfig]);
    assert.equal(await before.ended, 0, before.stderr());
    first.child.kill('SIGTERM');
    assert.equal(await first.ended, 143);
    await using second = runCli(['up', '--port', '0', '--data', 'a'], { cwd: folder.path });
    await second.printed(/ready in/);
    await using after = runCli(['fleet', '-o', 'json', '--kubeconfig', kubeconfig]);
    assert.equal(await after.ended, 0, after.stderr());
    const names = (text: string): string[] => (JSON.parse(text) as { name: string }[]).map((one) => one.name);
    assert.deepEqual(names(after.stdout()), names(before.stdout()));
    second.child.kill('SIGTERM');
    await second.ended;
  });
});

describe('bad usage', () => {
  const cases: readonly { args: readonly string[]; code: number; says: RegExp }[] = [
    { args: ['fly'], code: 2, says: /unknown command 'fly'/ },
    { args: ['up', '--port', 'x'], code: 2, says: /A port is a whole number from 0 to 65535/ },
    { args: ['up', '--aircraft', 'nowhere.yaml'], code: 2, says: /nowhere\.yaml cannot be read/ },
    { args: ['explain', 'Not A Name'], code: 2, says: /is not \[task\/\|pod\/\]NAME/ },
    {
      args: ['authorize', 'a', '--weapon', 'w', '--count', '0'],
      code: 2,
      says: /--count is a whole number from 1 to 64/,
    },
    { args: ['tasks', '--kubeconfig', '/nonexistent'], code: 5, says: /kubeconfig \/nonexistent cannot be used/ },
    {
      args: ['scheduler', '--config', '/nonexistent'],
      code: 2,
      says: /scheduler configuration \/nonexistent cannot be read/,
    },
  ];
  for (const { args, code, says } of cases) {
    test(`hardpoint ${args.join(' ')}`, async () => {
      await using run = runCli(args);
      assert.equal(await run.ended, code, run.stderr());
      assert.match(run.stderr(), says);
    });
  }

  test('no cluster: exit code 5 and the remedy', async () => {
    await using folder = await temporaryFolder();
    await using run = runCli(['tasks'], { cwd: folder.path, env: { HOME: folder.path } });
    assert.equal(await run.ended, 5);
    assert.match(run.stderr(), /no cluster to talk to/);
    assert.match(run.stderr(), /hardpoint up/);
  });
});
