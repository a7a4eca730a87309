import { closeSync, constants, fdatasync, fsync, openSync, writeSync } from 'node:fs';
import { access, link, mkdir, open, readFile, rename, unlink } from 'node:fs/promises';
import { promisify } from 'node:util';

/** A file that is being appended to. */
export interface AppendFile {
  /** Writes all bytes behind what is there; they are durable only after `datasync`. May have written a part on failure. */
  append(bytes: Uint8Array): Promise<void>;
  /** fdatasync: what was appended, and the file's length, survive a loss of power. */
  datasync(): Promise<void>;
  /** Cuts the file to `size` bytes. */
  truncate(size: number): Promise<void>;
  close(): Promise<void>;
}

/** What a journal asks of a file system, handed in so that a test can end the world between any two of them. */
export interface FileOperations {
  /** Makes the folder and those above it; what exists stays. */
  makeFolder(path: string): Promise<void>;
  /** Undefined where there is no such file. */
  read(path: string): Promise<Uint8Array | undefined>;
  /** Opens for appending; makes the file (mode 0600) where there is none. */
  open(path: string): Promise<AppendFile>;
  rename(from: string, to: string): Promise<void>;
  /** A second name for the same file. */
  link(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  exists(path: string): Promise<boolean>;
  /** Makes names in the folder durable. */
  syncFolder(path: string): Promise<void>;
}

const datasync = promisify(fdatasync);

/** The real file system. */
export const systemFiles: FileOperations = {
  async makeFolder(path) {
    await mkdir(path, { recursive: true });
    await access(path, constants.W_OK | constants.X_OK);
  },
  async read(path) {
    try {
      return await readFile(path);
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
      throw error;
    }
  },
  async open(path) {
    const file = await open(path, constants.O_RDWR | constants.O_CREAT | constants.O_APPEND, 0o600);
    return {
      // Into the page cache only: quicker than a thread's turn. What takes time is the sync, which has one.
      async append(bytes) {
        for (let at = 0; at < bytes.length; ) at += writeSync(file.fd, bytes, at);
      },
      datasync: () => datasync(file.fd),
      truncate: (size) => file.truncate(size),
      close: () => file.close(),
    };
  },
  rename,
  link,
  unlink,
  async exists(path) {
    return access(path).then(
      () => true,
      () => false,
    );
  },
  syncFolder(path) {
    return new Promise((resolve, reject) => {
      const descriptor = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
      fsync(descriptor, (error) => {
        closeSync(descriptor);
        if (error === null) resolve();
        else reject(error);
      });
    });
  },
};
