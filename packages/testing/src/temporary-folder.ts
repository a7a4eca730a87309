import { mkdtemp, rm } from 'node:fs/promises';

export interface TemporaryFolder extends AsyncDisposable {
  /** Absolute and short: a socket path ends at 107 bytes. */
  readonly path: string;
}

/** A new empty folder, removed with all that is in it when disposed. */
export async function temporaryFolder(): Promise<TemporaryFolder> {
  const path = await mkdtemp('/tmp/hp-');
  return {
    path,
    async [Symbol.asyncDispose]() {
      await rm(path, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
