import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import {
  createMemoryDisk,
  DiskGone,
  type MemoryDisk,
  type Mishap,
  type Survival,
  withMishap,
} from '../fixtures/memory-disk.ts';
import { applyChange, type Ledger, type LedgerChange, newLedger } from '../ledger.ts';
import { WeaponError } from '../weapon-error.ts';
import { type Journal, openJournal } from './journal.ts';
import { frameOf, readFrames } from './journal-frame.ts';

const quantity = 4;
const open = (disk: MemoryDisk, compactAbove = 1500): Promise<Journal> =>
  openJournal({
    folder: '/state',
    files: disk.files,
    weapon: 'pl15-missile',
    quantity,
    faultText: (file, problem) => `${file}: ${problem}`,
    compactAbove,
  });

const launch = (key: string, left: number, success = true): LedgerChange => ({
  kind: 'launch',
  key,
  answer: { targetId: 'T1', count: 1, success, message: `${key} ${success}`, remaining: left },
  ...(success ? { jti: `jti-${key}` } : {}),
});
const standing = (kind: 'READY' | 'LOCKED'): LedgerChange => ({ kind: 'standing', standing: { kind } });

/** A life in which every kind of change happens, long enough to be compacted on the way. */
const life: readonly LedgerChange[] = [
  {
    kind: 'standing',
    standing: { kind: 'READY' },
    selfCheckPassed: true,
    initialized: { mountPoint: 'bay-1', quantity, config: { mode: 'a' } },
  },
  standing('LOCKED'),
  { kind: 'refused', reason: 'expired' },
  launch('uid/strike/0', 3),
  standing('READY'),
  standing('LOCKED'),
  launch('uid/strike/1', 2),
  { kind: 'fired', index: 0 },
  standing('READY'),
  standing('LOCKED'),
  launch('uid/strike/2', 2, false),
  launch('uid/strike/3', 1),
];

const survivals: readonly Survival[] = (['done', 'synced'] as const).flatMap((names) =>
  (['done', 'synced', 'half of the rest'] as const).map((data) => ({ names, data })),
);

const fold = (changes: readonly LedgerChange[]): Ledger =>
  changes.reduce(applyChange, newLedger({ weapon: 'pl15-missile', quantity }));
const withoutRun = ({ run: _, ...rest }: Ledger) => rest;

/** Lives until the disk is gone; gives how many changes were answered. */
async function live(disk: MemoryDisk, from = 0): Promise<number> {
  let answered = from;
  try {
    const journal = await open(disk);
    for (const change of life.slice(from)) {
      await journal.write(change);
      answered += 1;
    }
    await journal[Symbol.asyncDispose]();
  } catch (error) {
    const gone = error instanceof WeaponError ? error.cause : error;
    assert.ok(gone instanceof DiskGone, String(error));
  }
  return answered;
}

test('a crash before, after or within any file operation loses nothing that was answered and invents nothing', async () => {
  const whole = createMemoryDisk();
  assert.equal(await live(whole), life.length);
  const total = whole.operations.length;
  assert.ok(
    whole.operations.filter((name) => name === 'rename').length >= 2,
    'the life is long enough to be compacted',
  );
  let cases = 0;
  for (let operation = 0; operation < total; operation += 1) {
    for (const kind of ['crash before', 'crash torn', 'crash after'] as const) {
      for (const survival of survivals) {
        const disk = createMemoryDisk({ mishap: { operation, kind } });
        const answered = await live(disk);
        const found = disk.survivor(survival);
        const journal = await open(found);
        const story = `${kind} operation ${operation} (${whole.operations[operation]}), ${JSON.stringify(survival)}`;
        assert.equal(journal.kept, undefined, story);
        const made = [answered, answered + 1].find((count) =>
          isDeepStrictEqual(comparable(journal.ledger), comparable(fold(life.slice(0, count)))),
        );
        assert.ok(
          made !== undefined,
          `${story}: ${answered} answered, found ${JSON.stringify(comparable(journal.ledger))}`,
        );
        await journal[Symbol.asyncDispose]();
        // It goes on from there to the same end.
        assert.equal(await live(found, made), life.length, story);
        const end = await open(found);
        assert.deepEqual(comparable(end.ledger), comparable(fold(life)), story);
        cases += 1;
      }
    }
  }
  assert.ok(cases > 500);
});

const comparable = (ledger: Ledger) => ({
  ...withoutRun(ledger),
  answers: [...ledger.answers],
  spent: [...ledger.spent],
  fired: [...ledger.fired],
});

test('a crash while the journal is opened again, at any operation, changes nothing', async () => {
  for (const cut of [0, 20]) {
    const before = createMemoryDisk();
    await live(before);
    const bytes = before.read('/state/journal');
    assert.ok(bytes !== undefined);
    const base = createMemoryDisk();
    base.write('/state/journal', bytes.subarray(0, bytes.length - cut));
    const expected = fold(cut === 0 ? life : life.slice(0, -1));
    for (let operation = 0; operation < 8; operation += 1) {
      for (const kind of ['crash before', 'crash torn', 'crash after'] as const) {
        for (const survival of survivals) {
          const disk = withMishap(base, { operation, kind });
          await live(disk, life.length);
          const journal = await open(disk.survivor(survival));
          assert.deepEqual(comparable(journal.ledger), comparable(expected));
        }
      }
    }
  }
});

test('a write that fails changes nothing, and the next one counts right', async () => {
  const whole = createMemoryDisk();
  await live(whole);
  for (let operation = 0; operation < whole.operations.length; operation += 1) {
    for (const kind of ['EIO before', 'EIO after', 'ENOSPC torn'] as const) {
      const mishap: Mishap = { operation, kind };
      const disk = createMemoryDisk({ mishap });
      let journal: Journal;
      try {
        journal = await open(disk);
      } catch (error) {
        assert.ok(error instanceof WeaponError && error.code === 'journal' && error.message.startsWith('/state: E'));
        journal = await open(disk);
      }
      for (const change of life) {
        const before = journal.ledger;
        await journal.write(change).catch(async (error: unknown) => {
          assert.match(String(error), /EIO|ENOSPC/);
          assert.equal(journal.ledger, before);
          await journal.write(change);
        });
      }
      assert.deepEqual(comparable(journal.ledger), comparable(fold(life)), `${kind} ${operation}`);
      await journal[Symbol.asyncDispose]().then(
        () => {},
        () => {},
      );
      for (const survival of survivals) {
        const found = await open(disk.survivor(survival));
        assert.deepEqual(comparable(found.ledger), comparable(fold(life)), `${kind} ${operation}`);
      }
    }
  }
});

test('any byte changed: never a wrong count; the journal is kept aside, named, and the weapon in FAULT for good', async () => {
  const disk = createMemoryDisk();
  await live(disk);
  const sound = disk.read('/state/journal');
  assert.ok(sound !== undefined);
  const lastFrame = sound.lastIndexOf(0x0a, sound.length - 2) + 1;
  await fc.assert(
    fc.asyncProperty(fc.nat(sound.length - 1), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
      const damaged = Buffer.from(sound);
      damaged[at] = (damaged[at] ?? 0) ^ flip;
      const found = createMemoryDisk();
      found.write('/state/journal', damaged);
      const journal = await open(found);
      assert.deepEqual(journal.kept?.file, '/state/journal.corrupt-1');
      assert.deepEqual(found.read('/state/journal.corrupt-1'), damaged);
      assert.equal(journal.ledger.remaining, 0);
      const { standing } = journal.ledger;
      assert.ok(standing.kind === 'FAULT' && standing.lasting && standing.cause.includes('/state/journal.corrupt-1'));
      await journal[Symbol.asyncDispose]();
      // Also after another start.
      const again = await open(found);
      assert.deepEqual(again.ledger.standing, standing);
      assert.equal(again.ledger.remaining, 0);
    }),
    {
      numRuns: 300,
      examples: [
        [0, 1],
        [sound.length - 1, 1],
        [lastFrame, 8],
        [lastFrame + 30, 1],
      ],
    },
  );
});

test('a record cut short at the end is dropped; a journal without a whole record is damaged', async () => {
  const disk = createMemoryDisk();
  await live(disk);
  const sound = disk.read('/state/journal') ?? Buffer.alloc(0);
  const firstFrame = sound.indexOf(0x0a) + 1;
  for (let size = 0; size < sound.length; size += 1) {
    const found = createMemoryDisk();
    found.write('/state/journal', sound.subarray(0, size));
    const journal = await open(found);
    if (size < firstFrame) assert.equal(journal.ledger.standing.kind, 'FAULT', `${size} bytes`);
    else assert.equal(journal.kept, undefined, `${size} bytes`);
    if (size === sound.length - 1) assert.deepEqual(comparable(journal.ledger), comparable(fold(life.slice(0, -1))));
  }
});

test('damage at any moment of keeping a journal aside ends in FAULT', async () => {
  const base = createMemoryDisk();
  base.write('/state/journal', Buffer.from('nonsense that is long enough to be no cut record'));
  for (let operation = 0; operation < 14; operation += 1) {
    for (const kind of ['crash before', 'crash torn', 'crash after'] as const) {
      for (const survival of survivals) {
        const disk = withMishap(base, { operation, kind });
        await live(disk, life.length);
        const journal = await open(disk.survivor(survival));
        assert.equal(journal.ledger.standing.kind, 'FAULT');
        assert.equal(journal.ledger.remaining, 0);
      }
    }
  }
});

test('another version, another weapon: refused, nothing touched', async () => {
  for (const record of [
    { kind: 'ledger', version: 2 },
    {
      ...JSON.parse(JSON.stringify(newLedger({ weapon: 'pl10', quantity }))),
      kind: 'ledger',
      version: 1,
      answers: [],
      spent: [],
      fired: [],
    },
  ]) {
    const disk = createMemoryDisk();
    const bytes = frameOf(JSON.stringify(record));
    disk.write('/state/journal', bytes);
    await assert.rejects(open(disk), (error) => error instanceof WeaponError && error.code === 'journal');
    assert.deepEqual(disk.read('/state/journal'), bytes);
    assert.deepEqual(disk.names(), ['/state/journal']);
  }
});

test('frames read back as they were written', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme' })), fc.nat(40), (payloads, cut) => {
      const bytes = Buffer.concat(payloads.map(frameOf));
      assert.deepEqual(readFrames(bytes), { kind: 'readable', payloads, size: bytes.length, torn: false });
      const last = payloads.at(-1);
      if (last === undefined || cut === 0) return;
      const frame = frameOf(last).length;
      const shortened = readFrames(bytes.subarray(0, bytes.length - Math.min(cut, frame - 1)));
      assert.deepEqual(shortened, {
        kind: 'readable',
        payloads: payloads.slice(0, -1),
        size: bytes.length - frame,
        torn: true,
      });
    }),
  );
});
