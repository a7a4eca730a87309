import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { FinalReport } from './final-report.ts';
import { type CrashPoint, flyModel } from './fixtures/model-flight.ts';
import { answerOf, badToken, goodToken, type ModelWeapon, modelWeapon, unavailable } from './fixtures/model-weapon.ts';
import type { SortieRecord } from './sortie-record.ts';
import type { SortieRunner } from './sortie-runner.ts';

const target = { latitude: 1, longitude: 2, altitude: 3 };
const release = (weapon: string, count: number) => ({ weapon, count, targetId: 'T1', target });

/** Two weapons, three releases, one of them in the last phase. */
const strike = {
  phases: [
    { name: 'transit', durationSeconds: 2 },
    { name: 'strike', durationSeconds: 2, releases: [release('pl15', 1), release('pl10', 2)] },
    { name: 'return', durationSeconds: 2, zone: 'base', releases: [release('pl15', 1)] },
  ],
  targetZone: 'east-sea',
  loadout: [
    { weapon: 'pl15', container: 'weapon-pl15', version: 'v1', quantity: 2, mountPoints: ['bay-1', 'bay-2'] },
    { weapon: 'pl10', container: 'weapon-pl10', quantity: 2, mountPoints: ['wing-1', 'wing-2'] },
  ],
  authorization: { waitSeconds: 30, otherwise: 'Recall' },
  deadline: null,
  skipReleases: [],
  fuel: { start: 95 },
};

const grants = [
  { name: 'a1', weapon: 'pl15', count: 1, token: goodToken(1, 'j1') },
  { name: 'a2', weapon: 'pl10', count: 2, token: goodToken(2, 'j2') },
  { name: 'a3', weapon: 'pl15', count: 1, token: goodToken(1, 'j3') },
];

const armed = () => ({ pl15: modelWeapon({ quantity: 2 }), pl10: modelWeapon({ quantity: 2 }) });

/** What must hold whatever happens: nothing released twice, no token for two releases, and a report that says the same. */
function assertAccounts(weapons: Readonly<Record<string, ModelWeapon>>, report?: FinalReport): void {
  for (const [name, weapon] of Object.entries(weapons)) {
    const keys = weapon.releases.map(({ key }) => key);
    assert.equal(new Set(keys).size, keys.length, `${name}: a key released twice`);
    const tokens = weapon.releases.map(({ token }) => token);
    assert.equal(new Set(tokens).size, tokens.length, `${name}: a token used twice`);
    assert.equal(weapon.remaining + weapon.releases.reduce((sum, { count }) => sum + count, 0), 2, `${name}: counts`);
    if (report !== undefined) assert.notEqual(weapon.state, 'LOCKED', `${name} stays locked`);
  }
  const released = new Set(Object.values(weapons).flatMap(({ releases }) => releases.map(({ key }) => key)));
  for (const [phase, letters] of (report?.outcomes ?? []).entries()) {
    for (const [index, letter] of [...letters].entries()) {
      if (letter === 'U') continue;
      assert.equal(letter === 'M', released.has(`uid-1/${phase}/${index}`), `${phase}/${index} is reported ${letter}`);
    }
  }
}

test('a mission flies its phases in order and reports every release and every store', async () => {
  const weapons = armed();
  const { report, elapsedMs } = await flyModel({ mission: strike, weapons, authorizations: () => grants });
  assert.ok(report);
  assert.equal(report.outcome, 'Succeeded');
  assert.equal(report.reason, 'MissionCompleted');
  assert.deepEqual(report.outcomes, ['', 'MM', 'M']);
  assert.deepEqual(
    report.releases.map(({ place, remaining, authorization }) => [place, remaining, authorization]),
    [
      ['1/0', 1, 'a1'],
      ['1/1', 0, 'a2'],
      ['2/0', 0, 'a3'],
    ],
  );
  assert.deepEqual(report.stores, [
    { weapon: 'pl15', mounted: 2, used: 2, remaining: 0, unaccounted: 0 },
    { weapon: 'pl10', mounted: 2, used: 2, remaining: 0, unaccounted: 0 },
  ]);
  assert.equal(report.zone, 'base');
  assert.ok(report.fuel < 93 && report.fuel > 91, `${report.fuel}`);
  assert.ok(elapsedMs >= 6_000 && elapsedMs < 7_000, `${elapsedMs} ms`);
  assert.deepEqual(
    weapons.pl15.calls.map(({ kind }) => kind).filter((kind) => kind !== 'status'),
    ['selfCheck', 'initialize', 'lock', 'launch', 'lock', 'launch'],
  );
  assert.deepEqual(
    weapons.pl15.calls.find(({ kind }) => kind === 'initialize'),
    {
      kind: 'initialize',
      mountPoint: 'bay-1,bay-2',
      quantity: 2,
    },
  );
  assertAccounts(weapons);
});

test('a crash before or after any journal record and any call loses nothing and releases nothing twice', async () => {
  for (const what of ['append', 'call'] as const) {
    for (const when of ['before', 'after'] as const) {
      for (let nth = 0; ; nth += 1) {
        const weapons = armed();
        const records: SortieRecord[] = [];
        const crash: CrashPoint = { what, when, nth };
        const first = await flyModel({ mission: strike, weapons, records, authorizations: () => grants, crash });
        const label = `${what} ${when} ${nth}`;
        assertAccounts(weapons);
        if (first.report !== undefined) break;
        const startMs = first.endMs + 1_000;
        const { report } = await flyModel({ mission: strike, weapons, records, authorizations: () => grants, startMs });
        assert.equal(report?.outcome, 'Succeeded', label);
        assert.deepEqual(report?.outcomes, ['', 'MM', 'M'], label);
        assertAccounts(weapons);
        assert.ok(nth < 200, 'the walk over crash points ends');
      }
    }
  }
});

test('crash upon crash, with tokens refused on the way', async () => {
  const point = fc.record({
    what: fc.constantFrom('append' as const, 'call' as const),
    when: fc.constantFrom('before' as const, 'after' as const),
    nth: fc.nat({ max: 25 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(point, { maxLength: 4 }), async (crashes) => {
      const weapons = armed();
      const records: SortieRecord[] = [];
      const bad = { name: 'bad', weapon: 'pl15', count: 1, token: badToken('expired', 'j0') };
      let startMs = Date.UTC(2026, 0, 1);
      for (const crash of [...crashes, undefined]) {
        const flight = await flyModel({
          mission: strike,
          weapons,
          records,
          startMs,
          crash,
          authorizations: () => [bad, ...grants],
        });
        startMs = flight.endMs + 500;
        assertAccounts(weapons);
        if (crash !== undefined && flight.report === undefined) continue;
        assert.equal(flight.report?.outcome, 'Succeeded');
        assert.deepEqual(flight.report?.outcomes, ['', 'MM', 'M']);
        assert.equal(flight.report?.refusals.total, 1);
        break;
      }
    }),
    { numRuns: 60 },
  );
});

test('a refused token is reported and another is waited for', async () => {
  const weapons = armed();
  const refused = ['expired', 'task', 'key', 'replayed'].map((reason, index) => ({
    name: `bad-${reason}`,
    weapon: 'pl15',
    count: 1,
    token: badToken(reason, `b${index}`),
  }));
  const { report, lines } = await flyModel({
    mission: strike,
    weapons,
    authorizations: (ms) => (ms < 10_000 ? refused : [...refused, ...grants]),
  });
  assert.equal(report?.outcome, 'Succeeded');
  assert.deepEqual(report?.refusals, { total: 4, byReason: { expired: 1, task: 1, key: 1, replayed: 1 } });
  assert.ok(
    lines.some((line) => line.includes('bad-expired')),
    lines.join('\n'),
  );
  assert.equal(weapons.pl15.calls.filter(({ kind }) => kind === 'launch').length, 6);
  assertAccounts(weapons);
});

test('one token is one release: a second release of the same weapon waits for its own', async () => {
  const weapons = armed();
  const { report } = await flyModel({
    mission: { ...strike, authorization: { waitSeconds: 5, otherwise: 'Skip' } },
    weapons,
    authorizations: () => grants.slice(0, 2),
  });
  assert.equal(report?.outcome, 'Succeeded');
  assert.equal(report?.reason, 'ReleasesSkipped');
  assert.deepEqual(report?.outcomes, ['', 'MM', 'S']);
  assertAccounts(weapons);
});

test('no authorisation in time: Recall brings the aircraft home with its stores', async () => {
  const weapons = armed();
  const { report, elapsedMs } = await flyModel({ mission: strike, weapons });
  assert.equal(report?.outcome, 'Recalled');
  assert.equal(report?.reason, 'AuthorizationTimeout');
  assert.deepEqual(report?.outcomes, ['', 'NN', 'N']);
  assert.ok(elapsedMs >= 32_000 && elapsedMs < 33_000, `${elapsedMs} ms`);
  assert.equal(weapons.pl15.releases.length + weapons.pl10.releases.length, 0);
});

test('a token that lies there when the wait ends is not too late', async () => {
  const { report } = await flyModel({
    mission: { ...strike, authorization: { waitSeconds: 0, otherwise: 'Skip' } },
    weapons: armed(),
    authorizations: () => grants,
  });
  assert.deepEqual(report?.outcomes, ['', 'MM', 'M']);
});

test('a recall at any moment: nothing is released after it, nothing stays locked', async () => {
  for (let ms = 0; ms <= 6_500; ms += 130) {
    const weapons = armed();
    let made = -1;
    const { report } = await flyModel({
      mission: strike,
      weapons,
      authorizations: () => grants,
      at: [
        {
          ms,
          act: (runner) => {
            runner.recall('enough');
            made = weapons.pl15.releases.length + weapons.pl10.releases.length;
          },
        },
      ],
    });
    const after = weapons.pl15.releases.length + weapons.pl10.releases.length;
    assert.ok(report);
    if (report.outcome === 'Recalled') {
      assert.equal(report.message, 'enough');
      assert.equal(after, made, `recall at ${ms} ms`);
    } else assert.equal(report.outcome, 'Succeeded', `recall at ${ms} ms`);
    for (const weapon of Object.values(weapons)) assert.notEqual(weapon.state, 'LOCKED', `recall at ${ms} ms`);
    assertAccounts(weapons);
  }
});

test('the deadline ends the mission wherever it is', async () => {
  const startMs = Date.UTC(2026, 0, 1);
  const weapons = armed();
  const { report, elapsedMs } = await flyModel({
    mission: { ...strike, deadline: new Date(startMs + 3_000).toISOString() },
    weapons,
    startMs,
  });
  assert.equal(report?.outcome, 'DeadlineExceeded');
  assert.ok(elapsedMs >= 3_000 && elapsedMs < 3_500, `${elapsedMs} ms`);
});

test('SIGTERM while a weapon does not answer its Launch: aborted, its count tells what became of the release', async () => {
  const expected: Readonly<Record<string, string>> = { before: 'F', after: 'M' };
  for (const when of ['before', 'after'] as const) {
    const weapons = armed();
    weapons.pl15.intercept = (call, weapon) => {
      if (call.kind !== 'launch') return undefined;
      if (when === 'after' && weapon.releases.length === 0) {
        weapon.releases.push({ key: call.idempotencyKey, count: 1, token: call.authorization });
        weapon.remaining -= 1;
        weapon.state = 'LAUNCHED';
      }
      return 'hang';
    };
    const { report, elapsedMs } = await flyModel({
      mission: strike,
      weapons,
      authorizations: () => grants,
      patience: { callMs: 1_000 },
      at: [{ ms: 3_500, act: (_, terminate) => terminate() }],
    });
    assert.equal(report?.outcome, 'Terminated');
    assert.equal(report?.outcomes[1], `${expected[when]}N`);
    assert.notEqual(weapons.pl15.state, 'LOCKED');
    assert.ok(elapsedMs < 9_000, `${elapsedMs} ms`);
    assertAccounts(weapons);
  }
});

test('a weapon that cannot be asked any more leaves its release unknown', async () => {
  const weapons = armed();
  weapons.pl15.intercept = (_, weapon) => (weapon.state === 'LOCKED' ? unavailable : undefined);
  const { report } = await flyModel({
    mission: strike,
    weapons,
    authorizations: () => grants,
    patience: { launchAttempts: 5 },
  });
  assert.equal(report?.outcome, 'Failed');
  assert.equal(report?.reason, 'ReleaseUnresolved');
  assert.deepEqual(report?.outcomes, ['', 'UN', 'N']);
  assert.equal(report?.stores[0]?.unaccounted, 1);
});

test('answers lost on the way are asked for again under the same key', async () => {
  const weapons = armed();
  let lost = 0;
  const { intercept } = {
    intercept: (call: { kind: string }) => {
      if (call.kind !== 'launch' || lost >= 2) return undefined;
      lost += 1;
      return unavailable;
    },
  };
  weapons.pl15.intercept = intercept;
  const { report } = await flyModel({ mission: strike, weapons, authorizations: () => grants });
  assert.deepEqual(report?.outcomes, ['', 'MM', 'M']);
  assertAccounts(weapons);
});

test('a weapon that starts again in flight is initialised again and its count stands', async () => {
  const weapons = armed();
  let restarted = false;
  weapons.pl15.intercept = (call, weapon) => {
    if (restarted || call.kind !== 'status' || weapon.releases.length !== 1) return undefined;
    restarted = true;
    weapon.state = 'INITIALIZING';
    return unavailable;
  };
  const { report } = await flyModel({ mission: strike, weapons, authorizations: () => grants });
  assert.deepEqual(report?.outcomes, ['', 'MM', 'M']);
  assert.equal(weapons.pl15.calls.filter(({ kind }) => kind === 'initialize').length, 2);
  assertAccounts(weapons);
});

test('FAULT is brought back by SelfCheck and Initialize; where that fails three times the mission fails', async () => {
  const recovering = armed();
  let faulted = false;
  recovering.pl15.intercept = (call, weapon) => {
    if (!faulted && call.kind === 'lock') {
      faulted = true;
      weapon.state = 'FAULT';
    }
    return undefined;
  };
  const good = await flyModel({ mission: strike, weapons: recovering, authorizations: () => grants });
  assert.deepEqual(good.report?.outcomes, ['', 'MM', 'M']);

  const broken = armed();
  broken.pl10.intercept = (call) =>
    call.kind === 'selfCheck' ? { kind: 'answered', success: false, message: 'seeker cold' } : undefined;
  const bad = await flyModel({ mission: strike, weapons: broken, authorizations: () => grants });
  assert.equal(bad.report?.outcome, 'Failed');
  assert.equal(bad.report?.reason, 'WeaponFault');
  assert.match(bad.report?.message ?? '', /pl10.*seeker cold/);
  assert.equal(bad.report?.outcomes.join(), ',NN,N');
});

test('a weapon that never comes up fails the mission', async () => {
  const weapons = armed();
  weapons.pl10.intercept = () => unavailable;
  const { report } = await flyModel({ mission: strike, weapons, patience: { unreachableMs: 20_000 } });
  assert.equal(report?.reason, 'WeaponUnreachable');
});

test('what the weapon says it cannot do fails that release, and the mission goes on', async () => {
  const weapons = { pl15: modelWeapon({ quantity: 2 }), pl10: modelWeapon({ quantity: 2 }) };
  weapons.pl10.remaining = 1;
  const { report } = await flyModel({ mission: strike, weapons, authorizations: () => grants });
  assert.equal(report?.outcome, 'Failed');
  assert.equal(report?.reason, 'ReleaseFailed');
  assert.deepEqual(report?.outcomes, ['', 'MF', 'M']);
});

test('releases of an earlier attempt are not made again', async () => {
  const weapons = armed();
  const { report } = await flyModel({
    mission: { ...strike, skipReleases: ['1/0', 'uid-1/1/1'] },
    weapons,
    authorizations: () => grants,
  });
  assert.deepEqual(report?.outcomes, ['', 'SS', 'M']);
  assert.equal(weapons.pl15.releases.length, 1);
});

test('delays, lost answers, crashes, a recall and SIGTERM at any moment: the report is true', async () => {
  const moment = fc.integer({ min: 0, max: 9_000 });
  const storm = fc.record({
    delays: fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 8 }),
    lost: fc.array(fc.nat({ max: 40 }), { maxLength: 6 }),
    crashes: fc.array(
      fc.record({
        what: fc.constantFrom('append' as const, 'call' as const),
        when: fc.constantFrom('before' as const, 'after' as const),
        nth: fc.nat({ max: 30 }),
      }),
      { maxLength: 3 },
    ),
    recallAt: fc.option(moment, { nil: undefined }),
    terminateAt: fc.option(moment, { nil: undefined }),
  });
  await fc.assert(
    fc.asyncProperty(storm, async ({ delays, lost, crashes, recallAt, terminateAt }) => {
      const weapons = armed();
      let calls = 0;
      for (const weapon of Object.values(weapons)) {
        weapon.intercept = (call, model) => {
          calls += 1;
          if (!lost.includes(calls)) return undefined;
          // Whether the call took effect before its answer was lost differs from case to case.
          if (calls % 2 === 0) answerOf(model, call);
          return unavailable;
        };
      }
      const records: SortieRecord[] = [];
      let startMs = Date.UTC(2026, 0, 1);
      for (const crash of [...crashes, undefined]) {
        let recalledAt = Number.POSITIVE_INFINITY;
        let launchesAtRecall = 0;
        const launches = () =>
          Object.values(weapons).flatMap((weapon) => weapon.calls.filter(({ kind }) => kind === 'launch')).length;
        let sent = 0;
        const flight = await flyModel({
          mission: strike,
          weapons,
          records,
          startMs,
          crash,
          authorizations: () => grants,
          delayMs: (call) => {
            sent += 1;
            if (call.kind === 'launch') assert.ok(recalledAt === Number.POSITIVE_INFINITY, 'a launch after the recall');
            return delays[sent % delays.length] ?? 0;
          },
          at: [
            ...(recallAt === undefined
              ? []
              : [
                  {
                    ms: recallAt,
                    act: (runner: SortieRunner) => {
                      runner.recall('enough');
                      recalledAt = recallAt;
                      launchesAtRecall = launches();
                    },
                  },
                ]),
            ...(terminateAt === undefined
              ? []
              : [{ ms: terminateAt, act: (_: SortieRunner, terminate: () => void) => terminate() }]),
          ],
        });
        startMs = flight.endMs + 100;
        assertAccounts(weapons, flight.report);
        if (flight.report === undefined) continue;
        // One that was under way at the recall may still come to its end.
        assert.ok(recalledAt === Number.POSITIVE_INFINITY || launches() <= launchesAtRecall + 1);
        if (flight.report.outcome === 'Succeeded') assert.deepEqual(flight.report.outcomes, ['', 'MM', 'M']);
        break;
      }
    }),
    { numRuns: 150 },
  );
});

test('a token that comes after its release was skipped is not used', async () => {
  const weapons = armed();
  const { report } = await flyModel({
    mission: { ...strike, authorization: { waitSeconds: 1, otherwise: 'Skip' } },
    weapons,
    authorizations: (ms) => (ms < 3_700 ? [] : grants.slice(1, 2)),
  });
  assert.deepEqual(report?.outcomes, ['', 'SM', 'S']);
  const late = armed();
  const second = await flyModel({
    mission: { ...strike, authorization: { waitSeconds: 1, otherwise: 'Skip' } },
    weapons: late,
    authorizations: (ms) => (ms < 4_500 ? [] : grants.slice(1, 2)),
  });
  assert.deepEqual(second.report?.outcomes, ['', 'SS', 'S']);
  assertAccounts(late, second.report);
});

test('a mission without weapons, and one without phases, fly and end', async () => {
  const ferry = { phases: [{ name: 'ferry', durationSeconds: 3 }], loadout: [], fuel: { start: 50, perSecond: 1 } };
  const { report, elapsedMs } = await flyModel({ mission: ferry, weapons: {} });
  assert.equal(report?.outcome, 'Succeeded');
  assert.equal(elapsedMs, 3_000);
  assert.equal(report?.fuel, 47);
  const nothing = await flyModel({ mission: { ...strike, phases: [] }, weapons: armed() });
  assert.equal(nothing.report?.outcome, 'Succeeded');
});
