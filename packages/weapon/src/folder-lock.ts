import { stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { systemCode, WeaponError } from './weapon-error.ts';

/**
 * Takes a folder for one weapon. Held as a socket in Linux's abstract namespace, named by device and inode: the kernel
 * lets it go with the process, however that ends, and there is no file that could be stale. Throws WeaponError `in-use`.
 */
export async function lockFolder(folder: string): Promise<AsyncDisposable> {
  const { dev, ino } = await stat(folder);
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => {
      if (systemCode(error) !== 'EADDRINUSE') return reject(WeaponError.from(error, 'listen'));
      reject(new WeaponError({ code: 'in-use', message: `${folder} is in use by another weapon`, cause: error }));
    });
    server.listen({ path: `\0hardpoint-weapon-${dev}-${ino}` }, resolve);
  });
  server.unref();
  return {
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
      }),
  };
}
