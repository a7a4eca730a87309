import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The layout this build reads and writes. */
const layoutVersion = 1;

/** The data folder cannot be used; the message says why in words for a person. */
export class DataFolderError extends Error {
  override readonly name = 'DataFolderError';
  readonly code: 'Version' | 'Rights' | 'Locked';

  constructor(code: DataFolderError['code'], message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}

/** Makes the folder (0700) where it is missing and checks that this build may use it. Throws a {@link DataFolderError}. */
export function openDataFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    chmodSync(folder, 0o700);
    for (const inner of ['pki', 'store']) mkdirSync(join(folder, inner), { recursive: true, mode: 0o700 });
    const file = join(folder, 'version');
    if (!existsSync(file)) {
      if (existsSync(join(folder, 'store', 'store.mdb'))) {
        throw new DataFolderError('Version', `${file} is missing beside a store: not a data folder of this server`);
      }
      writePrivate(file, `${layoutVersion}\n`);
      return;
    }
    const found = readFileSync(file, 'utf8').trim();
    if (found !== String(layoutVersion)) {
      throw new DataFolderError(
        'Version',
        `the data folder ${folder} has layout version ${JSON.stringify(found)}, this server reads version ${layoutVersion}`,
      );
    }
  } catch (error) {
    if (error instanceof DataFolderError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new DataFolderError('Rights', `the data folder ${folder} cannot be used: ${reason}`, error);
  }
}

/** Writes a file of mode 0600, whole or not at all. */
export function writePrivate(file: string, content: string | Buffer): void {
  const temporary = `${file}.new`;
  writeFileSync(temporary, content, { mode: 0o600, flush: true });
  chmodSync(temporary, 0o600);
  renameSync(temporary, file);
}
