import { type Clock, sleepOn } from './clock.ts';

/** A clock that stands still until told otherwise. */
export interface VirtualClock extends Clock {
  /**
   * Moves time on by `ms`, firing each timer that falls due at its own instant, in order of time and then of creation.
   * Before and after each one, promises (and one turn of the event loop) are let settle, so that what a timer wakes may
   * set timers that still fall inside the span.
   */
  advance(ms: number): Promise<void>;
  /** Milliseconds until the next timer; undefined while there is none. */
  nextTimerMs(): number | undefined;
  /** Timers neither fired nor disposed: 0 when nothing waits. */
  pendingTimers(): number;
}

interface Timer {
  readonly dueMs: number;
  readonly sequence: number;
  readonly fire: () => void;
  /** Place in the heap; -1 once fired or disposed. */
  at: number;
}

/** Lets every promise that can settle without time passing settle. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 2; turn += 1) await new Promise<void>((resolve) => setImmediate(resolve));
}

/** A heap of timers, soonest first. */
class TimerHeap {
  readonly #timers: Timer[] = [];

  get size(): number {
    return this.#timers.length;
  }

  first(): Timer | undefined {
    return this.#timers[0];
  }

  add(timer: Timer): void {
    this.#timers.push(timer);
    this.#place(timer, this.#timers.length - 1);
    this.#up(timer);
  }

  remove(timer: Timer): void {
    if (timer.at < 0) return;
    const at = timer.at;
    timer.at = -1;
    const last = this.#timers.pop();
    if (last === undefined || last === timer) return;
    this.#place(last, at);
    this.#up(last);
    this.#down(last);
  }

  #place(timer: Timer, at: number): void {
    this.#timers[at] = timer;
    timer.at = at;
  }

  #up(timer: Timer): void {
    while (timer.at > 0) {
      const at = timer.at;
      const parentAt = (at - 1) >> 1;
      const parent = this.#timers[parentAt] as Timer;
      if (!before(timer, parent)) return;
      this.#place(timer, parentAt);
      this.#place(parent, at);
    }
  }

  #down(timer: Timer): void {
    for (;;) {
      const at = timer.at;
      const left = this.#timers[2 * at + 1];
      const right = this.#timers[2 * at + 2];
      const child = left !== undefined && right !== undefined && before(right, left) ? right : left;
      if (child === undefined || !before(child, timer)) return;
      const childAt = child.at;
      this.#place(child, at);
      this.#place(timer, childAt);
    }
  }
}

function before(a: Timer, b: Timer): boolean {
  return a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.sequence < b.sequence);
}

/** `startMs`: wall time at the start, ms since the epoch; default 2026-01-01T00:00:00Z. Monotonic time starts at 0. */
export function createVirtualClock(options: { readonly startMs?: number } = {}): VirtualClock {
  const startMs = options.startMs ?? Date.UTC(2026, 0, 1);
  const timers = new TimerHeap();
  let elapsedMs = 0;
  let sequence = 0;
  const clock: VirtualClock = {
    now: () => startMs + Math.floor(elapsedMs),
    monotonic: () => elapsedMs,
    timer(ms, fire) {
      const timer: Timer = { dueMs: elapsedMs + Math.max(ms, 0), sequence: sequence++, fire, at: -1 };
      timers.add(timer);
      return { [Symbol.dispose]: () => timers.remove(timer) };
    },
    sleep: (ms, signal) => sleepOn(clock, ms, signal),
    async advance(ms) {
      const targetMs = elapsedMs + ms;
      for (;;) {
        await settle();
        const next = timers.first();
        if (next === undefined || next.dueMs > targetMs) break;
        timers.remove(next);
        elapsedMs = Math.max(elapsedMs, next.dueMs);
        next.fire();
      }
      elapsedMs = Math.max(elapsedMs, targetMs);
    },
    nextTimerMs() {
      const next = timers.first();
      return next === undefined ? undefined : Math.max(0, next.dueMs - elapsedMs);
    },
    pendingTimers: () => timers.size,
  };
  return Object.freeze(clock);
}
