import type { JsonObject } from '../schema/json.ts';

/** One change as it goes to disk: the object as it is after revision `revision`, or undefined where it was deleted. */
export interface JournalEntry {
  readonly revision: number;
  /** The kind's storage name, such as `pods` or `leases.coordination.k8s.io`. */
  readonly storage: string;
  /** `namespace/name`, or `name`. */
  readonly key: string;
  readonly object: JsonObject | undefined;
}

/** What a journal held when it was opened. */
export interface JournalContent {
  readonly revision: number;
  readonly objects: Iterable<{ readonly storage: string; readonly key: string; readonly object: JsonObject }>;
}

/** Where changes survive. */
export interface Journal extends AsyncDisposable {
  /** Called once, before the first append. */
  load(): JournalContent;
  /** Resolves once all entries are on disk, all or none. Never called again before it has resolved. */
  append(entries: readonly JournalEntry[]): Promise<void>;
}

/** Keeps nothing. */
export function memoryJournal(): Journal {
  return {
    load: () => ({ revision: 1, objects: [] }),
    append: () => Promise.resolve(),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
