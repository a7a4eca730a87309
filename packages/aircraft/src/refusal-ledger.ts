import type { Refusal } from './progress.ts';

/** How many refusals are kept in full; all are counted. */
const kept = 50;

/** By which of the two ways a refusal was learnt: the answer to a launch of this sortie, or a weapon's telemetry. */
export type RefusalSource = 'answer' | 'telemetry';

/** The refusals of a sortie, each counted once although a launch's answer and the telemetry both tell of it. */
export interface RefusalLedger {
  readonly last: readonly Refusal[];
  readonly total: number;
  readonly byReason: Readonly<Record<string, number>>;
  /** How often each weapon, key and reason was told of, by source. The greater of the two is how often it was. */
  readonly told: ReadonlyMap<string, Readonly<Record<RefusalSource, number>>>;
}

export const noRefusals: RefusalLedger = { last: [], total: 0, byReason: {}, told: new Map() };

/** Adds what one source tells. */
export function withRefusal(ledger: RefusalLedger, refusal: Refusal, source: RefusalSource): RefusalLedger {
  const id = `${refusal.weapon} ${refusal.key} ${refusal.reason}`;
  const before = ledger.told.get(id) ?? { answer: 0, telemetry: 0 };
  const after = { ...before, [source]: before[source] + 1 };
  const told = new Map([...ledger.told, [id, after]]);
  if (after[source] <= Math.max(before.answer, before.telemetry)) return { ...ledger, told };
  return {
    last: [...ledger.last, refusal].slice(-kept),
    total: ledger.total + 1,
    byReason: { ...ledger.byReason, [refusal.reason]: (ledger.byReason[refusal.reason] ?? 0) + 1 },
    told,
  };
}
