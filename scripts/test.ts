/**
 * `npm test`: bundles, then runs every test that needs no cluster; with KUBEBUILDER_ASSETS or KUBECONFIG set, those too.
 * Ends with what was left out, and why.
 *
 *     npm test [-- PATH …] [-- --name PATTERN]      only test files whose path contains one of the words
 */
import { globSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
process.chdir(root);
const words = process.argv.slice(2).filter((word) => word !== '--');
const nameAt = words.indexOf('--name');
const namePattern = nameAt === -1 ? undefined : words.splice(nameAt, 2)[1];

await import('./build.ts');

const all = globSync(
  ['packages/*/src/**/*.test.ts', 'scripts/**/*.test.ts', 'conformance/**/*.test.ts', 'examples/**/*.test.ts'],
  {
    exclude: (name) => name.includes('node_modules'),
  },
).sort();
const files = words.length === 0 ? all : all.filter((file) => words.some((word) => file.includes(word)));
if (files.length === 0) {
  console.error(`no test file matches ${words.join(' ')}`);
  process.exit(2);
}

/** Reason → the tests it left out. */
const leftOut = new Map<string, string[]>();
const slow: { file: string; ms: number }[] = [];
let failed = 0;

const stream = run({
  files: files.map((file) => join(root, file)),
  concurrency: Math.max(2, availableParallelism()),
  timeout: 240_000,
  execArgv: ['--disable-warning=ExperimentalWarning'],
  ...(namePattern === undefined ? {} : { testNamePatterns: [new RegExp(namePattern)] }),
});
const note = (data: { name: string; skip?: string | boolean; todo?: string | boolean; file?: string }): void => {
  const mark = data.skip ?? data.todo;
  if (mark === undefined || mark === false) return;
  const reason = typeof mark === 'string' && mark !== '' ? mark : 'no reason given';
  const list = leftOut.get(reason) ?? [];
  list.push(`${data.file === undefined ? '' : `${relative(root, data.file)}: `}${data.name}`);
  leftOut.set(reason, list);
};
stream.on('test:pass', note);
stream.on('test:fail', (data) => {
  note(data);
  if (data.todo === undefined || data.todo === false) failed += 1;
});
stream.on('test:complete', (data) => {
  if (data.nesting === 0 && data.file !== undefined)
    slow.push({ file: relative(root, data.file), ms: data.details.duration_ms });
});
stream.compose(new spec()).pipe(process.stdout);
stream.on('end', () => {
  setImmediate(() => {
    const slowest = slow.sort((a, b) => b.ms - a.ms).slice(0, 5);
    console.log(`\nSlowest: ${slowest.map((one) => `${one.file} ${(one.ms / 1000).toFixed(1)} s`).join(', ')}`);
    if (leftOut.size === 0) console.log('Left out: nothing.');
    else {
      console.log('Left out:');
      for (const [reason, tests] of [...leftOut].sort()) {
        console.log(`  ${tests.length} because ${reason}`);
        for (const test of tests.slice(0, 5)) console.log(`      ${test}`);
        if (tests.length > 5) console.log(`      … and ${tests.length - 5} more`);
      }
    }
    process.exitCode = failed === 0 ? 0 : 1;
  });
});
