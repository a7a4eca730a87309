/**
 * Bundles every entry point into dist/. Run by `npm ci` (prepare), so that containers and commands start from one
 * file each: an unbundled weapon takes three times as long to serve.
 */
import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/**
 * Output name in dist/ → entry point. Each of these is a main.ts: it may read environment, signals and exit codes. What
 * runs in containers is bundled apart from the command: chunks are whole files, and one that both use would bring the
 * command's libraries (schemas among them) into every weapon: 170 ms of CPU at its start in place of 75.
 */
const entryPoints: readonly Readonly<Record<string, string>>[] = [
  { hardpoint: 'packages/cli/src/main.ts' },
  {
    weapon: 'packages/weapon/src/main.ts',
    'aircraft-control': 'packages/aircraft/src/main.ts',
    'weapon-preload': 'packages/aircraft/src/preload/main.ts',
    shim: 'packages/node/src/shim/main.ts',
  },
];

// Made beside, then swapped in: what runs from dist/ meanwhile keeps finding its chunks for all but a moment.
const fresh = `dist.${process.pid}`;
for (const group of entryPoints) {
  await build({
    absWorkingDir: root,
    entryPoints: Object.fromEntries(Object.entries(group).filter(([, source]) => existsSync(join(root, source)))),
    outdir: fresh,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    format: 'esm',
    platform: 'node',
    mainFields: ['module', 'main'],
    target: 'node24',
    minifySyntax: true,
    // No keepNames: identifiers are not shortened, and naming each closure anew costs a third of a weapon's start.
    sourcemap: false,
    logLevel: 'warning',
    external: ['lmdb', '@lydell/node-pty', '@hardpoint/*/native'],
    banner: {
      js: "import { createRequire as __hardpointRequire } from 'node:module'; const require = __hardpointRequire(import.meta.url);",
    },
  });
}

// The CRDs as JSON, so that a starting cluster does not pay for the schema library.
const { crds } = await import('../packages/api/src/schema.ts');
writeFileSync(join(root, fresh, 'crds.json'), JSON.stringify(crds()));

const old = `${fresh}.old`;
if (existsSync(join(root, 'dist'))) renameSync(join(root, 'dist'), join(root, old));
renameSync(join(root, fresh), join(root, 'dist'));
rmSync(join(root, old), { recursive: true, force: true });
