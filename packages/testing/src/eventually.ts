import { type Clock, systemClock } from '@hardpoint/machinery';

/**
 * Runs `check` again and again until it neither throws nor rejects, and answers with what it gave. Rejects with its last
 * error after `timeoutMs` (default 10 000) of the clock's monotonic time.
 */
export async function eventually<R>(
  check: () => R | Promise<R>,
  options: {
    readonly timeoutMs?: number;
    /** Between tries; default 20 ms. */
    readonly intervalMs?: number;
    readonly clock?: Clock;
    readonly signal?: AbortSignal;
  } = {},
): Promise<R> {
  const clock = options.clock ?? systemClock;
  const endMs = clock.monotonic() + (options.timeoutMs ?? 10_000);
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (clock.monotonic() >= endMs) throw error;
    }
    await clock.sleep(options.intervalMs ?? 20, options.signal);
  }
}
