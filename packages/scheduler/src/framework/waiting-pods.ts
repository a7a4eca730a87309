import type { Clock } from '@hardpoint/machinery';
import { type Status, unschedulable } from './status.ts';

/** Pods that a Permit plugin holds back. */
export class WaitingPods {
  readonly #clock: Clock;
  readonly #waiting = new Map<string, (status: Status) => void>();

  constructor(options: { readonly clock: Clock }) {
    this.#clock = options.clock;
  }

  /** Resolves with what `settle` says of the Pod, or with a refusal after `ms`; rejects with the signal's reason. */
  async wait(uid: string, ms: number, signal: AbortSignal): Promise<Status> {
    signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<Status>();
    const abort = (): void => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    this.#waiting.set(uid, resolve);
    using _timer = this.#clock.timer(ms, () => resolve(unschedulable(`not permitted within ${ms} ms`)));
    try {
      return await promise;
    } finally {
      this.#waiting.delete(uid);
      signal.removeEventListener('abort', abort);
    }
  }

  /** Lets the Pod go on (`undefined`) or refuses it. Nothing where it does not wait. */
  settle(uid: string, status: Status): void {
    this.#waiting.get(uid)?.(status);
  }
}
