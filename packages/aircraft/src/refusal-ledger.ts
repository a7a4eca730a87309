import type { Refusal } from './progress.ts';

/** How many refusals are kept in full; all are counted. */
const kept = 50;

/** The refusals of a sortie, each counted once whichever way it was learnt. */
export interface RefusalLedger {
  readonly last: readonly Refusal[];
  readonly total: number;
  readonly byReason: Readonly<Record<string, number>>;
  /** Refusals of this sortie's own launches, by weapon, key and token: an answer and a telemetry message tell of one. */
  readonly own: ReadonlySet<string>;
}

export const noRefusals: RefusalLedger = { last: [], total: 0, byReason: {}, own: new Set() };

/** Adds a refusal. `own` says that its key is one of this sortie's releases. */
export function withRefusal(
  ledger: RefusalLedger,
  refusal: Refusal,
  options: { readonly own: boolean },
): RefusalLedger {
  const id = `${refusal.weapon} ${refusal.key} ${refusal.jti} ${refusal.reason}`;
  if (options.own && ledger.own.has(id)) return ledger;
  return {
    last: [...ledger.last, refusal].slice(-kept),
    total: ledger.total + 1,
    byReason: { ...ledger.byReason, [refusal.reason]: (ledger.byReason[refusal.reason] ?? 0) + 1 },
    own: options.own ? new Set([...ledger.own, id]) : ledger.own,
  };
}
