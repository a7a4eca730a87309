/**
 * Bundles every entry point into dist/, and compiles the bundles ahead. Run by `npm ci` (prepare): an unbundled weapon
 * takes three times as long to serve, and an embedded cluster starts a third later without compiled code.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build, type Plugin } from 'esbuild';

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

/**
 * Imported the ordinary way, `node:http` has each of its exports read, and one of these loads Node's own fetch and
 * WebSocket: 20 ms of CPU in every process.
 */
const quietHttp: Plugin = {
  name: 'quiet-http',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^(node:)?https?$/ }, ({ path, kind }) =>
      kind === 'import-statement' ? { path, namespace: 'builtin' } : undefined,
    );
    onLoad({ filter: /./, namespace: 'builtin' }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule('${path}');`,
    }));
  },
};

// Made beside, then swapped in: what runs from dist/ meanwhile keeps finding its chunks for all but a moment.
const fresh = `dist.${process.pid}`;
for (const group of entryPoints) {
  await build({
    absWorkingDir: root,
    entryPoints: Object.fromEntries(Object.entries(group).filter(([, source]) => existsSync(join(root, source)))),
    outdir: fresh,
    entryNames: 'programs/[name]',
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
    plugins: [quietHttp],
    external: ['lmdb', '@lydell/node-pty', '@hardpoint/*/native'],
    banner: {
      js: "import { createRequire as __hardpointRequire } from 'node:module'; const require = __hardpointRequire(import.meta.url);",
    },
  });
}

// The CRDs as JSON, so that a starting cluster does not pay for the schema library.
const { crds } = await import('../packages/api/src/schema.ts');
writeFileSync(join(root, fresh, 'crds.json'), JSON.stringify(crds()));

const names = entryPoints.flatMap((group) => Object.keys(group));
for (const name of names) writeFileSync(join(root, fresh, `${name}.mjs`), starter(name));
compileAhead(join(root, fresh));

const old = `${fresh}.old`;
if (existsSync(join(root, 'dist'))) renameSync(join(root, 'dist'), join(root, old));
renameSync(join(root, fresh), join(root, 'dist'));
rmSync(join(root, old), { recursive: true, force: true });

/**
 * `dist/NAME.mjs`: the program, with the code that was compiled ahead where the build was made by this Node and user.
 * Nothing is written there at run time: the build leaves no module to add.
 */
function starter(name: string): string {
  return `const { existsSync } = process.getBuiltinModule('node:fs');
const directory = \`\${import.meta.dirname}/compiled/\${process.version}-\${process.arch}-\${process.getuid?.() ?? ''}\`;
if (existsSync(directory)) process.getBuiltinModule('node:module').enableCompileCache({ directory, portable: true });
await import('./programs/${name}.mjs');
`;
}

/** Imports every chunk and starts every program once, so that Node's compile cache holds them all. */
function compileAhead(folder: string): void {
  mkdirSync(join(folder, 'compiled', `${process.version}-${process.arch}-${process.getuid?.() ?? ''}`), {
    recursive: true,
  });
  const chunks = readdirSync(join(folder, 'chunks')).map((file) => pathToFileURL(join(folder, 'chunks', file)).href);
  writeFileSync(
    join(folder, 'programs', 'chunks.mjs'),
    `for (const file of ${JSON.stringify(chunks)}) await import(file).catch(() => {});\nprocess.exit();\n`,
  );
  writeFileSync(join(folder, 'chunks.mjs'), starter('chunks'));
  // Without its environment every program but the command ends by saying what is missing.
  for (const name of ['chunks', ...names]) {
    spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', join(folder, `${name}.mjs`), '--version'], {
      cwd: tmpdir(),
      env: {},
      stdio: 'ignore',
      timeout: 20_000,
    });
  }
  rmSync(join(folder, 'chunks.mjs'));
  rmSync(join(folder, 'programs', 'chunks.mjs'));
}
