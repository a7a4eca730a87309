import assert from 'node:assert/strict';
import { appendFile, readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '@hardpoint/testing';
import fc from 'fast-check';
import { AircraftError } from './aircraft-error.ts';
import { openJournal } from './journal.ts';
import type { SortieRecord } from './sortie-record.ts';

const records: readonly SortieRecord[] = [
  { type: 'Started', at: 1, taskUID: 'u' },
  { type: 'Waiting', at: 2, place: '0/0' },
  { type: 'Intended', at: 3, place: '0/0', token: 't', tokenId: 'i', jti: 'j', authorization: '授权', before: 2 },
  { type: 'Made', at: 4, place: '0/0', remaining: 1, message: '成功发射1枚导弹' },
];

async function write(file: string, what: readonly SortieRecord[]): Promise<void> {
  await using journal = await openJournal(file);
  for (const record of what) await journal.append(record);
}

test('what was appended is there at the next open, in a file for its owner only', async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'new', 'sortie.journal');
  await write(file, records.slice(0, 2));
  await write(file, records.slice(2));
  await using journal = await openJournal(file);
  assert.deepEqual(journal.records, records);
  assert.equal((await stat(file)).mode & 0o777, 0o600);
});

test('a file that ends anywhere within its last record has all records before it', async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'sortie.journal');
  await write(file, records);
  const whole = await readFile(file);
  const ends = [...whole.entries()].filter(([, byte]) => byte === 10).map(([index]) => index + 1);
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: whole.length }), async (length) => {
      await writeFile(file, whole);
      await truncate(file, length);
      const complete = ends.filter((end) => end <= length).length;
      await using journal = await openJournal(file);
      assert.deepEqual(journal.records, records.slice(0, complete));
      await journal.append({ type: 'Waiting', at: 9, place: '0/1' });
      await using again = await openJournal(file);
      assert.equal(again.records.length, complete + 1);
    }),
    { numRuns: 60 },
  );
});

test('a changed byte in any whole record is found, named, and the file kept aside', async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'sortie.journal');
  await write(file, records);
  const whole = await readFile(file);
  let kept = 0;
  await fc.assert(
    fc.asyncProperty(fc.nat({ max: whole.length - 2 }), fc.integer({ min: 1, max: 255 }), async (at, change) => {
      const damaged = Buffer.from(whole);
      damaged[at] = (damaged[at] ?? 0) ^ change;
      await writeFile(file, damaged);
      await assert.rejects(
        async () => {
          await using _ = await openJournal(file);
        },
        (error) => error instanceof AircraftError && error.code === 'JournalCorrupt',
      );
      kept += 1;
      assert.equal((await readdir(folder.path)).filter((name) => name.includes('corrupt')).length, kept);
    }),
    { numRuns: 40 },
  );
});

test('a last line without its line feed is not corrupt, whatever it holds', async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'sortie.journal');
  await write(file, records);
  await appendFile(file, '00000000 {"type":"Made"');
  await using journal = await openJournal(file);
  assert.deepEqual(journal.records, records);
});
