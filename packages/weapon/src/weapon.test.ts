import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WEAPON_STATES, type WeaponState } from '@hardpoint/api';
import { generateSigningKey, type RefusalReason, WipError, type WipErrorCode } from '@hardpoint/wip';
import { createMemoryDisk, withMishap } from './fixtures/memory-disk.ts';
import { createRig, type Rig, target } from './fixtures/rig.ts';

const launch = (rig: Rig, changes: Partial<Parameters<Rig['weapon']['launch']>[0]> = {}) =>
  rig.weapon.launch({
    targetId: 'T1',
    count: 1,
    idempotencyKey: 'uid-1/strike/0',
    authorization: rig.token(),
    ...changes,
  });

const fails = (code: WipErrorCode, message?: RegExp) => (error: unknown) => {
  assert.ok(error instanceof WipError, String(error));
  assert.equal(error.code, code, error.message);
  if (message !== undefined) assert.match(error.message, message);
  return true;
};

/** Brings a fresh weapon of two stores into a state. */
const into: Record<WeaponState, (rig: Rig) => Promise<void>> = {
  INITIALIZING: async () => {},
  READY: async (rig) => {
    await rig.pass(rig.weapon.initialize({ mountPoint: rig.identity.mountPoints, quantity: 2, config: {} }));
  },
  LOCKED: (rig) => rig.lock(),
  LAUNCHED: async (rig) => {
    await rig.lock();
    await launch(rig, { idempotencyKey: 'first' });
  },
  FAULT: async (rig) => {
    await rig.lock();
    await rig.pass(rig.weapon.selfCheck());
  },
};
const failingOnce = { faults: [{ trigger: 'SelfCheck', nth: 1, action: 'fault', message: 'seeker' } as const] };

/** W5, written down again: what each call does in each state. */
const table: Record<WeaponState, Record<'Initialize' | 'LockTarget' | 'Launch' | 'Abort', WeaponState | 'refused'>> = {
  INITIALIZING: { Initialize: 'READY', LockTarget: 'refused', Launch: 'refused', Abort: 'refused' },
  READY: { Initialize: 'READY', LockTarget: 'LOCKED', Launch: 'refused', Abort: 'refused' },
  LOCKED: { Initialize: 'LOCKED', LockTarget: 'LOCKED', Launch: 'LAUNCHED', Abort: 'READY' },
  LAUNCHED: { Initialize: 'LAUNCHED', LockTarget: 'refused', Launch: 'refused', Abort: 'refused' },
  FAULT: { Initialize: 'READY', LockTarget: 'refused', Launch: 'refused', Abort: 'refused' },
};

test('each call in each state does what W5 says', async () => {
  for (const state of WEAPON_STATES) {
    for (const [call, expected] of Object.entries(table[state])) {
      await using rig = await createRig({ behaviour: { ...failingOnce, resetSeconds: 100 } });
      await into[state](rig);
      const { weapon } = rig;
      assert.equal(weapon.status().state, state);
      const calls: Record<string, () => Promise<{ success: boolean }>> = {
        Initialize: () =>
          rig.pass(weapon.initialize({ mountPoint: rig.identity.mountPoints, quantity: 2, config: {} })),
        LockTarget: () => weapon.lockTarget(target),
        Launch: () => launch(rig),
        Abort: () => weapon.abort({ reason: 'test' }),
      };
      const act = calls[call];
      assert.ok(act !== undefined);
      const count = weapon.status().remainingCount;
      if (expected === 'refused') {
        await assert.rejects(act(), fails('FAILED_PRECONDITION', new RegExp(`${state}.*${call}`)));
        assert.equal(weapon.status().state, state);
        assert.equal(weapon.status().remainingCount, count);
      } else {
        assert.equal((await act()).success, true, `${call} in ${state}`);
        assert.equal(weapon.status().state, expected, `${call} in ${state}`);
        assert.equal(weapon.status().remainingCount, call === 'Launch' ? count - 1 : count);
      }
    }
  }
});

test('the answers carry the document’s texts; LAUNCHED resets by itself while stores remain', async () => {
  await using rig = await createRig();
  const { weapon, clock } = rig;
  const initialize = () => weapon.initialize({ mountPoint: rig.identity.mountPoints, quantity: 2, config: {} });
  assert.deepEqual(await rig.pass(initialize()), { success: true, message: '初始化成功' });
  assert.deepEqual(weapon.status(), {
    state: 'READY',
    remainingCount: 2,
    temperature: 25.5,
    selfCheckPassed: true,
    message: '系统正常',
  });
  assert.deepEqual(await weapon.lockTarget(target), { success: true, message: '目标已锁定' });
  const tooMany = { count: 3, idempotencyKey: 'k3', authorization: rig.token({ count: 3, jti: 'j3' }) };
  assert.deepEqual(await launch(rig, tooMany), {
    success: false,
    message: '导弹数量不足: 需要3枚，剩余2枚',
    remainingCount: 2,
  });
  assert.equal(weapon.status().state, 'LOCKED');
  assert.deepEqual([...weapon.ledger.spent], []);
  assert.deepEqual(await launch(rig, { idempotencyKey: 'k1' }), {
    success: true,
    message: '成功发射1枚导弹',
    remainingCount: 1,
  });
  await clock.advance(999);
  assert.equal(weapon.status().state, 'LAUNCHED');
  await clock.advance(1);
  assert.equal(weapon.status().state, 'READY');
  await weapon.lockTarget(target);
  await launch(rig, { idempotencyKey: 'k2' });
  await clock.advance(60_000);
  assert.equal(weapon.status().state, 'LAUNCHED', 'with none left it stays');
  assert.deepEqual([weapon.ledger.authorised, weapon.ledger.released], [5, 2]);
});

test('Initialize: its arguments are MOUNT_POINTS and at most QUANTITY; the same again changes nothing, others are refused', async () => {
  await using rig = await createRig();
  const { weapon } = rig;
  const good = { mountPoint: rig.identity.mountPoints, quantity: 1, config: { a: '1' } };
  for (const wrong of [
    { mountPoint: 'internal-bay-1' },
    { quantity: 0 },
    { quantity: -1 },
    { quantity: 3 },
    { quantity: 1e9 },
  ])
    await assert.rejects(weapon.initialize({ ...good, ...wrong }), fails('INVALID_ARGUMENT'));
  const both = Promise.all([weapon.initialize(good), weapon.initialize(good)]);
  await assert.rejects(weapon.initialize({ ...good, quantity: 2 }), fails('FAILED_PRECONDITION', /INITIALIZING/));
  assert.deepEqual(
    (await rig.pass(both)).map((one) => one.success),
    [true, true],
  );
  assert.equal(weapon.status().remainingCount, 1);
  assert.equal((await weapon.initialize(good)).success, true);
  for (const other of [{ quantity: 2 }, { config: {} }, { config: { a: '2' } }])
    await assert.rejects(weapon.initialize({ ...good, ...other }), fails('FAILED_PRECONDITION', /READY/));
  assert.equal(weapon.status().remainingCount, 1);
});

test('Initialize never raises a count that a journal holds', async () => {
  const rig = await createRig();
  await rig.lock();
  await launch(rig);
  await rig[Symbol.asyncDispose]();
  await using again = await createRig({ disk: rig.disk, key: rig.key });
  assert.equal(again.weapon.status().state, 'LAUNCHED');
  assert.equal(again.weapon.ledger.run, 2);
  const initialize = () => again.weapon.initialize({ mountPoint: again.identity.mountPoints, quantity: 2, config: {} });
  assert.equal((await initialize()).success, true);
  assert.equal(again.weapon.status().remainingCount, 1);
  await again.clock.advance(1000);
  assert.equal(again.weapon.status().state, 'READY');
});

test('LockTarget refuses what is out of range and names it', async () => {
  await using rig = await createRig();
  await into.READY(rig);
  const lock = (changes: object) =>
    rig.weapon.lockTarget({
      target: { latitude: 0, longitude: 0, altitude: 0, velocity: 0, targetType: '', ...changes } as never,
    });
  for (const [field, values] of Object.entries({
    latitude: [90.001, -91, Number.NaN, Number.POSITIVE_INFINITY],
    longitude: [180.5, -181, Number.NaN],
    altitude: [Number.NaN, Number.NEGATIVE_INFINITY, 1e9],
    velocity: [-1, Number.NaN],
  }))
    for (const value of values)
      await assert.rejects(lock({ [field]: value }), fails('INVALID_ARGUMENT', new RegExp(field)));
  await assert.rejects(rig.weapon.lockTarget({}), fails('INVALID_ARGUMENT', /target/));
  assert.equal(rig.weapon.status().state, 'READY');
  assert.equal((await lock({ latitude: -90, longitude: 180 })).success, true);
});

test('Launch checks in W5’s order: known key, arguments, authorisation, state, count', async () => {
  await using rig = await createRig({ behaviour: { resetSeconds: 100 } });
  const bad = { targetId: '', count: 0, authorization: 'nonsense' };
  // In INITIALIZING with everything wrong: arguments first, then authorisation, then state.
  await assert.rejects(launch(rig, { ...bad, idempotencyKey: 'x' }), fails('INVALID_ARGUMENT', /target_id/));
  await assert.rejects(launch(rig, { count: 0 }), fails('INVALID_ARGUMENT', /count/));
  await assert.rejects(launch(rig, { count: -5 }), fails('INVALID_ARGUMENT', /count/));
  await assert.rejects(launch(rig, { idempotencyKey: '' }), fails('INVALID_ARGUMENT', /idempotency_key/));
  await assert.rejects(launch(rig, { authorization: 'nonsense' }), fails('PERMISSION_DENIED', /malformed/));
  await assert.rejects(launch(rig), fails('FAILED_PRECONDITION', /INITIALIZING/));
  await rig.lock();
  const first = await launch(rig);
  assert.equal(first.success, true);
  // Known: whatever the state and the token are now; another body is another launch.
  assert.deepEqual(await launch(rig, { authorization: '' }), first);
  await assert.rejects(launch(rig, { count: 2 }), fails('ALREADY_EXISTS'));
  await assert.rejects(launch(rig, { ...bad }), fails('ALREADY_EXISTS'));
  assert.equal(rig.weapon.status().remainingCount, 1);
  // A refused or failed call leaves its key free.
  await assert.rejects(launch(rig, { idempotencyKey: 'k2', authorization: '' }), fails('PERMISSION_DENIED'));
  await assert.rejects(launch(rig, { idempotencyKey: 'k2' }), fails('FAILED_PRECONDITION', /LAUNCHED/));
  assert.equal(rig.weapon.ledger.answers.size, 1);
});

test('a Launch without a valid authorisation never happens: each refusal has its reason, counts and is told', async () => {
  await using rig = await createRig();
  await rig.lock();
  await launch(rig, { idempotencyKey: 'spent', authorization: rig.token({ jti: 'used' }) });
  await rig.clock.advance(1000);
  await rig.weapon.lockTarget(target);
  const now = rig.clock.now() / 1000;
  const attempts: Record<RefusalReason, string> = {
    missing: '',
    malformed: 'a.b.c',
    key: rig.token({}, generateSigningKey()),
    expired: rig.token({ exp: now - 5 }),
    task: rig.token({ task: 'default/other' }),
    weapon: rig.token({ weapon: 'pl10-missile' }),
    count: rig.token({ count: 2 }),
    replayed: rig.token({ jti: 'used' }),
  };
  const told: string[] = [];
  const seat = rig.weapon.telemetry.join(
    {
      write: ({ event }) => {
        if (event.case === 'refusal') told.push(event.value.reason);
        return true;
      },
      overrun: () => {},
    },
    { run: 0, afterSequence: 0n },
  );
  for (const [reason, authorization] of Object.entries(attempts))
    await assert.rejects(launch(rig, { idempotencyKey: reason, authorization }), (error) => {
      fails('PERMISSION_DENIED', new RegExp(`\\(${reason}\\)$`))(error);
      return error instanceof WipError && error.refusal === reason;
    });
  seat[Symbol.dispose]();
  assert.deepEqual(told, Object.keys(attempts));
  for (const count of Object.values(rig.weapon.ledger.refused)) assert.equal(count, 1);
  assert.equal(rig.weapon.status().remainingCount, 1);
  assert.equal(rig.weapon.ledger.authorised, 1);
  assert.equal(rig.weapon.status().state, 'LOCKED');
  // A valid token still launches, within the leeway.
  const late = rig.token({ exp: now - 4.9 });
  assert.equal((await launch(rig, { idempotencyKey: 'last', authorization: late })).success, true);
});

test('no trust, no task: no launch', async () => {
  for (const [identity, reason] of [
    [{ trust: new Map() }, 'key'],
    [{ task: undefined }, 'task'],
    [{ taskUID: 'uid-2' }, 'task'],
  ] as const) {
    await using rig = await createRig({ identity });
    await rig.lock();
    await assert.rejects(launch(rig), (error) => error instanceof WipError && error.refusal === reason);
  }
});

test('many launches at once: each store leaves once, the same key gets the same answer', async () => {
  await using rig = await createRig({ quantity: 5, behaviour: { resetSeconds: 0.001 } });
  await rig.lock();
  const same = await Promise.all(Array.from({ length: 20 }, () => launch(rig, { idempotencyKey: 'same' })));
  assert.equal(new Set(same.map((one) => JSON.stringify(one))).size, 1);
  assert.equal(rig.weapon.status().remainingCount, 4);
  await rig.clock.advance(1);
  await rig.weapon.lockTarget(target);
  // One token, many keys: spent once. Many tokens: one lock, one launch.
  const authorization = rig.token();
  const results = await Promise.allSettled(
    Array.from({ length: 20 }, (_, at) =>
      launch(rig, { idempotencyKey: `k${at}`, ...(at < 10 ? { authorization } : {}) }),
    ),
  );
  assert.equal(results.filter((one) => one.status === 'fulfilled').length, 1);
  assert.equal(rig.weapon.status().remainingCount, 3);
  assert.equal(rig.weapon.ledger.refused.replayed, 9);
});

test('a journal that cannot be written: UNAVAILABLE, nothing half done, and it goes on when it can', async () => {
  const probe = await createRig();
  await probe.lock();
  const before = probe.disk.operations.length;
  await probe[Symbol.asyncDispose]();
  for (const [offset, kind] of [
    [0, 'ENOSPC torn'],
    [0, 'EIO before'],
    [1, 'EIO before'],
    [1, 'EIO after'],
  ] as const) {
    await using rig = await createRig({ disk: createMemoryDisk({ mishap: { operation: before + offset, kind } }) });
    await rig.lock();
    const authorization = rig.token();
    await assert.rejects(launch(rig, { authorization }), fails('UNAVAILABLE', /journal: (EIO|ENOSPC)/));
    assert.deepEqual([rig.weapon.status().state, rig.weapon.status().remainingCount], ['LOCKED', 2]);
    assert.equal((await launch(rig, { authorization })).remainingCount, 1);
    const found = await createRig({ disk: rig.disk.survivor({ names: 'synced', data: 'synced' }) });
    assert.equal(found.weapon.status().remainingCount, 1);
    await found[Symbol.asyncDispose]();
  }
});

test('LAUNCHED is left also where the journal could not be written at first', async () => {
  const probe = await createRig();
  await probe.lock();
  await launch(probe);
  const operation = probe.disk.operations.length;
  await probe[Symbol.asyncDispose]();
  await using rig = await createRig({ disk: createMemoryDisk({ mishap: { operation, kind: 'EIO before' } }) });
  await rig.lock();
  await launch(rig);
  await rig.clock.advance(1000);
  assert.equal(rig.weapon.status().state, 'LAUNCHED');
  await rig.clock.advance(1000);
  assert.equal(rig.weapon.status().state, 'READY');
});

test('a damaged journal: FAULT that no Initialize clears, count 0, the file named', async () => {
  const disk = createMemoryDisk();
  disk.write('/state/journal', Buffer.from('damaged'));
  await using rig = await createRig({ disk });
  const { weapon } = rig;
  assert.equal(weapon.status().state, 'FAULT');
  assert.match(weapon.status().message, /\/state\/journal\.corrupt-1/);
  assert.equal(weapon.status().remainingCount, 0);
  const answer = await rig.pass(weapon.initialize({ mountPoint: rig.identity.mountPoints, quantity: 2, config: {} }));
  assert.equal(answer.success, false);
  assert.match(answer.message, /自检失败.*journal\.corrupt-1/);
  assert.equal((await rig.pass(weapon.selfCheck())).success, false);
  await assert.rejects(launch(rig), fails('FAILED_PRECONDITION', /FAULT/));
});

test('a self-check that fails leads to FAULT, Initialize out of it, count untouched', async () => {
  await using rig = await createRig({ behaviour: { ...failingOnce, resetSeconds: 100 } });
  await rig.lock();
  const { weapon } = rig;
  assert.deepEqual(await rig.pass(weapon.selfCheck()), { success: false, message: '自检失败: seeker' });
  assert.deepEqual(
    [weapon.status().state, weapon.status().message, weapon.status().selfCheckPassed],
    ['FAULT', 'seeker', false],
  );
  const initialize = () => weapon.initialize({ mountPoint: rig.identity.mountPoints, quantity: 2, config: {} });
  assert.equal((await rig.pass(initialize())).success, true);
  assert.deepEqual([weapon.status().state, weapon.status().remainingCount], ['READY', 2]);
});

test('simulated faults: fail, fault, hang, crash, by call and by time; once in a journal’s life', async () => {
  const faults = [
    { trigger: 'Initialize', nth: 1, action: 'fail', message: 'cold' },
    { trigger: 'LockTarget', nth: 1, action: 'fail', message: 'no lock' },
    { trigger: 'Launch', nth: 1, action: 'fail', message: 'misfire' },
    { trigger: 'Launch', nth: 2, action: 'crash' },
    { trigger: 'LockTarget', nth: 3, action: 'hang' },
    { trigger: 'time', afterSeconds: 50, action: 'fault', message: 'worn out' },
  ] as const;
  const rig = await createRig({ behaviour: { faults: [...faults] } });
  const { weapon, clock } = rig;
  const initialize = () => weapon.initialize({ mountPoint: rig.identity.mountPoints, quantity: 2, config: {} });
  assert.deepEqual(await rig.pass(initialize()), { success: false, message: 'cold' });
  assert.equal((await rig.pass(initialize())).success, true);
  assert.deepEqual(await weapon.lockTarget(target), { success: false, message: 'no lock' });
  assert.equal((await weapon.lockTarget(target)).success, true);
  const authorization = rig.token();
  assert.deepEqual(await launch(rig, { authorization }), { success: false, message: 'misfire', remainingCount: 2 });
  assert.equal(weapon.ledger.spent.size, 0);
  const crashing = launch(rig, { authorization });
  const hanging = weapon.lockTarget(target);
  let answered = 0;
  for (const call of [crashing, hanging]) call.then(() => (answered += 1)).catch(() => (answered += 1));
  await clock.advance(1000);
  assert.deepEqual([rig.crashes(), answered, weapon.status().state], [1, 0, 'LOCKED']);
  await clock.advance(50_000);
  assert.deepEqual([weapon.status().state, weapon.status().message], ['FAULT', 'worn out']);
  await rig[Symbol.asyncDispose]();
  assert.equal(answered, 2, 'the end of the weapon ends calls that hang');
  assert.deepEqual([...weapon.ledger.fired].sort(), [0, 1, 2, 3, 4, 5]);
  await using again = await createRig({ disk: rig.disk, key: rig.key, behaviour: { faults: [...faults] } });
  await again.clock.advance(60_000);
  assert.equal(again.crashes(), 0);
});

test('what an interrupted disk left is what a restarted weapon goes on from', async () => {
  const first = await createRig();
  await first.lock();
  const operations = first.disk.operations.length;
  await first[Symbol.asyncDispose]();
  const key = generateSigningKey();
  const disk = withMishap(createMemoryDisk(), { operation: operations + 1, kind: 'crash before' });
  const rig = await createRig({ disk, key });
  await rig.lock();
  const authorization = rig.token();
  await assert.rejects(launch(rig, { authorization }), fails('UNAVAILABLE'));
  await rig[Symbol.asyncDispose]();
  for (const data of ['done', 'synced'] as const) {
    await using again = await createRig({ disk: disk.survivor({ names: 'synced', data }), key });
    // Whether or not the record reached the disk: the same key leads to one release.
    const answer = await launch(again, { authorization });
    assert.deepEqual([answer.success, answer.remainingCount], [true, 1]);
    assert.equal(again.weapon.ledger.released, 1);
  }
});
