import { EVENTS, type EventsEvent, type KubernetesObject, type ObjectReference } from '@hardpoint/kubernetes';
import { createBackOff } from './back-off.ts';
import type { Client } from './client.ts';
import type { Clock } from './clock.ts';
import { ApiError } from './errors.ts';
import { cutToBytes } from './event-note.ts';
import type { Logger } from './log.ts';
import { microTime } from './micro-time.ts';
import type { Random } from './random.ts';
import { waitFor } from './wait-for.ts';

export interface EventToRecord {
  /** What the Event is about: the object itself, or a reference to it. */
  readonly regarding: KubernetesObject | ObjectReference;
  readonly related?: KubernetesObject | ObjectReference | undefined;
  readonly type: 'Normal' | 'Warning';
  /** Why, in one CamelCase word. */
  readonly reason: string;
  /** What was done, in one CamelCase word. */
  readonly action: string;
  /** For people. Cut to 1024 bytes. */
  readonly note: string;
}

/** Writes Events (events.k8s.io/v1) in the background. */
export interface EventRecorder extends AsyncDisposable {
  /** Never throws and never waits. The same Event again within six minutes counts up the first one's series. */
  record(event: EventToRecord): void;
  /** Resolves when all that was recorded is written or given up; rejects with the signal's reason. */
  flush(signal?: AbortSignal): Promise<void>;
}

/** An Event that is the same again within this span, ms, counts as a repeat. */
const SERIES_SPAN_MS = 6 * 60_000;
/** More than this many waiting: the oldest is dropped. */
const LONGEST_QUEUE = 1000;
/** Tries to write one Event. */
const TRIES = 8;

interface Series {
  readonly event: EventsEvent & { metadata: { name: string; namespace: string } };
  /** How often it has happened. */
  count: number;
  /** The count that the server knows; 0 while it has not been created. */
  written: number;
  lastMonotonicMs: number;
  lastMs: number;
  lastWriteMs: number;
}

/** Its disposal waits for a try under way and drops the rest: flush first where the Events matter. */
export function createEventRecorder(options: {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** A qualified name: `airforce.mil/flight-operator`, `aircraft-scheduler`. At most 128 characters. */
  readonly reportingController: string;
  /** At most 128 characters. */
  readonly reportingInstance: string;
}): EventRecorder {
  const { client, clock, random, log } = options;
  const known = new Map<string, Series>();
  const waiting = new Set<Series>();
  const stop = new AbortController();
  let working: Promise<void> | undefined;
  let flushing = false;

  const write = async (series: Series): Promise<void> => {
    const { name, namespace } = series.event.metadata;
    const count = series.count;
    const body = { series: { count, lastObservedTime: microTime(series.lastMs) } };
    if (series.written === 0) {
      await client.create(EVENTS, { ...series.event, ...(count === 1 ? {} : body) }, { signal: stop.signal });
    } else {
      await client.patch(EVENTS, { name, namespace }, { type: 'merge', body }, { signal: stop.signal });
    }
    series.written = count;
    series.lastWriteMs = clock.monotonic();
  };
  const writeWithPatience = async (series: Series): Promise<void> => {
    const backOff = createBackOff({ random, firstMs: 100, lastMs: 5000 });
    for (let attempt = 1; ; attempt += 1) {
      try {
        await write(series);
        return;
      } catch (error) {
        if (stop.signal.aborted) return;
        if (ApiError.is(error, 'AlreadyExists')) {
          series.written = 1;
          if (series.count === 1) return;
          continue;
        }
        if (ApiError.is(error, 'NotFound') && series.written > 0) {
          // The Event has outlived its time on the server.
          series.written = 0;
          continue;
        }
        if (!worthRetrying(error) || attempt === TRIES) {
          known.delete(seriesKey(series.event));
          series.written = series.count;
          log.warn('an event could not be written', { reason: series.event.reason, note: series.event.note, error });
          return;
        }
        const retryAfterMs = (ApiError.from(error).retryAfterSeconds ?? 0) * 1000;
        await clock.sleep(Math.max(backOff.nextMs(), retryAfterMs), stop.signal).catch(() => {});
      }
    }
  };
  const work = async (): Promise<void> => {
    for (const series of waiting) {
      waiting.delete(series);
      if (stop.signal.aborted) return;
      if (series.count > series.written && (flushing || dueForWrite(series, clock.monotonic()))) {
        await writeWithPatience(series);
      }
    }
  };
  const wake = (): void => {
    working ??= work().finally(() => {
      working = undefined;
      if (waiting.size > 0 && !stop.signal.aborted) wake();
    });
  };
  const enqueue = (series: Series): void => {
    waiting.add(series);
    if (waiting.size > LONGEST_QUEUE) {
      const oldest = waiting.values().next().value as Series;
      waiting.delete(oldest);
      log.warn('too many events wait to be written; the oldest is dropped', { reason: oldest.event.reason });
    }
    wake();
  };

  return {
    record(event) {
      try {
        if (stop.signal.aborted) return;
        const monotonicMs = clock.monotonic();
        for (const [key, series] of known) {
          if (monotonicMs - series.lastMonotonicMs > SERIES_SPAN_MS) known.delete(key);
          else break;
        }
        const built = buildEvent(event, options, clock.now(), random);
        const key = seriesKey(built);
        const series = known.get(key) ?? {
          event: built,
          count: 0,
          written: 0,
          lastMonotonicMs: monotonicMs,
          lastMs: 0,
          lastWriteMs: Number.NEGATIVE_INFINITY,
        };
        series.count += 1;
        series.lastMonotonicMs = monotonicMs;
        series.lastMs = clock.now();
        // In order of last use, so that the oldest come first.
        known.delete(key);
        known.set(key, series);
        enqueue(series);
      } catch (error) {
        log.error('an event could not be recorded', { reason: event.reason, error });
      }
    },
    async flush(signal) {
      flushing = true;
      try {
        for (const series of known.values()) if (series.count > series.written) waiting.add(series);
        if (waiting.size > 0) wake();
        while (working !== undefined) await waitFor(working, signal);
      } finally {
        flushing = false;
      }
    },
    async [Symbol.asyncDispose]() {
      stop.abort(new Error('the event recorder has ended'));
      waiting.clear();
      await working;
    },
  };
}

/** The first ten counts are written at once; then each doubling, or one a minute. */
function dueForWrite(series: Series, monotonicMs: number): boolean {
  return series.count <= 10 || series.count >= series.written * 2 || monotonicMs - series.lastWriteMs >= 60_000;
}

function worthRetrying(error: unknown): boolean {
  const { code, status } = ApiError.from(error);
  return code === 'Unreachable' || code === 'Malformed' || code === 'Conflict' || status === 429 || status >= 500;
}

function buildEvent(
  event: EventToRecord,
  reporter: { readonly reportingController: string; readonly reportingInstance: string },
  nowMs: number,
  random: Random,
): Series['event'] {
  const regarding = referenceTo(event.regarding);
  const name = regarding.name ?? '';
  return {
    metadata: {
      // An Event's name is a DNS subdomain of at most 253 characters.
      name: `${name.slice(0, 230)}.${random.uuid().replaceAll('-', '').slice(0, 16)}`,
      namespace: regarding.namespace ?? 'default',
    },
    eventTime: microTime(nowMs),
    reportingController: reporter.reportingController,
    reportingInstance: reporter.reportingInstance.slice(0, 128),
    type: event.type,
    reason: cutToBytes(event.reason, 128),
    action: cutToBytes(event.action, 128),
    note: cutToBytes(event.note),
    regarding,
    ...(event.related === undefined ? {} : { related: referenceTo(event.related) }),
  };
}

function seriesKey(event: EventsEvent): string {
  const { type, reason, action, note, regarding, related } = event;
  const identity = (reference: ObjectReference | undefined): unknown => ({ ...reference, resourceVersion: undefined });
  return JSON.stringify([type, reason, action, note, identity(regarding), identity(related)]);
}

/** A reference to `target`, which may be one already. */
export function referenceTo(target: KubernetesObject | ObjectReference): ObjectReference {
  if (!('metadata' in target) || target.metadata === undefined) return target as ObjectReference;
  const { name, namespace, uid, resourceVersion } = target.metadata;
  return {
    ...(target.apiVersion === undefined ? {} : { apiVersion: target.apiVersion }),
    ...(target.kind === undefined ? {} : { kind: target.kind }),
    ...(namespace === undefined ? {} : { namespace }),
    ...(name === undefined ? {} : { name }),
    ...(uid === undefined ? {} : { uid }),
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
  };
}
