import type { KubernetesObject, ResourceType, Stored } from '@hardpoint/kubernetes';
import { createBackOff } from './back-off.ts';
import type { Client } from './client.ts';
import type { Clock } from './clock.ts';
import { ApiError } from './errors.ts';
import type { Informer } from './informer.ts';
import type { Logger } from './log.ts';
import { createObjectCache, type Indexers, type ObjectCache } from './object-cache.ts';
import { keyOf } from './object-key.ts';
import type { Random } from './random.ts';
import { compareResourceVersions } from './resource-version.ts';
import { waitFor } from './wait-for.ts';

export interface InformerOptions<T extends KubernetesObject> {
  readonly client: Client;
  readonly type: ResourceType<T>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Its end is the informer's end. */
  readonly signal: AbortSignal;
  /** All namespaces where absent. */
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  readonly indexers?: Indexers<T>;
  /** Objects per page of a list; default 500. */
  readonly pageSize?: number;
  /** A watch that has sent nothing, not even a bookmark, for so long is opened anew. Servers send a bookmark about once a minute. Default 150 000 ms. */
  readonly stallMs?: number;
}

export interface RunningInformer<T extends KubernetesObject> extends Informer<T> {
  /** Resolves when the informer has ended; never rejects. */
  readonly done: Promise<void>;
}

/**
 * Starts an informer that runs until `signal` aborts. Each change of an object is told once, in order; what happened
 * while a watch was broken is told as the difference that a new list shows. A listener hears of it synchronously; its
 * exceptions are logged and go no further.
 */
export function createInformer<T extends KubernetesObject>(options: InformerOptions<T>): RunningInformer<T> {
  const log = options.log.with({ kind: options.type.kind });
  const cache = createObjectCache<T>({ log, indexers: options.indexers });
  const synced = Promise.withResolvers<void>();
  synced.promise.catch(() => {});
  const state: Followed<T> = { cache, resourceVersion: '', onListed: synced.resolve };
  const done = follow({ ...options, log }, state).finally(() => synced.reject(options.signal.reason));
  return {
    get: cache.get,
    list: cache.list,
    byIndex: cache.byIndex,
    subscribe: cache.subscribe,
    synced: (signal) => waitFor(synced.promise, signal),
    resourceVersion: () => state.resourceVersion,
    done,
  };
}

interface Followed<T extends KubernetesObject> {
  readonly cache: ObjectCache<T>;
  /** Of the newest change seen; `''` where only a list can tell what is there. */
  resourceVersion: string;
  readonly onListed: () => void;
}

async function follow<T extends KubernetesObject>(options: InformerOptions<T>, state: Followed<T>): Promise<void> {
  const { clock, log, signal } = options;
  const backOff = createBackOff({ random: options.random, firstMs: 200, lastMs: 30_000 });
  let listNeeded = true;
  let failures = 0;
  while (!signal.aborted) {
    const startedMs = clock.monotonic();
    let delayMs = 0;
    try {
      if (listNeeded) {
        await relist(options, state);
        listNeeded = false;
        backOff.reset();
        failures = 0;
      }
      await watchOnce(options, state);
      failures = 0;
      // A server that ends each watch at once must not be asked in a tight loop.
      if (clock.monotonic() - startedMs < 1000) delayMs = backOff.nextMs();
      else backOff.reset();
    } catch (error) {
      if (signal.aborted) return;
      if (clock.monotonic() - startedMs > 60_000) backOff.reset();
      delayMs = backOff.nextMs();
      if (ApiError.is(error, 'Gone', 'Expired')) {
        log.info('the watch is too far behind; listing again', { error });
        listNeeded = true;
      } else {
        const failed = ApiError.from(error);
        delayMs = Math.max(delayMs, (failed.retryAfterSeconds ?? 0) * 1000);
        failures += 1;
        // A broken connection is daily bread; one that stays broken is not.
        const say = failed.code === 'Unreachable' && failures % 5 !== 0 ? log.debug : log.warn;
        say('the list or watch failed; trying again', { error: failed, delayMs: Math.round(delayMs) });
      }
    }
    if (delayMs > 0) await clock.sleep(delayMs, signal).catch(() => {});
  }
}

/** Lists page by page and makes the cache equal to it. Where a page has expired, once more without pages. */
async function relist<T extends KubernetesObject>(options: InformerOptions<T>, state: Followed<T>): Promise<void> {
  const { cache } = state;
  let listed: { readonly items: Stored<T>[]; readonly resourceVersion: string };
  try {
    listed = await listAll(options, options.pageSize ?? 500);
  } catch (error) {
    if (!ApiError.is(error, 'Gone', 'Expired')) throw error;
    listed = await listAll(options, undefined);
  }
  const present = new Map(listed.items.map((object) => [keyOf(object), object]));
  state.resourceVersion = listed.resourceVersion;
  for (const held of [...cache.list()]) if (!present.has(keyOf(held))) cache.remove(held);
  for (const [key, object] of present) {
    const held = cache.get(key);
    const same =
      held?.metadata.uid === object.metadata.uid && held.metadata.resourceVersion === object.metadata.resourceVersion;
    if (!same) cache.put(object);
  }
  state.onListed();
}

async function listAll<T extends KubernetesObject>(
  options: InformerOptions<T>,
  limit: number | undefined,
): Promise<{ items: Stored<T>[]; resourceVersion: string }> {
  const items: Stored<T>[] = [];
  let token: string | undefined;
  let resourceVersion = '';
  do {
    const page = await options.client.list(options.type, {
      ...selection(options),
      ...(limit === undefined ? {} : { limit }),
      ...(token === undefined ? {} : { continue: token }),
      signal: options.signal,
    });
    items.push(...page.items);
    resourceVersion = page.metadata.resourceVersion ?? '';
    token = page.metadata.continue;
  } while (token !== undefined && token !== '');
  return { items, resourceVersion };
}

/** One watch from the newest version seen, until the server ends it. Rejects where it breaks or stalls. */
async function watchOnce<T extends KubernetesObject>(options: InformerOptions<T>, state: Followed<T>): Promise<void> {
  const { clock, signal } = options;
  const stallMs = options.stallMs ?? 150_000;
  const stall = new AbortController();
  const onStall = (): void =>
    stall.abort(new ApiError({ code: 'Unreachable', message: `the watch has been silent for ${stallMs} ms` }));
  let timer = clock.timer(stallMs, onStall);
  try {
    const events = options.client.watch(options.type, {
      ...selection(options),
      resourceVersion: state.resourceVersion,
      allowWatchBookmarks: true,
      timeoutSeconds: 300 + options.random.integer(300),
      signal: AbortSignal.any([signal, stall.signal]),
    });
    for await (const event of events) {
      if (signal.aborted) return;
      timer[Symbol.dispose]();
      timer = clock.timer(stallMs, onStall);
      if (event.type === 'BOOKMARK') state.resourceVersion = event.object.metadata.resourceVersion;
      else take(state, event.type === 'DELETED', event.object);
    }
  } finally {
    timer[Symbol.dispose]();
  }
}

/** Takes an event into the cache, unless it tells what is known already. */
function take<T extends KubernetesObject>(state: Followed<T>, deleted: boolean, object: Stored<T>): void {
  const { cache } = state;
  const held = cache.get(keyOf(object));
  const version = object.metadata.resourceVersion;
  const knownUpTo = state.resourceVersion;
  if (compareResourceVersions(version, knownUpTo) > 0) state.resourceVersion = version;
  if (deleted) {
    // Nothing is known of when a server stamps a deletion; it never is older than what it deletes.
    if (held?.metadata.uid !== object.metadata.uid) return;
    if (compareResourceVersions(version, held.metadata.resourceVersion) >= 0) cache.remove(object);
    return;
  }
  if (compareResourceVersions(version, held?.metadata.resourceVersion ?? knownUpTo) > 0) cache.put(object);
}

function selection(options: Pick<InformerOptions<KubernetesObject>, 'namespace' | 'labelSelector' | 'fieldSelector'>): {
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
} {
  return {
    ...(options.namespace === undefined ? {} : { namespace: options.namespace }),
    ...(options.labelSelector === undefined ? {} : { labelSelector: options.labelSelector }),
    ...(options.fieldSelector === undefined ? {} : { fieldSelector: options.fieldSelector }),
  };
}
