import type { Clock, Logger } from '@hardpoint/machinery';

/** Keys that need a look, each handled once at a time, again after a failure. Ends with the signal. */
export class ChangeQueue {
  readonly #handle: (key: string) => Promise<void>;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #signal: AbortSignal;
  readonly #waiting = new Set<string>();
  #running: Promise<void> | undefined;

  constructor(options: {
    readonly handle: (key: string) => Promise<void>;
    readonly clock: Clock;
    readonly log: Logger;
    readonly signal: AbortSignal;
  }) {
    this.#handle = options.handle;
    this.#clock = options.clock;
    this.#log = options.log;
    this.#signal = options.signal;
  }

  add(key: string): void {
    if (this.#signal.aborted) return;
    this.#waiting.add(key);
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
      const [first] = this.#waiting;
      if (first !== undefined) this.add(first);
    });
  }

  /** Resolves when nothing is under way. */
  async settled(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  async #run(): Promise<void> {
    // Not in the turn of `add`: whoever adds may still be reading what the look is to be based on (at a start, objects
    // whose owners come later).
    await Promise.resolve();
    for (const key of this.#waiting) {
      this.#waiting.delete(key);
      if (this.#signal.aborted) return;
      try {
        await this.#handle(key);
      } catch (error) {
        if (this.#signal.aborted) return;
        this.#log.debug('a change will be looked at again', { key, error: String(error) });
        this.#clock.timer(500, () => this.add(key));
      }
    }
  }
}
