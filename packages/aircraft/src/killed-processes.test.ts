import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm } from 'node:fs/promises';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { eventually } from '@hardpoint/testing';
import type { FinalReport } from './final-report.ts';
import { createScene, type Scene, type SceneWeapon } from './fixtures/scene.ts';
import { openJournal } from './journal.ts';

const target = { latitude: 1, longitude: 2, altitude: 3 };
const pl15: SceneWeapon = { weapon: 'pl15', quantity: 3, mountPoints: ['bay-1', 'bay-2', 'bay-3'] };
const order = { weapon: 'pl15', count: 1, targetId: 'T1', target };
const mission = {
  phases: [
    { name: 'transit', durationSeconds: 0.3 },
    { name: 'strike', durationSeconds: 0.3, releases: [order, order] },
    { name: 'return', durationSeconds: 0.3 },
  ],
  loadout: [{ weapon: 'pl15', container: 'weapon-pl15', quantity: 3, mountPoints: pl15.mountPoints }],
  authorization: { waitSeconds: 30, otherwise: 'Recall' },
};

const mainFile = fileURLToPath(new URL('./main.ts', import.meta.url));
const weaponMainFile = fileURLToPath(new URL('../../weapon/src/main.ts', import.meta.url));

interface Child extends AsyncDisposable {
  readonly process: ChildProcess;
  readonly output: readonly string[];
  /** Ends it at once and waits for that. */
  kill(signal: NodeJS.Signals): Promise<number | null>;
}

function start(file: string, args: readonly string[], env: Readonly<Record<string, string>>): Child {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', file, ...args], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => output.push(chunk.toString()));
  const gone = once(child, 'exit');
  const kill = async (signal: NodeJS.Signals) => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill(signal);
      await gone;
    }
    return child.exitCode;
  };
  return { process: child, output, kill, [Symbol.asyncDispose]: async () => void (await kill('SIGKILL')) };
}

/** Opens no file for writing that a living process has: reads the journal's text. */
async function journalText(scene: Scene): Promise<string> {
  return readFile(scene.path('state/sortie.journal'), 'utf8');
}

async function reportOf(scene: Scene): Promise<FinalReport> {
  return JSON.parse(await readFile(scene.path('termination-log'), 'utf8')) as FinalReport;
}

test('kill -9 of aircraft-control between two releases: the next process makes only the other', async () => {
  await using scene = await createScene();
  await using weapon = await scene.startWeapon(pl15);
  const env = scene.env(mission);
  {
    await using child = start(mainFile, [], env);
    await scene.authorize([{ name: 'a1', weapon: 'pl15', count: 1 }]);
    await eventually(async () => assert.match(await journalText(scene), /"Made"[\s\S]*"Waiting"/), {
      timeoutMs: 20_000,
    });
    await child.kill('SIGKILL');
  }
  assert.equal(weapon.weapon.ledger.remaining, 2);
  await using again = start(mainFile, [], env);
  await eventually(() => assert.match(again.output.join(''), /resumed from the journal/), { timeoutMs: 20_000 });
  await scene.authorize([
    { name: 'a1', weapon: 'pl15', count: 1 },
    { name: 'a2', weapon: 'pl15', count: 1 },
  ]);
  const [code] = (await once(again.process, 'exit')) as [number | null];
  assert.equal(code, 0, again.output.join(''));
  const report = await reportOf(scene);
  assert.equal(report.outcome, 'Succeeded');
  assert.deepEqual(report.outcomes, ['', 'MM', '']);
  assert.equal(weapon.weapon.ledger.remaining, 1);
});

test('kill -9 before the report was written: the next process writes the same one', async () => {
  await using scene = await createScene();
  await using _weapon = await scene.startWeapon(pl15);
  const env = scene.env({ ...mission, phases: [{ name: 'transit', durationSeconds: 0.1 }] });
  await using first = start(mainFile, [], env);
  await once(first.process, 'exit');
  const report = await reportOf(scene);
  await rm(scene.path('termination-log'));
  await using second = start(mainFile, [], env);
  await once(second.process, 'exit');
  assert.deepEqual(await reportOf(scene), report);
});

test('kill -9 of the weapon while the sortie flies: its journal counts, and the releases come to their end', async () => {
  await using scene = await createScene();
  const { env, args } = await scene.weaponProcess(pl15);
  await using first = start(weaponMainFile, args, env);
  await using aircraft = start(mainFile, [], scene.env(mission));
  await scene.authorize([{ name: 'a1', weapon: 'pl15', count: 1 }]);
  await eventually(async () => assert.match(await journalText(scene), /"Made"[\s\S]*"Waiting"/), { timeoutMs: 20_000 });
  await first.kill('SIGKILL');
  await scene.authorize([{ name: 'a2', weapon: 'pl15', count: 1 }]);
  await using _second = start(weaponMainFile, args, env);
  const [code] = (await once(aircraft.process, 'exit')) as [number | null];
  assert.equal(code, 0, aircraft.output.join(''));
  const report = await reportOf(scene);
  assert.deepEqual(report.outcomes, ['', 'MM', ''], aircraft.output.join(''));
  assert.deepEqual(report.stores, [{ weapon: 'pl15', mounted: 3, used: 2, remaining: 1, unaccounted: 0 }]);
});

test('SIGTERM: locks are aborted, the report is left, exit code 0', async () => {
  await using scene = await createScene();
  await using weapon = await scene.startWeapon(pl15);
  await using child = start(mainFile, [], scene.env(mission));
  await eventually(async () => assert.match(await journalText(scene), /"Waiting"/), { timeoutMs: 20_000 });
  assert.equal(await child.kill('SIGTERM'), 0, child.output.join(''));
  const report = await reportOf(scene);
  assert.equal(report.outcome, 'Terminated');
  assert.deepEqual(report.outcomes, ['', 'NN', '']);
  assert.equal(weapon.weapon.ledger.remaining, 3);
});

test('a journal that is damaged ends the sortie with every release unknown', async () => {
  await using scene = await createScene();
  await using _weapon = await scene.startWeapon(pl15);
  {
    await using journal = await openJournal(scene.path('state/sortie.journal'));
    await journal.append({ type: 'Started', at: 1, taskUID: 'x' });
  }
  const { writeFile } = await import('node:fs/promises');
  await writeFile(scene.path('state/sortie.journal'), '00000000 {}\n00000000 {}\n');
  await using child = start(mainFile, [], scene.env(mission));
  const [code] = (await once(child.process, 'exit')) as [number | null];
  assert.equal(code, 0, child.output.join(''));
  const report = await reportOf(scene);
  assert.equal(report.outcome, 'Failed');
  assert.equal(report.reason, 'JournalCorrupt');
  assert.deepEqual(report.outcomes, ['', 'UU', '']);
});
