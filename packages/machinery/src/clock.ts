/** Time, handed in. No part reads the system's clock by itself. All figures are milliseconds. */
export interface Clock {
  /** Wall time, ms since the epoch, UTC. May jump. */
  now(): number;
  /** Monotonic time in ms with fractions, from an arbitrary origin. Never jumps back. Durations are measured by it. */
  monotonic(): number;
  /** Calls `fire` once, `ms` from now, unless disposed first. */
  timer(ms: number, fire: () => void): Disposable;
  /** Resolves after `ms`; rejects with the signal's reason when it aborts first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** `Clock.sleep` for a clock that has timers. */
export function sleepOn(clock: Pick<Clock, 'timer'>, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const abandon = (): void => {
      timer[Symbol.dispose]();
      reject(signal?.reason);
    };
    const timer = clock.timer(ms, () => {
      signal?.removeEventListener('abort', abandon);
      resolve();
    });
    signal?.addEventListener('abort', abandon, { once: true });
  });
}
