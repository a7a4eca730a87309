import type { Random } from './random.ts';

/** Growing, jittered delays between tries. */
export interface BackOff {
  /** The delay before the next try, ms: doubles from `firstMs` up to `lastMs`, each times 0.5 to 1. */
  nextMs(): number;
  /** The next delay is the first again. */
  reset(): void;
}

export function createBackOff(options: {
  readonly random: Random;
  readonly firstMs: number;
  readonly lastMs: number;
}): BackOff {
  let tries = 0;
  return {
    nextMs() {
      const delayMs = Math.min(options.firstMs * 2 ** Math.min(tries, 30), options.lastMs);
      tries += 1;
      return delayMs * (0.5 + options.random.next() / 2);
    },
    reset() {
      tries = 0;
    },
  };
}
