/**
 * Runs the conformance cases and compares the answers.
 *
 *     node conformance/run.ts [--live] [--real] [--record] [--only WORD] [--verbose]
 *
 * By default the embedded server is held against the recorded answers of a real kube-apiserver. `--live` holds it against
 * a real one started now, `--real` holds a real one against the recording, `--record` writes the recording anew; these
 * three need KUBEBUILDER_ASSETS. Exit code 0 where nothing differs, 1 where something does, 2 on wrong usage.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { realApiAssets } from '@hardpoint/testing';
import type { Case } from './case.ts';
import { createComparison, differenceText, type Recorded, readRecorded, recordedFile } from './compare.ts';
import { type Engine, type Outcome, runSuite } from './suite.ts';

const { values } = parseArgs({
  options: {
    live: { type: 'boolean', default: false },
    real: { type: 'boolean', default: false },
    record: { type: 'boolean', default: false },
    verbose: { type: 'boolean', default: false },
    only: { type: 'string' },
  },
});
const { live, real, record, verbose, only } = values;
if ((live || real || record) && realApiAssets() === undefined) {
  console.error('a real server needs KUBEBUILDER_ASSETS to name a folder with etcd and kube-apiserver');
  process.exit(2);
}
const match = (one: Case): boolean => only === undefined || one.name.includes(only);

async function answersOf(engine: Engine): Promise<Record<string, Outcome>> {
  const answers: Record<string, Outcome> = {};
  await runSuite({
    engine,
    match,
    onCase: (one, outcome) => {
      answers[one.name] = outcome;
      if (record) console.log(`done   ${one.name}`);
      if (verbose) console.log(`${one.name}\n${JSON.stringify(outcome, undefined, 2)}`);
    },
  });
  return answers;
}

if (record) {
  const answers = await answersOf('real');
  const all = only === undefined ? answers : { ...readRecorded(), ...answers };
  // One line per case: short diffs when one changes.
  const lines = Object.entries(all).map(([name, outcome]) => `${JSON.stringify(name)}:${JSON.stringify(outcome)}`);
  writeFileSync(recordedFile, `{\n${lines.join(',\n')}\n}\n`);
  console.log(`recorded ${Object.keys(answers).length} cases`);
} else {
  const expected: Recorded = live ? await answersOf('real') : readRecorded();
  const comparison = createComparison();
  const performed = new Set<string>();
  let equal = 0;
  let failed = 0;
  await runSuite({
    engine: real ? 'real' : 'embedded',
    match,
    onCase: (one, outcome) => {
      performed.add(one.name);
      const found = comparison.compare(one, expected[one.name], outcome);
      if (found.length === 0) equal += 1;
      else failed += 1;
      console.log(`${found.length === 0 ? 'equal ' : 'DIFFER'} ${one.name}`);
      for (const difference of found.slice(0, verbose ? 1000 : 6))
        console.log(`         ${differenceText(difference)}`);
      if (!verbose && found.length > 6) console.log(`         … and ${found.length - 6} more`);
      if (verbose) console.log(JSON.stringify(outcome, undefined, 2));
    },
  });
  const unused = real ? [] : comparison.unused(performed);
  for (const entry of unused) console.log(`no longer differs: ${entry.cases} ${entry.fields} (${entry.reason})`);
  console.log(
    `${performed.size} cases: ${equal} equal, ${failed} differ, ${unused.length} known differences no longer true`,
  );
  process.exitCode = failed + unused.length === 0 ? 0 : 1;
}
