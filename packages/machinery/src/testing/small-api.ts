import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { KubernetesObject, Stored } from '@hardpoint/kubernetes';
import type { ApiRequest, ApiResponse, Transport } from '../transport.ts';

type Item = Stored<KubernetesObject>;
type EventType = 'ADDED' | 'MODIFIED' | 'DELETED';

/** What a request meets instead of, or on the way to, its answer. `match` sees method and path. */
export interface Fault {
  readonly match: (request: ApiRequest) => boolean;
  /** How many requests it meets; default 1. */
  readonly times?: number;
  readonly act:
    | { readonly kind: 'status'; readonly status: number; readonly reason?: string; readonly retryAfter?: number }
    /** The connection breaks before an answer. */
    | { readonly kind: 'reset' }
    /** The stream breaks (`reset`), ends within a line (`truncate`), says 410 (`expire`) or goes silent (`stall`) after `afterEvents` events. */
    | { readonly kind: 'stream'; readonly how: 'reset' | 'truncate' | 'expire' | 'stall'; readonly afterEvents: number }
    /** Every event comes twice. */
    | { readonly kind: 'twice' }
    /** The write is done, and its answer lost. */
    | { readonly kind: 'lost-answer' }
    /** Not before `until`. */
    | { readonly kind: 'wait'; readonly until: Promise<void> };
}

/** An API of namespaced objects in memory, as much of Kubernetes' as the machinery's tests need, with faults on demand. */
export interface SmallApi extends Transport {
  fault(fault: Fault): void;
  /** Writes as another client would. */
  put(collection: string, item: KubernetesObject): Item;
  remove(collection: string, namespace: string, name: string): void;
  items(collection: string): Item[];
  /** Sends a bookmark to every watch. */
  bookmark(): void;
  /** Watches may no longer start before the newest version. */
  compact(): void;
  /** Breaks every open watch. */
  breakWatches(): void;
  readonly requests: readonly ApiRequest[];
  openWatches(): number;
}

interface Logged {
  readonly collection: string;
  readonly version: number;
  readonly type: EventType;
  readonly item: Item;
}

export function createSmallApi(): SmallApi {
  const stored = new Map<string, Item>();
  const history: Logged[] = [];
  const requests: ApiRequest[] = [];
  const faults: { fault: Fault; left: number }[] = [];
  const watches = new Set<{ wake: () => void; broken: boolean; bookmarks: number }>();
  let version = 100;
  let compacted = 0;

  const keyOf = (collection: string, namespace: string, name: string): string => `${collection}|${namespace}/${name}`;
  const log = (collection: string, type: EventType, item: Item): Item => {
    version += 1;
    const stamped = { ...item, metadata: { ...item.metadata, resourceVersion: String(version) } };
    const key = keyOf(collection, item.metadata.namespace ?? '', item.metadata.name);
    if (type === 'DELETED') stored.delete(key);
    else stored.set(key, stamped);
    history.push({ collection, version, type, item: stamped });
    for (const watch of watches) watch.wake();
    return stamped;
  };
  const put = (collection: string, item: KubernetesObject): Item => {
    const { namespace = 'default', name = '' } = item.metadata ?? {};
    const previous = stored.get(keyOf(collection, namespace, name));
    const metadata = {
      ...item.metadata,
      name,
      namespace,
      uid: previous?.metadata.uid ?? `uid-${version + 1}`,
      creationTimestamp: '2026-01-01T00:00:00Z',
      resourceVersion: '',
    };
    const next = { ...item, metadata } as Item;
    return log(collection, previous === undefined ? 'ADDED' : 'MODIFIED', next);
  };
  const items = (collection: string): Item[] =>
    [...stored].filter(([key]) => key.startsWith(`${collection}|`)).map(([, item]) => item);

  async function* watchBody(
    collection: string,
    namespace: string | undefined,
    from: number,
    request: ApiRequest,
    fault: Fault['act'] | undefined,
  ): AsyncGenerator<Uint8Array> {
    const watch = { wake: (): void => {}, broken: false, bookmarks: 0 };
    watches.add(watch);
    const abort = (): void => watch.wake();
    request.signal?.addEventListener('abort', abort);
    try {
      let at = history.findIndex((entry) => entry.version > from);
      if (at === -1) at = history.length;
      let sent = 0;
      for (;;) {
        if (request.signal?.aborted) throw request.signal.reason;
        if (watch.broken) throw new Error('socket hang up');
        if (fault?.kind === 'stream' && sent >= fault.afterEvents) {
          if (fault.how === 'reset') throw new Error('read ECONNRESET');
          if (fault.how === 'truncate') {
            yield Buffer.from('{"type":"ADDED","object":{"metadata":{"na');
            return;
          }
          if (fault.how === 'expire') {
            yield line({ type: 'ERROR', object: statusBody(410, 'Expired') });
            return;
          }
        }
        const stalled = fault?.kind === 'stream' && fault.how === 'stall' && sent >= fault.afterEvents;
        const entry = stalled ? undefined : history[at];
        if (entry !== undefined) {
          at += 1;
          if (entry.collection !== collection) continue;
          if (namespace !== undefined && entry.item.metadata.namespace !== namespace) continue;
          sent += 1;
          const bytes = line({ type: entry.type, object: entry.item });
          // In two parts, as a network cuts.
          yield bytes.subarray(0, 10);
          yield bytes.subarray(10);
          if (fault?.kind === 'twice') yield bytes;
          continue;
        }
        if (watch.bookmarks > 0 && !stalled) {
          watch.bookmarks = 0;
          yield line({ type: 'BOOKMARK', object: { metadata: { resourceVersion: String(version) } } });
          continue;
        }
        await new Promise<void>((resolve) => {
          watch.wake = resolve;
        });
      }
    } finally {
      request.signal?.removeEventListener('abort', abort);
      watches.delete(watch);
    }
  }

  const answer = (request: ApiRequest, fault: Fault['act'] | undefined): ApiResponse => {
    const url = new URL(request.path, 'http://small');
    const parts = /^(\/api\/v1|\/apis\/[^/]+\/[^/]+)(?:\/namespaces\/([^/]+))?\/([^/]+)(?:\/([^/]+))?$/.exec(
      url.pathname,
    );
    if (parts === null) return json(404, statusBody(404, 'NotFound'));
    const [, base = '', namespace, resource = '', name] = parts;
    const collection = `${base}/${resource}`;
    const body = request.body === undefined ? undefined : (JSON.parse(String(request.body)) as KubernetesObject);
    if (name === undefined && request.method === 'GET') {
      if (url.searchParams.get('watch') === 'true') {
        const from = Number(url.searchParams.get('resourceVersion') ?? version);
        if (from < compacted) return json(410, statusBody(410, 'Expired'));
        return { status: 200, headers: {}, body: watchBody(collection, namespace, from, request, fault) };
      }
      const all = items(collection).filter((item) => namespace === undefined || item.metadata.namespace === namespace);
      const limit = Number(url.searchParams.get('limit') ?? 0) || all.length;
      const start = Number(url.searchParams.get('continue') ?? 0);
      const more = start + limit < all.length ? { continue: String(start + limit) } : {};
      const metadata = { resourceVersion: String(version), ...more };
      return json(200, { kind: 'List', metadata, items: all.slice(start, start + limit) });
    }
    if (request.method === 'POST') {
      const item = { ...body, metadata: { ...body?.metadata, namespace: namespace ?? 'default' } };
      const present = stored.get(keyOf(collection, item.metadata.namespace, item.metadata.name ?? ''));
      return present === undefined ? json(201, put(collection, item)) : json(409, statusBody(409, 'AlreadyExists'));
    }
    const held = stored.get(keyOf(collection, namespace ?? '', name ?? ''));
    if (held === undefined) return json(404, statusBody(404, 'NotFound'));
    switch (request.method) {
      case 'GET':
        return json(200, held);
      case 'DELETE':
        return json(200, log(collection, 'DELETED', held));
      case 'PATCH':
        return json(200, put(collection, { ...held, ...body, metadata: held.metadata }));
      default: {
        const wanted = body?.metadata?.resourceVersion ?? '';
        if (wanted !== '' && wanted !== held.metadata.resourceVersion) return json(409, statusBody(409, 'Conflict'));
        return json(200, put(collection, body ?? {}));
      }
    }
  };

  return {
    requests,
    fault: (fault) => void faults.push({ fault, left: fault.times ?? 1 }),
    put,
    remove(collection, namespace, name) {
      const held = stored.get(keyOf(collection, namespace, name));
      if (held !== undefined) log(collection, 'DELETED', held);
    },
    items,
    bookmark() {
      for (const watch of watches) {
        watch.bookmarks += 1;
        watch.wake();
      }
    },
    compact() {
      compacted = version;
    },
    breakWatches() {
      for (const watch of watches) {
        watch.broken = true;
        watch.wake();
      }
    },
    openWatches: () => watches.size,
    async request(request) {
      requests.push(request);
      if (request.signal?.aborted) throw request.signal.reason;
      const meeting = faults.find(({ fault, left }) => left > 0 && fault.match(request));
      if (meeting !== undefined) meeting.left -= 1;
      const act = meeting?.fault.act;
      switch (act?.kind) {
        case 'reset':
          throw new Error('connect ECONNREFUSED');
        case 'status': {
          const failed = json(act.status, statusBody(act.status, act.reason ?? 'InternalError'));
          const extra = act.retryAfter === undefined ? {} : { 'retry-after': String(act.retryAfter) };
          return { ...failed, headers: { ...failed.headers, ...extra } };
        }
        case 'lost-answer':
          answer(request, undefined);
          throw new Error('read ECONNRESET');
        case 'wait':
          await act.until;
          return answer(request, undefined);
        default:
          return answer(request, act);
      }
    },
    async [Symbol.asyncDispose]() {},
  };
}

/** `api` on a port of 127.0.0.1, over real sockets: what it throws breaks the connection. */
export async function serveSmallApi(api: Transport): Promise<{ readonly url: string } & AsyncDisposable> {
  const open = new Set<AbortController>();
  const server = createServer((incoming, outgoing) => {
    const gone = new AbortController();
    open.add(gone);
    outgoing.on('close', () => {
      open.delete(gone);
      gone.abort(new Error('the client has gone'));
    });
    const exchange = async (): Promise<void> => {
      const chunks: Buffer[] = [];
      for await (const chunk of incoming) chunks.push(chunk as Buffer);
      const response = await api.request({
        method: incoming.method as ApiRequest['method'],
        path: incoming.url ?? '/',
        headers: incoming.headers as Record<string, string>,
        ...(chunks.length === 0 ? {} : { body: Buffer.concat(chunks) }),
        signal: gone.signal,
      });
      outgoing.writeHead(response.status, { ...response.headers });
      outgoing.flushHeaders();
      for await (const chunk of response.body) outgoing.write(chunk);
      outgoing.end();
    };
    exchange().catch(() => incoming.socket.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      for (const gone of open) gone.abort(new Error('the server ends'));
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

function line(value: unknown): Buffer {
  return Buffer.from(`${JSON.stringify(value)}\n`);
}

function json(status: number, value: unknown): ApiResponse {
  const bytes = Buffer.from(JSON.stringify(value));
  return {
    status,
    headers: { 'content-type': 'application/json' },
    body: (async function* () {
      yield bytes;
    })(),
  };
}

function statusBody(code: number, reason: string): unknown {
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message: reason, reason, code };
}
