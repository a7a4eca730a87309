import { readFileSync } from 'node:fs';
import type { Case } from './case.ts';
import { type Difference, differences } from './diff.ts';
import { type KnownDifference, knownDifferences } from './known-differences.ts';
import type { Outcome } from './suite.ts';

/** The answers of a real kube-apiserver, by case. */
export type Recorded = Readonly<Record<string, Outcome>>;

const FILE = new URL('./recorded.json', import.meta.url);

export function readRecorded(): Recorded {
  return JSON.parse(readFileSync(FILE, 'utf8')) as Recorded;
}

export const recordedFile: URL = FILE;

/** Compares one case; remembers which known differences showed. */
export interface Comparison {
  /** What differs and is not known to. */
  compare(one: Case, expected: Outcome | undefined, actual: Outcome): readonly Difference[];
  /** Known differences that did not show: each is a failure, for the list is to stay short and true. */
  unused(performed: ReadonlySet<string>): readonly KnownDifference[];
}

export function createComparison(): Comparison {
  const shown = new Set<KnownDifference>();
  return {
    compare(one, expected, actual) {
      if (expected === undefined) return [{ path: '', expected: 'a recorded answer', actual: undefined }];
      return differences(expected, actual, '').filter((difference) => {
        const known = knownDifferences.find(
          (entry) => entry.cases.test(one.name) && entry.fields.test(difference.path.slice(1)),
        );
        if (known !== undefined) shown.add(known);
        return known === undefined;
      });
    },
    unused: (performed) =>
      knownDifferences.filter((entry) => !shown.has(entry) && [...performed].some((name) => entry.cases.test(name))),
  };
}

/** One line for a person. */
export function differenceText(difference: Difference): string {
  const text = (value: unknown): string => (JSON.stringify(value) ?? 'absent').slice(0, 400);
  return `${difference.path.slice(1)}: expected ${text(difference.expected)}, got ${text(difference.actual)}`;
}
