import { type RefusalReason, refusalReasons } from '@hardpoint/wip';
import type { Standing } from './standing.ts';

/** What the first successful Initialize said. */
export interface InitializeArguments {
  readonly mountPoint: string;
  readonly quantity: number;
  readonly config: Readonly<Record<string, string>>;
}

/** The answer to a Launch, kept under its idempotency key with the body it answers. */
export interface LaunchAnswer {
  readonly targetId: string;
  readonly count: number;
  readonly success: boolean;
  readonly message: string;
  readonly remaining: number;
}

/** All that a weapon must still know after a crash: the fold of its journal. */
export interface Ledger {
  /** The Weapon's name: a journal belongs to one. */
  readonly weapon: string;
  /** How many times the journal has been opened. */
  readonly run: number;
  readonly standing: Standing;
  readonly remaining: number;
  readonly selfCheckPassed: boolean;
  readonly initialized: InitializeArguments | undefined;
  /** By idempotency key. */
  readonly answers: ReadonlyMap<string, LaunchAnswer>;
  /** `jti` of the tokens that have been used up. */
  readonly spent: ReadonlySet<string>;
  /** Stores of authorised launches. */
  readonly authorised: number;
  /** Stores released. */
  readonly released: number;
  /** Launches refused for want of a valid authorisation. */
  readonly refused: Readonly<Record<RefusalReason, number>>;
  /** Simulated faults (indexes of the behaviour file) that happen once and have happened. */
  readonly fired: ReadonlySet<number>;
}

/** One change of a ledger, written to the journal before the call that made it is answered. */
export type LedgerChange =
  | { readonly kind: 'run' }
  | {
      readonly kind: 'standing';
      readonly standing: Standing;
      readonly selfCheckPassed?: boolean;
      /** The first successful Initialize only; the count falls to its quantity, and never rises. */
      readonly initialized?: InitializeArguments;
    }
  /** The answer, the decrement and the spent token are one change (W6). Without `jti` no token was spent. */
  | { readonly kind: 'launch'; readonly key: string; readonly answer: LaunchAnswer; readonly jti?: string }
  | { readonly kind: 'refused'; readonly reason: RefusalReason }
  | { readonly kind: 'fired'; readonly index: number };

/** A weapon that has never been used. */
export function newLedger(options: { readonly weapon: string; readonly quantity: number }): Ledger {
  return {
    weapon: options.weapon,
    run: 1,
    standing: { kind: 'INITIALIZING' },
    remaining: options.quantity,
    selfCheckPassed: false,
    initialized: undefined,
    answers: new Map(),
    spent: new Set(),
    authorised: 0,
    released: 0,
    refused: Object.fromEntries(refusalReasons.map((reason) => [reason, 0])) as Record<RefusalReason, number>,
    fired: new Set(),
  };
}

/**
 * The ledger after a change. The one before is used up: its maps and sets, which only ever grow, go on in the new one, so
 * that a change costs the same however much the ledger holds.
 */
export function applyChange(ledger: Ledger, change: LedgerChange): Ledger {
  switch (change.kind) {
    case 'run':
      return { ...ledger, run: ledger.run + 1 };
    case 'standing': {
      const { standing, initialized = ledger.initialized, selfCheckPassed = ledger.selfCheckPassed } = change;
      const remaining =
        change.initialized === undefined ? ledger.remaining : Math.min(ledger.remaining, change.initialized.quantity);
      return { ...ledger, standing, initialized, selfCheckPassed, remaining };
    }
    case 'launch': {
      const { key, answer, jti } = change;
      const answers = grown(ledger.answers).set(key, answer);
      const authorised = ledger.authorised + answer.count;
      if (!answer.success) return { ...ledger, answers, authorised };
      return {
        ...ledger,
        standing: { kind: 'LAUNCHED' },
        remaining: answer.remaining,
        answers,
        spent: jti === undefined ? ledger.spent : grownSet(ledger.spent).add(jti),
        authorised,
        released: ledger.released + answer.count,
      };
    }
    case 'refused':
      return { ...ledger, refused: { ...ledger.refused, [change.reason]: ledger.refused[change.reason] + 1 } };
    case 'fired':
      return { ...ledger, fired: grownSet(ledger.fired).add(change.index) };
    default:
      return change satisfies never;
  }
}

const grown = <K, V>(map: ReadonlyMap<K, V>): Map<K, V> => map as Map<K, V>;
const grownSet = <T>(set: ReadonlySet<T>): Set<T> => set as Set<T>;
