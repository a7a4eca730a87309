import { type Clock, sleepOn } from './clock.ts';

/** The longest delay a Node.js timer takes, ms; longer ones fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The system's clock. Its timers keep the process alive until they fire or are disposed. */
export const systemClock: Clock = Object.freeze({
  now: () => Date.now(),
  monotonic: () => performance.now(),
  timer(ms: number, fire: () => void): Disposable {
    const dueMs = performance.now() + ms;
    let handle: NodeJS.Timeout;
    const arm = (delayMs: number): void => {
      handle = setTimeout(
        () => {
          const leftMs = dueMs - performance.now();
          if (delayMs > LONGEST_TIMER_MS && leftMs > 0) arm(leftMs);
          else fire();
        },
        Math.min(Math.max(delayMs, 0), LONGEST_TIMER_MS),
      );
    };
    arm(ms);
    return { [Symbol.dispose]: () => clearTimeout(handle) };
  },
  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return sleepOn(systemClock, ms, signal);
  },
});
