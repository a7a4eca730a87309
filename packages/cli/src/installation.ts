import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Where this program's files lie: bundles in `dist/`, examples beside it. */
export interface Installation {
  readonly root: string;
  /** The bundle of an entry point: `hardpoint`, `weapon`, `aircraft-control`, `weapon-preload`, `shim`. */
  bundle(name: string): string;
  example(path: string): string;
}

/** Finds the folder that holds `dist/hardpoint.mjs`, upward from this file. */
export function findInstallation(): Installation {
  let folder = import.meta.dirname;
  while (!existsSync(join(folder, 'dist', 'hardpoint.mjs'))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error('dist/hardpoint.mjs was not found; `npm run build` makes it');
    folder = parent;
  }
  const root = folder;
  return {
    root,
    bundle: (name) => join(root, 'dist', `${name}.mjs`),
    example: (path) => join(root, 'examples', path),
  };
}
