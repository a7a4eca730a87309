/** M: made. S: skipped. F: proven not made. U: nobody knows. N: not begun (proven not made). */
export type OutcomeLetter = 'M' | 'S' | 'F' | 'U' | 'N';

export type SortieOutcome = 'Succeeded' | 'Recalled' | 'DeadlineExceeded' | 'Terminated' | 'Failed';

const OUTCOMES: readonly string[] = ['Succeeded', 'Recalled', 'DeadlineExceeded', 'Terminated', 'Failed'];

/** A release as the report tells of it. */
export interface ReportedRelease {
  /** phase/index */
  readonly place: string;
  readonly remaining: number | undefined;
  readonly jti: string | undefined;
  readonly authorization: string | undefined;
  readonly message: string | undefined;
}

/** What aircraft-control left in its termination message: the part of it the operator goes by. */
export interface FinalReport {
  readonly taskUID: string;
  readonly outcome: SortieOutcome;
  readonly reason: string;
  readonly message: string;
  /** By phase, then by index. Always whole. */
  readonly outcomes: readonly (readonly OutcomeLetter[])[];
  /** As many as there was room for, by place. */
  readonly releases: ReadonlyMap<string, ReportedRelease>;
  /** Stores left by Weapon. */
  readonly remaining: ReadonlyMap<string, number>;
}

/**
 * Reads a termination message. Undefined where it is none of ours, is another task's or does not parse: what cannot be
 * read proves nothing (M6).
 */
export function parseFinalReport(text: string | undefined, taskUID: string): FinalReport | undefined {
  if (text === undefined || text === '') return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isRecord(value) || value.version !== 1 || value.taskUID !== taskUID) return undefined;
  const outcomes = readOutcomes(value.outcomes);
  if (outcomes === undefined || typeof value.outcome !== 'string' || !OUTCOMES.includes(value.outcome))
    return undefined;
  return {
    taskUID,
    outcome: value.outcome as SortieOutcome,
    reason: filled(value.reason) ?? value.outcome,
    message: filled(value.message) ?? '',
    outcomes,
    releases: readReleases(value.releases),
    remaining: readStores(value.stores),
  };
}

function readOutcomes(value: unknown): OutcomeLetter[][] | undefined {
  if (!Array.isArray(value)) return undefined;
  const phases: OutcomeLetter[][] = [];
  for (const phase of value as readonly unknown[]) {
    if (typeof phase !== 'string' || !/^[MSFUN]*$/.test(phase)) return undefined;
    phases.push([...phase] as OutcomeLetter[]);
  }
  return phases;
}

function readReleases(value: unknown): Map<string, ReportedRelease> {
  const releases = new Map<string, ReportedRelease>();
  for (const entry of Array.isArray(value) ? (value as readonly unknown[]) : []) {
    if (!isRecord(entry) || typeof entry.place !== 'string') continue;
    releases.set(entry.place, {
      place: entry.place,
      remaining: count(entry.remaining),
      jti: filled(entry.jti),
      authorization: filled(entry.authorization),
      message: filled(entry.message),
    });
  }
  return releases;
}

function readStores(value: unknown): Map<string, number> {
  const remaining = new Map<string, number>();
  for (const entry of Array.isArray(value) ? (value as readonly unknown[]) : []) {
    if (!isRecord(entry) || typeof entry.weapon !== 'string') continue;
    const left = count(entry.remaining);
    if (left !== undefined) remaining.set(entry.weapon, left);
  }
  return remaining;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function filled(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function count(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}
