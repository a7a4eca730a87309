import { type BackOff, createBackOff } from './back-off.ts';
import type { Clock } from './clock.ts';
import type { Random } from './random.ts';

/**
 * Keys to work on, each at most once at a time. A key that is added while it is being processed comes again after
 * `done`; one that is added twice before it is taken comes once. Keys come in the order in which they fell due.
 */
export interface WorkQueue {
  add(key: string): void;
  /** Adds `key` in `ms`; of several, the earliest counts. */
  addAfter(key: string, ms: number): void;
  /** Adds `key` after its next back-off delay, but not before `minimumMs`. Answers with the delay, ms. */
  retry(key: string, minimumMs?: number): number;
  /** The key's next back-off delay is the first again. */
  forget(key: string): void;
  /** The next key, now being processed; rejects with the signal's reason. */
  take(signal: AbortSignal): Promise<string>;
  /** Every taken key must be given back by this. */
  done(key: string): void;
  /** Keys due and not taken. */
  readonly length: number;
  /** Drops what is delayed; timers end. */
  close(): void;
}

export function createWorkQueue(options: {
  readonly clock: Clock;
  readonly random: Random;
  /** First back-off delay of a key; default 20 ms. */
  readonly firstDelayMs?: number;
  /** Last; default 60 000 ms. */
  readonly lastDelayMs?: number;
}): WorkQueue {
  const { clock, random } = options;
  /** Insertion order is the order of taking. */
  const due = new Set<string>();
  const processing = new Set<string>();
  /** Added while being processed. */
  const dirty = new Set<string>();
  const delayed = new Map<string, { readonly atMs: number; readonly timer: Disposable }>();
  const backOffs = new Map<string, BackOff>();
  const takers = new Set<(key: string) => void>();
  let closed = false;

  const hand = (): void => {
    for (const taker of takers) {
      const key = due.values().next().value;
      if (key === undefined) return;
      due.delete(key);
      processing.add(key);
      takers.delete(taker);
      taker(key);
    }
  };
  const add = (key: string): void => {
    if (closed) return;
    delayed.get(key)?.timer[Symbol.dispose]();
    delayed.delete(key);
    if (processing.has(key)) dirty.add(key);
    else due.add(key);
    hand();
  };
  const addAfter = (key: string, ms: number): void => {
    if (closed) return;
    if (ms <= 0) {
      add(key);
      return;
    }
    const atMs = clock.monotonic() + ms;
    const waiting = delayed.get(key);
    if (due.has(key) || dirty.has(key) || (waiting !== undefined && waiting.atMs <= atMs)) return;
    waiting?.timer[Symbol.dispose]();
    delayed.set(key, { atMs, timer: clock.timer(ms, () => add(key)) });
  };

  return {
    add,
    addAfter,
    retry(key, minimumMs = 0) {
      const backOff =
        backOffs.get(key) ??
        createBackOff({ random, firstMs: options.firstDelayMs ?? 20, lastMs: options.lastDelayMs ?? 60_000 });
      backOffs.set(key, backOff);
      const delayMs = Math.max(backOff.nextMs(), minimumMs);
      addAfter(key, delayMs);
      return delayMs;
    },
    forget: (key) => void backOffs.delete(key),
    take(signal) {
      return new Promise((resolve, reject) => {
        if (signal.aborted) {
          reject(signal.reason);
          return;
        }
        const abandon = (): void => {
          takers.delete(taker);
          reject(signal.reason);
        };
        const taker = (key: string): void => {
          signal.removeEventListener('abort', abandon);
          resolve(key);
        };
        signal.addEventListener('abort', abandon, { once: true });
        takers.add(taker);
        hand();
      });
    },
    done(key) {
      processing.delete(key);
      if (dirty.delete(key)) due.add(key);
      hand();
    },
    get length() {
      return due.size;
    },
    close() {
      closed = true;
      for (const { timer } of delayed.values()) timer[Symbol.dispose]();
      delayed.clear();
    },
  };
}
