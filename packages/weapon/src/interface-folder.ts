import { open, readdir, rename, stat, unlink } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import { type Server, ServerCredentials } from '@grpc/grpc-js';
import { systemCode, WeaponError } from './weapon-error.ts';

/** The sockets of an interface folder (W2). */
export type SocketName = 'control.sock' | 'status.sock' | 'data.sock';

/** A folder whose lock is held, with the sockets that have been bound in it. */
export interface InterfaceFolder extends AsyncDisposable {
  /** Serves on a socket: it appears at once, listening, in place of whatever had its name. */
  bind(name: SocketName, server: Server): Promise<void>;
}

/** Longest path of a socket on Linux, bytes. */
const longestPath = 107;
const bindName = /^\.(control|status|data)\.sock\.[0-9]+$/;

/**
 * Prepares the folder: what a process that was killed left under a name being bound is removed. A path that is too long
 * for a socket is shortened: relative to the working folder, or through /proc/self/fd.
 */
export async function openInterfaceFolder(options: {
  readonly folder: string;
  /** Tells the sockets that are being bound apart from another process's. */
  readonly processId: number;
}): Promise<InterfaceFolder> {
  const { folder, processId } = options;
  for (const name of await readdir(folder)) if (bindName.test(name)) await removeIfThere(`${folder}/${name}`);
  const handle = await open(folder);
  const bound = new Map<SocketName, bigint>();

  const pathOf = (name: string): string => {
    const absolute = `${resolve(folder)}/${name}`;
    const candidates = [`${folder}/${name}`, relative('', absolute), `/proc/self/fd/${handle.fd}/${name}`];
    const fits = candidates.find((path) => Buffer.byteLength(path) <= longestPath);
    if (fits !== undefined) return fits;
    throw new WeaponError({ code: 'listen', message: `${absolute} is too long for a socket` });
  };

  return {
    async bind(name, server) {
      const beside = `.${name}.${processId}`;
      await listen(server, `unix:${pathOf(beside)}`);
      const { ino } = await stat(`${folder}/${beside}`, { bigint: true });
      await rename(`${folder}/${beside}`, `${folder}/${name}`);
      bound.set(name, ino);
    },
    async [Symbol.asyncDispose]() {
      for (const [name, ino] of bound) {
        const path = `${folder}/${name}`;
        const there = await stat(path, { bigint: true }).catch(() => undefined);
        // Another may have taken the name over meanwhile: its socket stays.
        if (there?.ino === ino) await removeIfThere(path);
      }
      await handle.close();
    },
  };
}

/** Binds a server to a gRPC address; gives the port. Throws WeaponError `in-use` or `listen`. */
export function listen(server: Server, address: string): Promise<number> {
  return new Promise((resolvePort, reject) => {
    server.bindAsync(address, ServerCredentials.createInsecure(), (error, port) => {
      if (error === null) return resolvePort(port);
      const code = /EADDRINUSE/.test(error.message) ? 'in-use' : 'listen';
      reject(new WeaponError({ code, message: `${address}: ${error.message}`, cause: error }));
    });
  });
}

async function removeIfThere(path: string): Promise<void> {
  await unlink(path).catch((error: unknown) => {
    if (systemCode(error) !== 'ENOENT') throw error;
  });
}
