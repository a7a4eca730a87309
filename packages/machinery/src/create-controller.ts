import type { KubernetesObject } from '@hardpoint/kubernetes';
import type { Clock } from './clock.ts';
import type { Reconcile } from './controller.ts';
import { ApiError, TerminalError } from './errors.ts';
import type { Change, Informer } from './informer.ts';
import type { Logger } from './log.ts';
import type { Random } from './random.ts';
import { createWorkQueue } from './work-queue.ts';

/** Runs one reconcile per key at a time, several keys at once, until told to stop. */
export interface Controller {
  readonly name: string;
  enqueue(key: string): void;
  enqueueAfter(key: string, ms: number): void;
  /** Each change of the informer's objects enqueues the keys that `keysOf` gives; of an update, both forms are asked for. `run` first waits for the informer. */
  watch<T extends KubernetesObject>(informer: Informer<T>, keysOf: (change: Change<T>) => readonly string[]): void;
  /** Works until `signal` aborts, and resolves when the last reconcile has ended. Once only. */
  run(signal: AbortSignal): Promise<void>;
}

export function createController(options: {
  readonly name: string;
  readonly reconcile: Reconcile;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Keys at once; default 4. */
  readonly concurrency?: number;
  /** First and last delay of a key's back-off; default 20 and 60 000 ms. */
  readonly firstDelayMs?: number;
  readonly lastDelayMs?: number;
}): Controller {
  const log = options.log.with({ controller: options.name });
  const queue = createWorkQueue(options);
  const sources: ((signal: AbortSignal) => Promise<Disposable>)[] = [];

  const process = async (key: string, signal: AbortSignal): Promise<void> => {
    try {
      const result = await options.reconcile(key, signal);
      queue.forget(key);
      if (result !== undefined) queue.addAfter(key, result.requeueAfterMs);
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof TerminalError) {
        queue.forget(key);
        log.error('reconcile gave up until the object changes', { key, error });
        return;
      }
      const minimumMs = error instanceof ApiError ? (error.retryAfterSeconds ?? 0) * 1000 : 0;
      const delayMs = Math.round(queue.retry(key, minimumMs));
      // Another writer was faster: the next look at the object mends it.
      if (ApiError.is(error, 'Conflict')) log.debug('reconcile met a conflict', { key, delayMs, error });
      else log.warn('reconcile failed', { key, delayMs, error });
    }
  };
  const work = async (signal: AbortSignal): Promise<void> => {
    for (;;) {
      let key: string;
      try {
        key = await queue.take(signal);
      } catch {
        return;
      }
      try {
        await process(key, signal);
      } finally {
        queue.done(key);
      }
    }
  };

  return {
    name: options.name,
    enqueue: queue.add,
    enqueueAfter: queue.addAfter,
    watch(informer, keysOf) {
      sources.push(async (signal) => {
        const subscription = informer.subscribe((change) => {
          const keys = new Set(keysOf(change));
          if (change.type === 'updated')
            for (const key of keysOf({ type: 'deleted', object: change.previous })) keys.add(key);
          for (const key of keys) queue.add(key);
        });
        try {
          await informer.synced(signal);
        } catch (error) {
          subscription[Symbol.dispose]();
          throw error;
        }
        return subscription;
      });
    },
    async run(signal) {
      const started = await Promise.allSettled(sources.map((start) => start(signal)));
      if (!signal.aborted) await Promise.all(Array.from({ length: options.concurrency ?? 4 }, () => work(signal)));
      queue.close();
      for (const source of started) if (source.status === 'fulfilled') source.value[Symbol.dispose]();
    },
  };
}
