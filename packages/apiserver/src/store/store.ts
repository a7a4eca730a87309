import type { Logger } from '@hardpoint/machinery';
import type { JsonObject } from '../schema/json.ts';
import { compareBytes } from '../schema/json.ts';
import type { Journal, JournalEntry } from './journal.ts';

/** A committed change of one object. Objects are shared: never change one. */
export interface StoreEvent {
  readonly revision: number;
  readonly key: string;
  /** Before the change; undefined where it was created. */
  readonly previous: JsonObject | undefined;
  /** After the change; undefined where it was deleted. */
  readonly object: JsonObject | undefined;
}

export type HistoryResult =
  | { readonly found: true; readonly events: readonly StoreEvent[] }
  | { readonly found: false; readonly oldest: number };

interface Collection {
  /** What is on disk, by key. */
  readonly committed: Map<string, JsonObject>;
  /** Written but not yet on disk. */
  readonly pending: Map<string, { revision: number; object: JsonObject | undefined }>;
  /** Keys in order; undefined after an insertion or removal until someone lists. */
  keys: string[] | undefined;
  history: StoreEvent[];
  /** Events up to this revision are no longer in `history`. */
  compacted: number;
  readonly listeners: Set<(event: StoreEvent) => void>;
}

/** Changes kept per kind for watches that start in the past. */
const historyLimit = 8192;

/**
 * All objects in memory, one revision counter, every change journaled before anyone sees it. Writes are synchronous and
 * see each other at once; readers and listeners see what is on disk. Changes that arrive while the journal is busy go to
 * disk together.
 */
export class Store {
  readonly #journal: Journal;
  readonly #log: Logger;
  readonly #collections = new Map<string, Collection>();
  readonly #baseRevision: number;
  #revision: number;
  #committedRevision: number;
  #queue: JournalEntry[] = [];
  #waiting: { revision: number; resolve: () => void; reject: (error: unknown) => void }[] = [];
  #flushing = false;
  #failure: Error | undefined;

  constructor(options: { readonly journal: Journal; readonly log: Logger }) {
    this.#journal = options.journal;
    this.#log = options.log;
    const content = options.journal.load();
    this.#revision = content.revision;
    this.#committedRevision = content.revision;
    this.#baseRevision = content.revision;
    for (const { storage, key, object } of content.objects) this.#collection(storage).committed.set(key, object);
  }

  /** The newest revision that is on disk. */
  get revision(): number {
    return this.#committedRevision;
  }

  #collection(storage: string): Collection {
    let found = this.#collections.get(storage);
    if (found === undefined) {
      found = {
        committed: new Map(),
        pending: new Map(),
        keys: undefined,
        history: [],
        compacted: this.#baseRevision,
        listeners: new Set(),
      };
      this.#collections.set(storage, found);
    }
    return found;
  }

  /** The object as it is on disk. */
  get(storage: string, key: string): JsonObject | undefined {
    return this.#collections.get(storage)?.committed.get(key);
  }

  /** The object as the last write left it, on disk or not: what a next write builds on. */
  latest(storage: string, key: string): JsonObject | undefined {
    const collection = this.#collections.get(storage);
    const pending = collection?.pending.get(key);
    return pending === undefined ? collection?.committed.get(key) : pending.object;
  }

  /** Objects in key order, of one namespace where `prefix` (`namespace/`) is given. */
  list(storage: string, prefix = ''): readonly (readonly [key: string, object: JsonObject])[] {
    const collection = this.#collections.get(storage);
    if (collection === undefined) return [];
    collection.keys ??= [...collection.committed.keys()].sort(compareBytes);
    const out: (readonly [string, JsonObject])[] = [];
    for (const key of collection.keys) {
      if (prefix !== '' && !key.startsWith(prefix)) continue;
      const object = collection.committed.get(key);
      if (object !== undefined) out.push([key, object]);
    }
    return out;
  }

  /** As `list`, at an older revision; undefined where the history no longer reaches it. */
  listAt(storage: string, prefix: string, revision: number): ReturnType<Store['list']> | undefined {
    const past = this.since(storage, revision);
    if (!past.found) return undefined;
    if (past.events.length === 0) return this.list(storage, prefix);
    const state = new Map(this.list(storage, prefix));
    for (const { key, previous } of past.events.toReversed()) {
      if (!key.startsWith(prefix)) continue;
      if (previous === undefined) state.delete(key);
      else state.set(key, previous);
    }
    return [...state].sort(([a], [b]) => compareBytes(a, b));
  }

  count(storage: string): number {
    return this.#collections.get(storage)?.committed.size ?? 0;
  }

  /** Names of the storages that hold something. */
  storages(): string[] {
    return [...this.#collections].filter(([, { committed }]) => committed.size > 0).map(([name]) => name);
  }

  /**
   * Puts or (object undefined) deletes. The store sets metadata.resourceVersion on the given object and keeps the object.
   * Returns the new revision; the change counts once `durable(revision)` has resolved.
   */
  write(storage: string, key: string, object: JsonObject | undefined): number {
    if (this.#failure !== undefined) throw this.#failure;
    const revision = ++this.#revision;
    if (object !== undefined) (object.metadata as JsonObject).resourceVersion = String(revision);
    this.#collection(storage).pending.set(key, { revision, object });
    this.#queue.push({ revision, storage, key, object });
    if (!this.#flushing) {
      this.#flushing = true;
      queueMicrotask(() => void this.#flush());
    }
    return revision;
  }

  /** Resolves when everything written so far is on disk and readable. */
  settled(): Promise<void> {
    return this.durable(this.#revision);
  }

  /** Resolves once the revision is on disk and visible to readers. */
  durable(revision: number): Promise<void> {
    if (revision <= this.#committedRevision) return Promise.resolve();
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => this.#waiting.push({ revision, resolve, reject }));
  }

  async #flush(): Promise<void> {
    while (this.#queue.length > 0) {
      const entries = this.#queue;
      this.#queue = [];
      try {
        await this.#journal.append(entries);
      } catch (error) {
        this.#failure = new Error('the store cannot write', { cause: error });
        this.#log.error('the store cannot write', { error: String(error) });
        for (const waiter of this.#waiting.splice(0)) waiter.reject(this.#failure);
        return;
      }
      for (const entry of entries) this.#commit(entry);
      const done = this.#waiting.filter((waiter) => waiter.revision <= this.#committedRevision);
      this.#waiting = this.#waiting.filter((waiter) => waiter.revision > this.#committedRevision);
      for (const waiter of done) waiter.resolve();
    }
    this.#flushing = false;
  }

  #commit({ revision, storage, key, object }: JournalEntry): void {
    const collection = this.#collection(storage);
    const previous = collection.committed.get(key);
    if (object === undefined) collection.committed.delete(key);
    else collection.committed.set(key, object);
    if ((object === undefined) !== (previous === undefined) || previous === undefined) collection.keys = undefined;
    if (collection.pending.get(key)?.revision === revision) collection.pending.delete(key);
    this.#committedRevision = revision;
    const event: StoreEvent = { revision, key, previous, object };
    collection.history.push(event);
    if (collection.history.length > historyLimit) {
      const cut = collection.history.splice(0, historyLimit / 4);
      collection.compacted = cut.at(-1)?.revision ?? collection.compacted;
    }
    for (const listener of collection.listeners) listener(event);
  }

  /** Committed changes after `revision`. Not found where they are no longer kept. */
  since(storage: string, revision: number): HistoryResult {
    const { history, compacted } = this.#collection(storage);
    if (revision < compacted) return { found: false, oldest: compacted };
    let low = 0;
    let high = history.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((history[middle]?.revision ?? 0) <= revision) low = middle + 1;
      else high = middle;
    }
    return { found: true, events: history.slice(low) };
  }

  /** Calls `listener` for every later change, in order, as it is committed. */
  subscribe(storage: string, listener: (event: StoreEvent) => void): Disposable {
    const { listeners } = this.#collection(storage);
    listeners.add(listener);
    return { [Symbol.dispose]: () => void listeners.delete(listener) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#failure === undefined) await this.durable(this.#revision);
    await this.#journal[Symbol.asyncDispose]();
  }
}
