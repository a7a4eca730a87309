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
      return answerDifferences(expected, actual).filter((difference) => {
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

/** Every difference between two outcomes of a case, known or not. */
export function answerDifferences(expected: Outcome | undefined, actual: Outcome): Difference[] {
  return differences(settled(expected), settled(actual), '');
}

/** A refusal's causes come in the order of Go's maps, which is none: sorted, and so in the message. */
function settled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(settled);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, member]): [string, unknown] => [key, settled(member)]);
  const out = Object.fromEntries(entries) as { reason?: unknown; message?: unknown; details?: { causes?: unknown } };
  const causes = out.details?.causes;
  if (out.reason !== 'Invalid' || !Array.isArray(causes) || causes.length < 2 || typeof out.message !== 'string')
    return out;
  const texts = causes.map((cause: { field?: string; message?: string }) => `${cause.field}: ${cause.message}`);
  const start = out.message.indexOf(' is invalid: [');
  return {
    ...out,
    message: start < 0 ? out.message : `${out.message.slice(0, start)} is invalid: [${texts.toSorted().join(', ')}]`,
    details: { ...out.details, causes: causes.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)) },
  };
}

/** One line for a person. */
export function differenceText(difference: Difference): string {
  const text = (value: unknown): string => (JSON.stringify(value) ?? 'absent').slice(0, 400);
  return `${difference.path.slice(1)}: expected ${text(difference.expected)}, got ${text(difference.actual)}`;
}
