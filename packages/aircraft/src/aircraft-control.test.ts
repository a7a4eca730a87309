import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { systemClock } from '@hardpoint/machinery';
import { eventually } from '@hardpoint/testing';
import {
  checkHealth,
  createSortieClient,
  generateSigningKey,
  sortie as proto,
  signSortieToken,
  WipError,
} from '@hardpoint/wip';
import { runAircraftControl } from './aircraft-control.ts';
import type { FinalReport } from './final-report.ts';
import { createScene, type Scene, type SceneWeapon, taskUID } from './fixtures/scene.ts';

const target = { latitude: 1, longitude: 2, altitude: 3 };
const pl15: SceneWeapon = { weapon: 'pl15', quantity: 2, mountPoints: ['bay-1', 'bay-2'], version: 'v2.3.0' };
const pl10: SceneWeapon = { weapon: 'pl10', quantity: 1, mountPoints: ['wing-1'], version: 'v1.8.0' };
const loadoutOf = ({ weapon, quantity, mountPoints, version }: SceneWeapon) => ({
  weapon,
  container: `weapon-${weapon}`,
  quantity,
  mountPoints,
  version,
});
const mission = {
  phases: [
    { name: 'transit', durationSeconds: 0.1 },
    {
      name: 'strike',
      durationSeconds: 0.1,
      releases: [
        { weapon: 'pl15', count: 1, targetId: 'T1', target },
        { weapon: 'pl10', count: 1, targetId: 'T2', target },
      ],
    },
  ],
  targetZone: 'east-sea',
  loadout: [loadoutOf(pl15), loadoutOf(pl10)],
  authorization: { waitSeconds: 20, otherwise: 'Recall' },
  deadline: null,
  skipReleases: [],
  fuel: { start: 100 },
};

interface Flight extends AsyncDisposable {
  readonly report: Promise<FinalReport>;
  readonly port: number;
  readonly lines: readonly string[];
  terminate(): void;
}

async function takeOff(env: Record<string, string>): Promise<Flight> {
  const controller = new AbortController();
  const lines: string[] = [];
  const serving = Promise.withResolvers<number>();
  const report = runAircraftControl({
    env,
    clock: systemClock,
    signal: controller.signal,
    say: (line) => lines.push(line),
    onServing: ({ port }) => serving.resolve(port),
  });
  report.catch(serving.reject);
  return {
    report,
    port: await serving.promise,
    lines,
    terminate: () => controller.abort(),
    async [Symbol.asyncDispose]() {
      controller.abort();
      await report.catch(() => undefined);
    },
  };
}

function bearerOf(scene: Scene): string {
  return signSortieToken({ key: scene.key, podUID: scene.podUID, nowMs: systemClock.now() });
}

test('a sortie over real sockets: told by Watch from mounting to its end, and left in the termination message', async () => {
  await using scene = await createScene();
  await using first = await scene.startWeapon(pl15);
  await using _second = await scene.startWeapon(pl10);
  await using flight = await takeOff(scene.env(mission));
  using client = createSortieClient({ address: `127.0.0.1:${flight.port}` });
  const bearer = bearerOf(scene);

  const reports: proto.Report[] = [];
  const watching = (async () => {
    for await (const report of client.watch({}, { bearer })) reports.push(report);
  })();
  await eventually(async () => {
    const { waiting } = await client.getReport({}, { bearer });
    assert.equal(waiting?.weapon, 'pl15');
  });
  // A token of another task, one of a stranger's key, and the one that holds.
  await scene.authorize([
    { name: 'other-task', weapon: 'pl15', count: 1, token: scene.token('pl15', 1, { task: 'default/other' }) },
    { name: 'stranger', weapon: 'pl15', count: 1, token: scene.token('pl15', 1, { key: generateSigningKey() }) },
  ]);
  await eventually(async () => assert.equal((await client.getReport({}, { bearer })).refusedTotal, 2));
  await scene.authorize([
    { name: 'a1', weapon: 'pl15', count: 1 },
    { name: 'a2', weapon: 'pl10', count: 1 },
  ]);

  const report = await flight.report;
  await watching;
  assert.equal(report.outcome, 'Succeeded', flight.lines.join('\n'));
  assert.deepEqual(report.outcomes, ['', 'MM']);
  assert.deepEqual(report.refusals, { total: 2, byReason: { task: 1, key: 1 } });
  assert.deepEqual(report.stores, [
    { weapon: 'pl15', mounted: 2, used: 1, remaining: 1, unaccounted: 0 },
    { weapon: 'pl10', mounted: 1, used: 1, remaining: 0, unaccounted: 0 },
  ]);
  assert.equal(first.weapon.ledger.remaining, 1);
  assert.deepEqual(JSON.parse(await readFile(scene.path('termination-log'), 'utf8')), report);

  const last = reports.at(-1);
  assert.equal(last?.stage, proto.Report_Stage.ENDED);
  assert.equal(last?.outcome, 'Succeeded');
  assert.deepEqual(
    last?.steps.map(({ name, endedAtMicros }) => [name, endedAtMicros > 0n]),
    [
      ['WeaponsInitialized', true],
      ['WeaponsReady', true],
      ['MissionExecuted', true],
    ],
  );
  assert.deepEqual(
    last?.releases.map(({ key, result, remaining, authorization }) => [key, result, remaining, authorization]),
    [
      [`${taskUID}/1/0`, proto.Release_Result.MADE, 1, 'a1'],
      [`${taskUID}/1/1`, proto.Release_Result.MADE, 0, 'a2'],
    ],
  );
  assert.deepEqual(
    last?.refusals.map(({ reason, authorization }) => [reason, authorization]),
    [
      ['task', 'other-task'],
      ['key', 'stranger'],
    ],
  );
  assert.equal(last?.zone, 'east-sea');
  assert.ok(last !== undefined && last.fuel < 100);
  assert.ok(reports.some(({ stage }) => stage === proto.Report_Stage.FLYING));
  assert.ok(
    flight.lines.some((line) => line.includes('stranger')),
    flight.lines.join('\n'),
  );
});

test('SortieService answers nobody without a token for this very Pod', async () => {
  await using scene = await createScene();
  await using flight = await takeOff(scene.env(mission));
  using client = createSortieClient({ address: `127.0.0.1:${flight.port}` });
  const { key, podUID } = scene;
  const nowMs = systemClock.now();
  const wrong: Readonly<Record<string, string | undefined>> = {
    'no token': undefined,
    nonsense: 'nonsense',
    'another Pod': signSortieToken({ key, podUID: 'another', nowMs }),
    'another key': signSortieToken({ key: generateSigningKey(), podUID, nowMs }),
    expired: signSortieToken({ key, podUID, nowMs: nowMs - 120_000 }),
    'a launch token': scene.token('pl15', 1),
  };
  for (const [name, bearer] of Object.entries(wrong)) {
    const options = bearer === undefined ? {} : { bearer };
    const refused = (error: unknown) => WipError.from(error).code === 'UNAUTHENTICATED';
    await assert.rejects(client.getReport({}, options), refused, name);
    await assert.rejects(client.recall({ reason: 'x' }, options), refused, name);
    await assert.rejects(
      async () => {
        for await (const _ of client.watch({}, options)) assert.fail(name);
      },
      refused,
      name,
    );
  }
  const { stage } = await client.getReport({}, { bearer: bearerOf(scene) });
  assert.equal(stage, proto.Report_Stage.MOUNTING);
  assert.equal(await checkHealth({ address: `127.0.0.1:${flight.port}` }), 'SERVING');
});

test('Recall: the sortie returns at once, and repeating it changes nothing', async () => {
  await using scene = await createScene();
  await using weapon = await scene.startWeapon(pl15);
  await using _other = await scene.startWeapon(pl10);
  await using flight = await takeOff(scene.env(mission));
  using client = createSortieClient({ address: `127.0.0.1:${flight.port}` });
  const bearer = bearerOf(scene);
  await eventually(async () => assert.equal((await client.getReport({}, { bearer })).waiting?.weapon, 'pl15'));
  const [once, twice] = await Promise.all([
    client.recall({ reason: 'weather' }, { bearer }),
    client.recall({ reason: 'again' }, { bearer }),
  ]);
  assert.equal(once.success && twice.success, true);
  const report = await flight.report;
  assert.equal(report.outcome, 'Recalled');
  assert.equal(report.message, 'weather');
  assert.deepEqual(report.outcomes, ['', 'NN']);
  assert.equal(weapon.weapon.ledger.remaining, 2);
});

test('SIGTERM: reported within a second', async () => {
  await using scene = await createScene();
  await using _weapon = await scene.startWeapon(pl15);
  await using flight = await takeOff(scene.env(mission));
  flight.terminate();
  const { outcome } = await flight.report;
  assert.equal(outcome, 'Terminated');
});

test("somebody else's launch is refused by the weapon and reported by the sortie", async () => {
  const { createWeaponClient } = await import('@hardpoint/wip');
  await using scene = await createScene();
  await using _weapon = await scene.startWeapon(pl15);
  await using _other = await scene.startWeapon(pl10);
  await using flight = await takeOff(scene.env(mission));
  using client = createSortieClient({ address: `127.0.0.1:${flight.port}` });
  const bearer = bearerOf(scene);
  await eventually(async () => assert.equal((await client.getReport({}, { bearer })).waiting?.weapon, 'pl15'));
  using stranger = createWeaponClient({ address: `unix:${scene.path('weapons/weapon-pl15/control.sock')}` });
  await assert.rejects(stranger.launch({ targetId: 'X', count: 1, idempotencyKey: 'mine' }));
  await eventually(async () => {
    const { refusals, refusedTotal } = await client.getReport({}, { bearer });
    assert.equal(refusedTotal, 1);
    assert.equal(refusals[0]?.reason, 'missing');
    assert.equal(refusals[0]?.key, 'mine');
  });
});

test('a mission that cannot be read ends as Failed and says why', async () => {
  await using scene = await createScene();
  const cases: readonly (readonly [unknown, RegExp])[] = [
    [{ ...mission, phases: [{ name: 'x', durationSeconds: -1 }] }, /phases\[0\]\.durationSeconds is -1/],
    [{ ...mission, loadout: [] }, /phases\[1\]\.releases\[0\]\.weapon names "pl15"/],
    [{ ...mission, authorization: { otherwise: 'Never' } }, /authorization\.otherwise is "Never"/],
    [{ ...mission, skipReleases: ['7/7'] }, /skipReleases\[0\] is "7\/7"/],
  ];
  for (const [bad, message] of cases) {
    const report = await runAircraftControl({
      env: scene.env(bad),
      clock: systemClock,
      signal: new AbortController().signal,
      say: () => undefined,
    });
    assert.equal(report.outcome, 'Failed');
    assert.equal(report.reason, 'MissionInvalid');
    assert.match(report.message, message);
    assert.equal(
      (JSON.parse(await readFile(scene.path('termination-log'), 'utf8')) as FinalReport).reason,
      'MissionInvalid',
    );
  }
});
