import { lstat, mkdir, readdir, readFile, readlink, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** A file of a projected volume. `path` may have folders, never `..`. */
export interface ProjectedFile {
  readonly content: Uint8Array;
  /** Permission bits. */
  readonly mode: number;
}

const CURRENT = '..data';
const NEXT = '..data_tmp';

/**
 * Makes a folder show exactly these files, all at once: they lie in a folder of their own, `..data` links to it and is
 * replaced by one rename, and the visible names link through it (a kubelet's atomic writer). Does nothing where the
 * content is the same. Answers whether it changed. `stamp` names the new folder and must not have been used before.
 */
export async function writeAtomicFolder(options: {
  readonly folder: string;
  readonly files: ReadonlyMap<string, ProjectedFile>;
  readonly stamp: string;
}): Promise<boolean> {
  const { folder, files, stamp } = options;
  await mkdir(folder, { recursive: true });
  const before = await readlink(join(folder, CURRENT)).catch(() => undefined);
  if (before !== undefined && (await sameContent(join(folder, before), files))) return false;

  const target = `..${stamp}`;
  for (const [path, { content, mode }] of files) {
    const file = join(folder, target, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content, { mode });
  }
  await mkdir(join(folder, target), { recursive: true });
  await rm(join(folder, NEXT), { force: true });
  await symlink(target, join(folder, NEXT));
  await rename(join(folder, NEXT), join(folder, CURRENT));

  const names = new Set([...files.keys()].map((path) => path.split('/')[0] ?? path));
  for (const name of names) {
    const link = join(folder, name);
    const there = await lstat(link).catch(() => undefined);
    if (there === undefined) await symlink(join(CURRENT, name), link);
  }
  for (const name of await readdir(folder)) {
    if (!name.startsWith('..') && !names.has(name)) await rm(join(folder, name), { force: true, recursive: true });
  }
  if (before !== undefined) await rm(join(folder, before), { recursive: true, force: true });
  return true;
}

async function sameContent(folder: string, files: ReadonlyMap<string, ProjectedFile>): Promise<boolean> {
  const there = (await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])).filter((entry) =>
    entry.isFile(),
  );
  if (there.length !== files.size) return false;
  for (const [path, { content }] of files) {
    const old = await readFile(join(folder, path)).catch(() => undefined);
    if (old === undefined || !old.equals(content)) return false;
  }
  return true;
}
