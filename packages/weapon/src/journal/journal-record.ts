import { refusalReasons } from '@hardpoint/wip';
import { applyChange, type Ledger, type LedgerChange } from '../ledger.ts';
import type { Standing } from '../standing.ts';

/** Version of the records' form. A journal of another version is not read and not touched. */
export const journalVersion = 1;

/** What a row of records says. */
export type RecordReading =
  | { readonly kind: 'ledger'; readonly ledger: Ledger }
  | { readonly kind: 'corrupt'; readonly problem: string }
  | { readonly kind: 'other-version'; readonly version: unknown };

/** A change as JSON. */
export function formatChange(change: LedgerChange): string {
  return JSON.stringify(change);
}

/** A whole ledger as JSON: the first record of every journal. */
export function formatLedger(ledger: Ledger): string {
  return JSON.stringify({
    kind: 'ledger',
    version: journalVersion,
    ...ledger,
    answers: [...ledger.answers],
    spent: [...ledger.spent],
    fired: [...ledger.fired],
  });
}

/** Folds records, the first of which is a whole ledger. */
export function readRecords(payloads: readonly string[]): RecordReading {
  let ledger: Ledger | undefined;
  for (const [index, payload] of payloads.entries()) {
    const problem = (text: string): RecordReading => ({ kind: 'corrupt', problem: `record ${index}: ${text}` });
    let record: Readonly<Record<string, unknown>>;
    try {
      record = JSON.parse(payload) as Readonly<Record<string, unknown>>;
    } catch {
      return problem('no JSON');
    }
    if (ledger === undefined) {
      if (record.kind !== 'ledger') return problem('not the beginning of a journal');
      if (record.version !== journalVersion) return { kind: 'other-version', version: record.version };
      ledger = readLedger(record);
      if (ledger === undefined) return problem('not a ledger');
    } else {
      const change = readChange(record);
      if (change === undefined) return problem('not a change');
      ledger = applyChange(ledger, change);
      if (ledger.remaining < 0) return problem('fewer than no stores left');
    }
  }
  return ledger === undefined ? { kind: 'corrupt', problem: 'no record' } : { kind: 'ledger', ledger };
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isText = (value: unknown): value is string => typeof value === 'string';

function isStanding(value: unknown): value is Standing {
  if (!isObject(value)) return false;
  if (value.kind === 'FAULT') return isText(value.cause) && typeof value.lasting === 'boolean';
  return (
    value.kind === 'INITIALIZING' || value.kind === 'READY' || value.kind === 'LOCKED' || value.kind === 'LAUNCHED'
  );
}

function isArguments(value: unknown): boolean {
  return isObject(value) && isText(value.mountPoint) && isCount(value.quantity) && isObject(value.config);
}

function isAnswer(value: unknown): boolean {
  return (
    isObject(value) &&
    isText(value.targetId) &&
    isCount(value.count) &&
    typeof value.success === 'boolean' &&
    isText(value.message) &&
    isCount(value.remaining)
  );
}

const isEntry = (entry: unknown): boolean => Array.isArray(entry) && isText(entry[0]) && isAnswer(entry[1]);

function readLedger(record: Readonly<Record<string, unknown>>): Ledger | undefined {
  const { weapon, run, standing, remaining, selfCheckPassed, initialized, answers, spent, fired, refused } = record;
  const sound =
    isText(weapon) &&
    isCount(run) &&
    isStanding(standing) &&
    isCount(remaining) &&
    typeof selfCheckPassed === 'boolean' &&
    (initialized === undefined || isArguments(initialized)) &&
    isCount(record.authorised) &&
    isCount(record.released) &&
    Array.isArray(answers) &&
    answers.every(isEntry) &&
    Array.isArray(spent) &&
    spent.every(isText) &&
    Array.isArray(fired) &&
    fired.every(isCount) &&
    isObject(refused) &&
    refusalReasons.every((reason) => isCount(refused[reason]));
  if (!sound) return undefined;
  const { kind: _, version: __, ...plain } = record;
  return {
    ...(plain as unknown as Ledger),
    initialized: initialized as Ledger['initialized'],
    answers: new Map(answers),
    spent: new Set(spent),
    fired: new Set(fired),
  };
}

function readChange(record: Readonly<Record<string, unknown>>): LedgerChange | undefined {
  const sound = (() => {
    switch (record.kind) {
      case 'run':
        return true;
      case 'standing':
        return (
          isStanding(record.standing) &&
          (record.selfCheckPassed === undefined || typeof record.selfCheckPassed === 'boolean') &&
          (record.initialized === undefined || isArguments(record.initialized))
        );
      case 'launch':
        return isText(record.key) && isAnswer(record.answer) && (record.jti === undefined || isText(record.jti));
      case 'refused':
        return refusalReasons.some((reason) => reason === record.reason);
      case 'fired':
        return isCount(record.index);
      default:
        return false;
    }
  })();
  return sound ? (record as unknown as LedgerChange) : undefined;
}
