import { constants, existsSync } from 'node:fs';
import { type FileHandle, mkdir, open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { crc32 } from 'node:zlib';
import { AircraftError } from './aircraft-error.ts';
import type { SortieRecord } from './sortie-record.ts';

/** Where decided things are written down. `append` resolves when the record is on the disk. */
export interface Journal extends AsyncDisposable {
  /** What was there when it was opened, oldest first. */
  readonly records: readonly SortieRecord[];
  append(record: SortieRecord): Promise<void>;
}

/**
 * Opens the journal in `file`, creating it (mode 0600) and its folder where absent. One record a line: CRC-32 of the
 * JSON in eight hexadecimal digits, a blank, the JSON. A last line without its line feed was never acted upon and is
 * cut off. Any other line that cannot be read: AircraftError `JournalCorrupt`, after the file was moved aside to
 * `<file>.corrupt-N`, so that the next open begins anew.
 */
export async function openJournal(file: string): Promise<Journal> {
  await mkdir(dirname(file), { recursive: true });
  const handle = await open(file, constants.O_RDWR | constants.O_CREAT | constants.O_APPEND, 0o600);
  try {
    const bytes = await handle.readFile();
    const { records, length } = readRecords(bytes);
    if (length < bytes.length) await handle.truncate(length);
    await handle.datasync();
    await syncFolder(dirname(file));
    return new FileJournal({ handle, records });
  } catch (error) {
    await handle.close();
    if (error instanceof AircraftError) throw await movedAside(file, error);
    throw error;
  }
}

class FileJournal implements Journal {
  readonly records: readonly SortieRecord[];
  readonly #handle: FileHandle;
  #last: Promise<void> = Promise.resolve();

  constructor(options: { readonly handle: FileHandle; readonly records: readonly SortieRecord[] }) {
    this.#handle = options.handle;
    this.records = options.records;
  }

  append(record: SortieRecord): Promise<void> {
    const written = this.#last.then(async () => {
      await this.#handle.appendFile(lineOf(record));
      await this.#handle.datasync();
    });
    this.#last = written.catch(() => undefined);
    return written;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#last;
    await this.#handle.close();
  }
}

function lineOf(record: SortieRecord): string {
  const json = JSON.stringify(record);
  return `${checksum(json)} ${json}\n`;
}

function checksum(json: string): string {
  return crc32(json).toString(16).padStart(8, '0');
}

/** The readable records, and how many bytes they take. */
function readRecords(bytes: Uint8Array): { readonly records: readonly SortieRecord[]; readonly length: number } {
  const records: SortieRecord[] = [];
  let length = 0;
  while (length < bytes.length) {
    const end = bytes.indexOf(10, length);
    const line = end === -1 ? '' : Buffer.from(bytes.subarray(length, end)).toString('utf8');
    const json = line.slice(9);
    if (end === -1 || line.slice(0, 9) !== `${checksum(json)} `) {
      if (end === -1) break;
      throw new AircraftError({
        code: 'JournalCorrupt',
        message: `record ${records.length + 1} of the sortie's journal cannot be read`,
      });
    }
    records.push(JSON.parse(json) as SortieRecord);
    length = end + 1;
  }
  return { records, length };
}

async function movedAside(file: string, error: AircraftError): Promise<AircraftError> {
  let number = 1;
  while (existsSync(`${file}.corrupt-${number}`)) number += 1;
  const kept = `${file}.corrupt-${number}`;
  await rename(file, kept);
  await syncFolder(dirname(file));
  return new AircraftError({ code: error.code, message: `${error.message}; it is kept as ${kept}`, cause: error });
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
