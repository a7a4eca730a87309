import { condensed, type SchedulerDecision } from './decision.ts';

/** Decisions a record keeps (S6). */
export const MOST_DECISIONS = 10;
/** Bytes of JSON that a record's decisions may have (S6). */
export const MOST_RECORD_BYTES = 256 * 1024;
/** What is left of the limit for names, owners and managed fields. */
const RESERVE_BYTES = 8 * 1024;
const KEEP_STEPS = [20, 5, 0];

function size(decisions: readonly SchedulerDecision[]): number {
  return Buffer.byteLength(JSON.stringify(decisions), 'utf8');
}

/** Whether two refusals say the same of the same Pod. */
function sameRefusal(a: SchedulerDecision, b: SchedulerDecision): boolean {
  return (
    a.outcome === 'pending' &&
    b.outcome === 'pending' &&
    a.podUID === b.podUID &&
    a.message === b.message &&
    JSON.stringify([a.nodes, a.groups, a.reason]) === JSON.stringify([b.nodes, b.groups, b.reason])
  );
}

/**
 * A record's decisions with one more. A refusal that repeats the last one counts up in place of adding a line; an
 * earlier selection of the same Pod that never came to a Binding is marked so. The oldest go first where there are too
 * many; where they are too large, the older ones are condensed before any is dropped.
 */
export function withDecision(
  history: readonly SchedulerDecision[],
  decision: SchedulerDecision,
): readonly SchedulerDecision[] {
  const settled = history.map((each) =>
    each.outcome === 'binding' && each.podUID === decision.podUID
      ? { ...each, outcome: 'not-bound' as const, selected: null }
      : each,
  );
  const last = settled.at(-1);
  const next =
    last !== undefined && sameRefusal(last, decision)
      ? [
          ...settled.slice(0, -1),
          {
            ...last,
            ...(decision.attempt === undefined ? {} : { attempt: decision.attempt }),
            ...(decision.time === undefined ? {} : { lastTime: decision.time }),
          },
        ]
      : [...settled, decision];
  return bounded(next);
}

/** The last ten, within 256 KiB. */
export function bounded(history: readonly SchedulerDecision[]): readonly SchedulerDecision[] {
  let kept = history.slice(-MOST_DECISIONS);
  const limit = MOST_RECORD_BYTES - RESERVE_BYTES;
  for (const keep of KEEP_STEPS)
    for (let index = 0; index < kept.length; index += 1) {
      if (size(kept) <= limit) return kept;
      kept = kept.map((each, at) => (at === index ? condensed(each, keep) : each));
    }
  while (kept.length > 1 && size(kept) > limit) kept = kept.slice(1);
  return kept;
}

/** The decisions with the one of this Pod and time settled; undefined where it is not there, or was already. */
export function withOutcome(
  history: readonly SchedulerDecision[],
  decision: Pick<SchedulerDecision, 'podUID' | 'time'>,
  outcome: 'bound' | 'not-bound',
): readonly SchedulerDecision[] | undefined {
  const index = history.findLastIndex((each) => each.podUID === decision.podUID && each.time === decision.time);
  const found = history[index];
  if (found === undefined || found.outcome === outcome) return undefined;
  return history.with(index, { ...found, outcome, ...(outcome === 'not-bound' ? { selected: null } : {}) });
}
