import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { CustomResourceDefinition } from '@hardpoint/kubernetes';

/** Where this program's files lie: bundles in `dist/`, examples beside it. */
export interface Installation {
  readonly root: string;
  /** The bundle of an entry point: `hardpoint`, `weapon`, `aircraft-control`, `weapon-preload`, `shim`. */
  bundle(name: string): string;
  example(path: string): string;
  /** The airforce.mil kinds, as the build wrote them. */
  crds(): readonly CustomResourceDefinition[];
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
    crds: () => JSON.parse(readFileSync(join(root, 'dist', 'crds.json'), 'utf8')) as CustomResourceDefinition[],
  };
}
