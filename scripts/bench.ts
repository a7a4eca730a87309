/**
 * `npm run bench [-- NAME …]`: runs all benchmarks of bench/, or those whose name contains one of the words. Each prints
 * a row for people and a line of JSON. Exit code 1 where one fails to run; a goal that is missed is marked, no failure.
 */
import { globSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Bench } from '../bench/bench.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
process.chdir(root);
const words = process.argv.slice(2).filter((word) => word !== '--');

const files = globSync('bench/*.bench.ts').sort();
const benches = await Promise.all(
  files.map(async (file) => (await import(pathToFileURL(join(root, file)).href)) as Bench),
);
const chosen = benches.filter(({ name }) => words.length === 0 || words.some((word) => name.includes(word)));
if (chosen.length === 0) {
  console.error(`no benchmark matches ${words.join(' ')}; there are: ${benches.map(({ name }) => name).join(', ')}`);
  process.exit(2);
}
await import('./build.ts');

for (const { name, run } of chosen) {
  try {
    const result = await run();
    const { value, unit, goal, details } = result;
    const verdict = value <= goal ? 'met' : 'MISSED';
    const more = Object.entries(details).map(
      ([key, figure]) => `${key} ${typeof figure === 'number' ? round(figure) : figure}`,
    );
    console.log(`${name.padEnd(24)} ${round(value)} ${unit} (goal at most ${goal}: ${verdict})  ${more.join(', ')}`);
    console.log(JSON.stringify({ ...result, met: value <= goal }));
  } catch (error) {
    console.error(`${name}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    process.exitCode = 1;
  }
}

function round(value: number): string {
  return value
    .toPrecision(4)
    .replace(/(\.[0-9]*?)0+$/, '$1')
    .replace(/\.$/, '');
}
