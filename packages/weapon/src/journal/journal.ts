import { applyChange, type Ledger, type LedgerChange, newLedger } from '../ledger.ts';
import { WeaponError } from '../weapon-error.ts';
import type { AppendFile, FileOperations } from './file-operations.ts';
import { frameOf, readFrames } from './journal-frame.ts';
import { formatChange, formatLedger, readRecords } from './journal-record.ts';

/** What a weapon must still know after a crash, on disk (W7). One at a time may be open on a folder. */
export interface Journal extends AsyncDisposable {
  /** As it stands on disk. */
  readonly ledger: Ledger;
  /** Where the journal could not be read when it was opened: where it is kept now, and what is wrong with it. */
  readonly kept: { readonly file: string; readonly problem: string } | undefined;
  /**
   * Makes a change durable, then visible in `ledger`: one append, one fdatasync. Rejects with what the system said, and
   * nothing has changed; the next call first removes what the failed one may have left. Calls follow one another.
   */
  write(change: LedgerChange): Promise<Ledger>;
}

export interface JournalOptions {
  /** Made where it does not exist. */
  readonly folder: string;
  readonly files: FileOperations;
  /** The Weapon's name; a journal of another is refused. */
  readonly weapon: string;
  /** Stores at hand where there is no journal yet. */
  readonly quantity: number;
  /** What the FAULT says of a journal that cannot be read. */
  readonly faultText: (file: string, problem: string) => string;
  /** A journal longer than this many bytes is written anew as one record. */
  readonly compactAbove?: number;
}

const fileName = 'journal';

/**
 * Opens the journal of a folder, or begins one. A record cut short by a crash is dropped. Any other damage: the file is
 * kept aside as `journal.corrupt-N`, and the new journal says FAULT for good, with no stores, for the count is lost.
 * Throws WeaponError `journal` where the folder cannot be used, or its journal is another weapon's or another version's.
 */
export async function openJournal(options: JournalOptions): Promise<Journal> {
  try {
    return await open(options);
  } catch (error) {
    if (error instanceof WeaponError) throw error;
    const problem = error instanceof Error ? error.message : String(error);
    throw new WeaponError({ code: 'journal', message: `${options.folder}: ${problem}`, cause: error });
  }
}

async function open(options: JournalOptions): Promise<Journal> {
  const { folder, files, weapon } = options;
  const path = `${folder}/${fileName}`;
  await files.makeFolder(folder);
  const bytes = await files.read(path);
  if (bytes === undefined) {
    const ledger = newLedger(options);
    const anew = await writeAnew({ files, path, ledger });
    return begin({ options, path, ...anew, ledger, kept: undefined, dirty: false });
  }
  // A journal gets its name only once its first record is durable: one without a whole record is damaged.
  const frames = readFrames(bytes);
  const reading = frames.kind === 'corrupt' ? frames : readRecords(frames.payloads);
  if (reading.kind === 'other-version')
    throw new WeaponError({
      code: 'journal',
      message: `${path} has version ${JSON.stringify(reading.version)}, which this weapon does not read`,
    });
  if (reading.kind === 'corrupt' || frames.kind === 'corrupt') {
    const problem = reading.kind === 'corrupt' ? reading.problem : 'unreadable';
    const kept = { file: await keepAside(files, folder, path), problem };
    const lost = newLedger({ weapon, quantity: 0 });
    const cause = options.faultText(kept.file, problem);
    const ledger: Ledger = { ...lost, standing: { kind: 'FAULT', cause, lasting: true } };
    const anew = await writeAnew({ files, path, ledger });
    return begin({ options, path, ...anew, ledger, kept, dirty: false });
  }
  if (reading.ledger.weapon !== weapon)
    throw new WeaponError({
      code: 'journal',
      message: `${path} is the journal of weapon ${JSON.stringify(reading.ledger.weapon)}, not of ${JSON.stringify(weapon)}`,
    });
  const journal = journalOn({
    options,
    path,
    file: await files.open(path),
    size: frames.size,
    ledger: reading.ledger,
    kept: undefined,
    dirty: frames.torn,
    // The last process may have ended between a rename and its folder's sync.
    unsynced: true,
  });
  return closingOnFailure(journal, () => journal.write({ kind: 'run' }));
}

/** A journal that has just been written anew: it counts once its name is durable. */
function begin(begun: Omit<BegunJournal, 'unsynced'>): Promise<Journal> {
  const journal = journalOn({ ...begun, unsynced: true });
  return closingOnFailure(journal, () => journal.settle());
}

async function closingOnFailure(journal: Journal, act: () => Promise<unknown>): Promise<Journal> {
  try {
    await act();
    return journal;
  } catch (error) {
    await journal[Symbol.asyncDispose]();
    throw error;
  }
}

/** Gives a damaged journal a second name before its own is taken over. Repeating it after a crash is harmless. */
async function keepAside(files: FileOperations, folder: string, path: string): Promise<string> {
  for (let number = 1; ; number += 1) {
    const aside = `${path}.corrupt-${number}`;
    if (await files.exists(aside)) continue;
    await files.link(path, aside);
    await files.syncFolder(folder);
    return aside;
  }
}

/** A journal of one record in place of whatever has its name. The folder's sync is still to come. */
async function writeAnew(options: {
  readonly files: FileOperations;
  readonly path: string;
  readonly ledger: Ledger;
}): Promise<{ readonly file: AppendFile; readonly size: number }> {
  const { files, path } = options;
  const beside = `${path}.new`;
  if (await files.exists(beside)) await files.unlink(beside);
  const frame = frameOf(formatLedger(options.ledger));
  const file = await files.open(beside);
  try {
    await file.append(frame);
    await file.datasync();
    await files.rename(beside, path);
    return { file, size: frame.length };
  } catch (error) {
    await file.close().catch(() => {});
    throw error;
  }
}

interface BegunJournal {
  readonly options: JournalOptions;
  readonly path: string;
  readonly file: AppendFile;
  /** Bytes of whole records. */
  readonly size: number;
  readonly ledger: Ledger;
  readonly kept: Journal['kept'];
  /** Bytes behind `size` may exist. */
  readonly dirty: boolean;
  /** The file's name may not be durable yet. */
  readonly unsynced: boolean;
}

interface OpenJournal extends Journal {
  /** Makes durable what is not. */
  settle(): Promise<void>;
}

function journalOn(begun: BegunJournal): OpenJournal {
  const { options, path, kept } = begun;
  const { files, folder, compactAbove = 1 << 20 } = options;
  let { file, size, ledger, dirty, unsynced } = begun;
  let last: Promise<unknown> = Promise.resolve();
  let closed = false;

  const settle = async (): Promise<void> => {
    if (closed) throw new WeaponError({ code: 'journal', message: `${path} is closed` });
    if (unsynced) {
      await files.syncFolder(folder);
      unsynced = false;
    }
    if (dirty) {
      await file.truncate(size);
      await file.datasync();
      dirty = false;
    }
  };

  const append = async (change: LedgerChange): Promise<Ledger> => {
    await settle();
    const frame = frameOf(formatChange(change));
    dirty = true;
    await file.append(frame);
    await file.datasync();
    dirty = false;
    size += frame.length;
    ledger = applyChange(ledger, change);
    if (size > compactAbove) await compact();
    return ledger;
  };

  /** The change stands already: a journal that cannot be shortened is only long. */
  const compact = async (): Promise<void> => {
    try {
      const anew = await writeAnew({ files, path, ledger });
      const old = file;
      ({ file, size } = anew);
      unsynced = true;
      await old.close();
      await settle();
    } catch {
      // Before the rename: tried again with the next change. After it: the next change settles first.
    }
  };

  return {
    get ledger() {
      return ledger;
    },
    kept,
    settle,
    write(change) {
      const written = last.then(() => append(change));
      last = written.catch(() => {});
      return written;
    },
    async [Symbol.asyncDispose]() {
      await last;
      if (closed) return;
      closed = true;
      await file.close();
    },
  };
}
