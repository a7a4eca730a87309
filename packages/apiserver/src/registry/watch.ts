import type { Clock } from '@hardpoint/machinery';
import type { Sink } from '../http/exchange.ts';
import { expired } from '../http/failures.ts';
import type { Kind } from '../kinds/kind.ts';
import { apiVersionOfKind } from '../kinds/kind.ts';
import { type FieldError, type JsonObject, StatusError, stringifyJson } from '../schema/contract.ts';
import type { Store, StoreEvent } from '../store/store.ts';
import { readVersion } from './list.ts';
import { fromStorage, withVersion } from './registry.ts';
import type { Selection } from './selection.ts';

export interface WatchOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly kind: Kind;
  readonly selection: Selection;
  readonly query: URLSearchParams;
  /** How an object is written; absent: as it stands. `first`: of this watch. */
  readonly shape?: (object: JsonObject, first: boolean) => JsonObject;
  /** Chosen by the caller, milliseconds: when the server ends the watch. */
  readonly timeoutMs: number;
}

const bookmarkIntervalMs = 60_000;
/** A client that leaves this much unread loses its watch. */
const bufferLimit = 32 * 2 ** 20;

type EventType = 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';

/** Objects as JSON, written once however many watch them. By version, then object. */
const frames = new Map<string, WeakMap<JsonObject, Buffer>>();

function frame(type: EventType, object: JsonObject, cacheKey: string | undefined): Buffer {
  if (cacheKey === undefined) return Buffer.from(`{"type":"${type}","object":${stringifyJson(object)}}\n`);
  const key = `${cacheKey} ${type}`;
  let cache = frames.get(key);
  if (cache === undefined) {
    cache = new WeakMap();
    frames.set(key, cache);
  }
  let found = cache.get(object);
  if (found === undefined) {
    found = frame(type, object, undefined);
    cache.set(object, found);
  }
  return found;
}

const deletedForms = new WeakMap<StoreEvent, JsonObject>();

/** The object of a deletion: its last state under the revision that ended it. */
function deletedForm(event: StoreEvent, previous: JsonObject): JsonObject {
  let found = deletedForms.get(event);
  if (found === undefined) {
    found = withVersion(previous, event.revision);
    deletedForms.set(event, found);
  }
  return found;
}

/** Checks the watch's options; returns what writes it. Throws StatusErrors 400. */
export function prepareWatch(options: WatchOptions): (sink: Sink) => Promise<void> {
  const { store, clock, kind, selection, query, shape } = options;
  const version = query.get('resourceVersion') ?? '';
  const initial = query.get('sendInitialEvents');
  const bookmarks = query.get('allowWatchBookmarks') === 'true' || query.get('allowWatchBookmarks') === '1';
  checkInitialEvents(initial, query);
  const since = version === '' || version === '0' ? undefined : watchedVersion(version);
  const cacheKey = shape === undefined ? `${apiVersionOfKind(kind)} ${kind.kind}` : undefined;
  let first = true;

  return async (sink) => {
    const send = (type: EventType, object: JsonObject): void => {
      if (sink.signal.aborted) return;
      const shaped = shape === undefined || type === 'ERROR' ? object : shape(object, first);
      first = false;
      sink.write(frame(type, shaped, type === 'BOOKMARK' || type === 'ERROR' ? undefined : cacheKey));
    };
    const bookmark = (annotations?: JsonObject): void => {
      send('BOOKMARK', {
        kind: kind.kind,
        apiVersion: apiVersionOfKind(kind),
        metadata: {
          resourceVersion: String(store.revision),
          ...(annotations === undefined ? {} : { annotations }),
        },
      });
    };
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    const pass = (event: StoreEvent): void => {
      if (!event.key.startsWith(selection.prefix)) return;
      const before =
        event.previous !== undefined && selection.matches(event.key, fromStorage(kind, event.previous))
          ? event.previous
          : undefined;
      const after =
        event.object !== undefined && selection.matches(event.key, fromStorage(kind, event.object))
          ? event.object
          : undefined;
      if (after !== undefined) send(before === undefined ? 'ADDED' : 'MODIFIED', fromStorage(kind, after));
      else if (before !== undefined) send('DELETED', fromStorage(kind, deletedForm(event, before)));
      if (sink.buffered() > bufferLimit) end();
    };

    if (since === undefined || initial === 'true') {
      if (initial !== 'false') {
        for (const [key, object] of store.list(kind.storage, selection.prefix)) {
          const shaped = fromStorage(kind, object);
          if (selection.matches(key, shaped)) send('ADDED', shaped);
        }
      }
      if (initial === 'true' && bookmarks) bookmark({ 'k8s.io/initial-events-end': 'true' });
    } else {
      const past = store.since(kind.storage, since);
      if (!past.found) {
        send('ERROR', tooOld(since, past.oldest) as unknown as JsonObject);
        return;
      }
      if (since > store.revision) {
        send('ERROR', tooNew(since, store.revision) as unknown as JsonObject);
        return;
      }
      for (const event of past.events) pass(event);
    }

    using _subscription = store.subscribe(kind.storage, pass);
    using _timeout = clock.timer(options.timeoutMs, end);
    let ticking: Disposable | undefined;
    const tick = (): void => {
      bookmark();
      ticking = clock.timer(bookmarkIntervalMs, tick);
    };
    if (bookmarks) ticking = clock.timer(bookmarkIntervalMs, tick);
    sink.signal.addEventListener('abort', () => end(), { once: true });
    if (sink.signal.aborted) end();
    await ended;
    ticking?.[Symbol.dispose]();
  };
}

/** A watch's resourceVersion as a number. What is none is an error of the server's, as with kube-apiserver. */
function watchedVersion(text: string): number {
  if (/^\d+$/.test(text)) return readVersion(text);
  const quoted = JSON.stringify(text);
  const message = `resourceVersion: Invalid value: ${quoted}: strconv.ParseUint: parsing ${quoted}: invalid syntax`;
  throw new StatusError({ code: 500, reason: '', message });
}

function checkInitialEvents(initial: string | null, query: URLSearchParams): void {
  const match = query.get('resourceVersionMatch') ?? '';
  const fail = (field: string, detail: string, more: readonly FieldError[] = []): never => {
    throw StatusError.invalid({
      group: 'meta.k8s.io',
      kind: 'ListOptions',
      name: '',
      errors: [{ type: 'FieldValueForbidden', field, detail }, ...more],
    });
  };
  if (initial === null) {
    // A watch from now is given initial events by default, and with them a match.
    const fromNow = ['', '0'].includes(query.get('resourceVersion') ?? '');
    if ((match !== '' || fromNow) && (query.get('continue') ?? '') !== '') {
      fail('resourceVersionMatch', 'resourceVersionMatch is forbidden when continue is provided');
    }
    if (match !== '')
      fail('resourceVersionMatch', 'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided');
    return;
  }
  if (match !== 'NotOlderThan') {
    const detail = 'supported values: "NotOlderThan"';
    const field = 'resourceVersionMatch';
    fail(
      field,
      'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan',
      match === '' ? [] : [{ type: 'FieldValueNotSupported', field, value: match, detail }],
    );
  }
}

function tooOld(since: number, oldest: number): object {
  return expired(`too old resource version: ${since} (${oldest})`).toStatus();
}

function tooNew(since: number, current: number): object {
  return new StatusError({
    code: 504,
    reason: 'Timeout',
    message: `Too large resource version: ${since}, current: ${current}`,
    details: {
      causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
      retryAfterSeconds: 1,
    },
  }).toStatus();
}
