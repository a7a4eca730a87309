/** Back-off per key as a kubelet counts it: the first try is at once, then `baseMs`, doubling up to `maxMs`. */
export interface BackOff {
  /** Milliseconds still to wait at `nowMs` for what last failed at `failedAtMs`; 0: try now. */
  remaining(key: string, failedAtMs: number, nowMs: number): number;
  /** The delay in force for the key, ms; 0 where there is none. */
  delay(key: string): number;
  /** Notes that a try is made now after the failure at `failedAtMs`. */
  next(key: string, failedAtMs: number): void;
}

/** A key that has not failed for twice `maxMs` starts over. */
export function createBackOff(options: { readonly baseMs: number; readonly maxMs: number }): BackOff {
  const { baseMs, maxMs } = options;
  const entries = new Map<string, { delayMs: number; atMs: number }>();
  const expired = (atMs: number, failedAtMs: number) => failedAtMs - atMs > 2 * maxMs;
  return {
    remaining(key, failedAtMs, nowMs) {
      const entry = entries.get(key);
      if (entry === undefined || expired(entry.atMs, failedAtMs)) return 0;
      return Math.max(0, failedAtMs + entry.delayMs - nowMs);
    },
    delay: (key) => entries.get(key)?.delayMs ?? 0,
    next(key, failedAtMs) {
      const entry = entries.get(key);
      const fresh = entry === undefined || expired(entry.atMs, failedAtMs);
      entries.set(key, { delayMs: fresh ? baseMs : Math.min(entry.delayMs * 2, maxMs), atMs: failedAtMs });
    },
  };
}

/** A delay as Go prints a duration of whole seconds: `10s`, `1m20s`, `5m0s`. */
export function goDuration(ms: number): string {
  if (ms < 1000) return `${ms}ms`;
  const seconds = Math.floor(ms / 1000);
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  const tail = `${seconds % 60}s`;
  if (hours > 0) return `${hours}h${minutes % 60}m${tail}`;
  return minutes > 0 ? `${minutes}m${tail}` : tail;
}
