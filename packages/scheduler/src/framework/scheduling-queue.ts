import type { Pod, Stored } from '@hardpoint/kubernetes';
import type { Clock } from '@hardpoint/machinery';
import type { ClusterEvent, EventRegistration } from './cluster-event.ts';
import { Heap } from './heap.ts';
import { podInfo } from './node-info.ts';
import type { QueuedPod } from './plugin.ts';
import type { Status } from './status.ts';

/** A Pod that was refused is tried again after so long even where nothing is known to have changed, ms (kube-scheduler's). */
const FLUSH_AFTER_MS = 5 * 60_000;
const FLUSH_EVERY_MS = 30_000;

interface Entry extends QueuedPod {
  readonly uid: string;
  /** Monotonic, ms: not tried again before. */
  readyMs: number;
  /** Plugins that refused it; none after a fault. */
  rejectedBy: ReadonlySet<string>;
  /** Monotonic, ms: when it was put into the unschedulable pool. */
  parkedMs: number;
  /** Held back by PreEnqueue. */
  gated: boolean;
}

/** Why an attempt did not place the Pod. */
export type Setback =
  | { readonly kind: 'refused'; readonly plugins: ReadonlySet<string> }
  /** A fault: tried again after its back-off, whatever happens. */
  | { readonly kind: 'fault' }
  /** The Pod changed under it: tried again at once. */
  | { readonly kind: 'changed' };

export type QueueName = 'active' | 'backoff' | 'unschedulable' | 'gated';

/**
 * Pods that wait for a place. Active ones are taken in QueueSort's order; refused ones are parked until a cluster event
 * that one of the plugins that refused them takes for worth another try, then come back once their back-off is over
 * (1 s after the first attempt, doubling up to 10 s); what happens while a Pod is being tried counts as well.
 */
export class SchedulingQueue {
  readonly #clock: Clock;
  readonly #initialBackoffMs: number;
  readonly #maxBackoffMs: number;
  readonly #registrations: (schedulerName: string, plugin: string) => readonly EventRegistration[] | undefined;
  readonly #preEnqueue: (pod: Stored<Pod>) => Status;
  readonly #active: Heap<Entry>;
  readonly #backoff: Heap<Entry>;
  readonly #parked = new Map<string, Entry>();
  /** Pods being tried, with the place in `#events` from which on events count for them. */
  readonly #tried = new Map<string, { entry: Entry; from: number; latest: Stored<Pod> | undefined; gone: boolean }>();
  /** Events since the oldest Pod being tried was taken. */
  #events: ClusterEvent[] = [];
  #eventsBefore = 0;
  #backoffTimer: Disposable | undefined;
  #flushTimer: Disposable | undefined;
  readonly #takers = new Set<() => void>();
  #closed = false;

  constructor(options: {
    readonly clock: Clock;
    readonly initialBackoffMs: number;
    readonly maxBackoffMs: number;
    readonly less: (a: QueuedPod, b: QueuedPod) => number;
    /** A plugin's events; undefined where it has not said: every event wakes its Pods. */
    readonly registrations: (schedulerName: string, plugin: string) => readonly EventRegistration[] | undefined;
    readonly preEnqueue: (pod: Stored<Pod>) => Status;
  }) {
    this.#clock = options.clock;
    this.#initialBackoffMs = options.initialBackoffMs;
    this.#maxBackoffMs = options.maxBackoffMs;
    this.#registrations = options.registrations;
    this.#preEnqueue = options.preEnqueue;
    const keyOf = (entry: Entry): string => entry.uid;
    this.#active = new Heap({ keyOf, compare: options.less });
    this.#backoff = new Heap({ keyOf, compare: (a, b) => a.readyMs - b.readyMs || (a.uid < b.uid ? -1 : 1) });
    this.#scheduleFlush();
  }

  /** A new Pod that waits. Throws QuantityError where its requests cannot be read. */
  add(pod: Stored<Pod>): void {
    const { uid } = pod.metadata;
    if (this.has(uid)) {
      this.update(pod);
      return;
    }
    const entry: Entry = {
      uid,
      pod,
      info: podInfo(pod),
      attempts: 0,
      addedMs: this.#clock.now(),
      readyMs: 0,
      rejectedBy: new Set(),
      parkedMs: 0,
      gated: false,
    };
    this.#admit(entry);
  }

  has(uid: string): boolean {
    return (
      this.#tried.has(uid) ||
      this.#parked.has(uid) ||
      this.#active.get(uid) !== undefined ||
      this.#backoff.get(uid) !== undefined
    );
  }

  /** The waiting Pod changed. Where what it asks for changed, it is worth another try. */
  update(pod: Stored<Pod>): void {
    const { uid } = pod.metadata;
    const tried = this.#tried.get(uid);
    if (tried !== undefined) {
      tried.latest = pod;
      tried.gone = false;
      return;
    }
    for (const heap of [this.#active, this.#backoff]) {
      const queued = heap.get(uid);
      if (queued === undefined) continue;
      heap.put({ ...queued, pod, info: podInfo(pod) });
      return;
    }
    const parked = this.#parked.get(uid);
    if (parked === undefined) {
      this.add(pod);
      return;
    }
    const changed = asks(parked.pod) !== asks(pod);
    const entry: Entry = { ...parked, pod, info: podInfo(pod) };
    this.#parked.delete(uid);
    if (changed || entry.gated) this.#admit(entry);
    else this.#parked.set(uid, entry);
  }

  remove(uid: string): void {
    this.#active.remove(uid);
    this.#backoff.remove(uid);
    this.#parked.delete(uid);
    const tried = this.#tried.get(uid);
    if (tried !== undefined) tried.gone = true;
  }

  /** The next Pod, now being tried: `done` or `putBack` must follow. Rejects with the signal's reason. */
  async pop(signal: AbortSignal): Promise<QueuedPod> {
    for (;;) {
      signal.throwIfAborted();
      const ready = this.#active.pop();
      if (ready !== undefined) return this.#begin(ready);
      // Woken in a later turn, so that of several Pods that come back at once the first in order is taken.
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const abort = (): void => reject(signal.reason);
      signal.addEventListener('abort', abort, { once: true });
      this.#takers.add(resolve);
      try {
        await promise;
      } finally {
        this.#takers.delete(resolve);
        signal.removeEventListener('abort', abort);
      }
    }
  }

  /** The Pod was placed, or is gone. */
  done(uid: string): void {
    this.#tried.delete(uid);
    this.#trim();
  }

  /** The Pod was not placed. `pod` is its newest form, where that is known. */
  putBack(queued: QueuedPod, setback: Setback, pod?: Stored<Pod>): void {
    const { uid } = queued.pod.metadata;
    const tried = this.#tried.get(uid);
    if (tried === undefined) return;
    const before = tried.entry;
    const seen = newest(newest(before.pod, tried.latest), pod);
    const missed = this.#events.slice(tried.from - this.#eventsBefore);
    this.done(uid);
    if (tried.gone) return;
    const now = this.#clock.monotonic();
    const entry: Entry = {
      ...before,
      pod: seen,
      info: podInfo(seen),
      readyMs: setback.kind === 'changed' ? 0 : now + this.#backoffOf(before.attempts),
      rejectedBy: setback.kind === 'refused' ? setback.plugins : new Set(),
      parkedMs: now,
    };
    const again =
      setback.kind !== 'refused' ||
      asks(before.pod) !== asks(seen) ||
      missed.some((event) => this.#isWorth(entry, event));
    if (again) this.#admit(entry);
    else this.#parked.set(uid, entry);
  }

  /** Something changed in the cluster: Pods for which that may matter come back. */
  move(event: ClusterEvent): void {
    if (this.#tried.size > 0) this.#events.push(event);
    for (const [uid, entry] of this.#parked)
      if (!entry.gated && this.#isWorth(entry, event)) {
        this.#parked.delete(uid);
        this.#admit(entry);
      }
  }

  /** How many Pods wait where. */
  counts(): Readonly<Record<QueueName, number>> {
    const gated = [...this.#parked.values()].filter((entry) => entry.gated).length;
    return {
      active: this.#active.size,
      backoff: this.#backoff.size,
      unschedulable: this.#parked.size - gated,
      gated,
    };
  }

  /** Stops its timers. */
  [Symbol.dispose](): void {
    this.#closed = true;
    this.#backoffTimer?.[Symbol.dispose]();
    this.#flushTimer?.[Symbol.dispose]();
  }

  #begin(entry: Entry): QueuedPod {
    const begun: Entry = { ...entry, attempts: entry.attempts + 1 };
    this.#tried.set(entry.uid, {
      entry: begun,
      from: this.#eventsBefore + this.#events.length,
      latest: undefined,
      gone: false,
    });
    return begun;
  }

  /** To the gate, the back-off or the active queue. */
  #admit(entry: Entry): void {
    if (this.#preEnqueue(entry.pod) !== undefined) {
      this.#parked.set(entry.uid, { ...entry, gated: true, parkedMs: this.#clock.monotonic() });
      return;
    }
    const open: Entry = { ...entry, gated: false };
    if (open.readyMs > this.#clock.monotonic()) {
      this.#backoff.put(open);
      this.#scheduleBackoff();
      return;
    }
    this.#active.put(open);
    for (const wake of this.#takers) wake();
  }

  #backoffOf(attempts: number): number {
    return Math.min(this.#maxBackoffMs, this.#initialBackoffMs * 2 ** Math.min(30, Math.max(0, attempts - 1)));
  }

  #isWorth(entry: Entry, event: ClusterEvent): boolean {
    if (event.resource === 'Any') return true;
    for (const plugin of entry.rejectedBy) {
      const registrations = this.#registrations(entry.pod.spec?.schedulerName ?? '', plugin);
      if (registrations === undefined) return true;
      for (const { resource, actions, isWorth } of registrations) {
        if (resource !== event.resource || (actions !== undefined && !actions.includes(event.action))) continue;
        try {
          if (isWorth === undefined || isWorth(entry.pod, event)) return true;
        } catch {
          return true;
        }
      }
    }
    return false;
  }

  #trim(): void {
    let oldest = this.#eventsBefore + this.#events.length;
    for (const { from } of this.#tried.values()) oldest = Math.min(oldest, from);
    if (oldest === this.#eventsBefore) return;
    this.#events = this.#events.slice(oldest - this.#eventsBefore);
    this.#eventsBefore = oldest;
  }

  #scheduleBackoff(): void {
    this.#backoffTimer?.[Symbol.dispose]();
    const first = this.#backoff.peek();
    if (first === undefined || this.#closed) return;
    this.#backoffTimer = this.#clock.timer(Math.max(0, first.readyMs - this.#clock.monotonic()), () => {
      const now = this.#clock.monotonic();
      for (
        let ready = this.#backoff.peek();
        ready !== undefined && ready.readyMs <= now;
        ready = this.#backoff.peek()
      ) {
        this.#backoff.pop();
        this.#admit(ready);
      }
      this.#scheduleBackoff();
    });
  }

  #scheduleFlush(): void {
    if (this.#closed) return;
    this.#flushTimer = this.#clock.timer(FLUSH_EVERY_MS, () => {
      const limit = this.#clock.monotonic() - FLUSH_AFTER_MS;
      for (const [uid, entry] of this.#parked)
        if (!entry.gated && entry.parkedMs <= limit) {
          this.#parked.delete(uid);
          this.#admit(entry);
        }
      this.#scheduleFlush();
    });
  }
}

function newest(a: Stored<Pod>, b: Stored<Pod> | undefined): Stored<Pod> {
  if (b === undefined) return a;
  const [x, y] = [a.metadata.resourceVersion, b.metadata.resourceVersion];
  return x.length > y.length || (x.length === y.length && x > y) ? a : b;
}

/** What of a Pod plugins may read: a change elsewhere (its status, say) does not change a verdict. */
function asks(pod: Stored<Pod>): string {
  return JSON.stringify([pod.metadata.labels, pod.metadata.annotations, pod.spec]);
}
