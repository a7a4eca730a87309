import {
  apiVersionOf,
  type KubernetesList,
  type KubernetesObject,
  pathOf,
  type ResourceType,
  type Stored,
} from '@hardpoint/kubernetes';
import type { Client, ListOptions, Place, WatchEvent, WatchOptions, WriteOptions } from './client.ts';
import { ApiError } from './errors.ts';
import type { ApiRequest, ApiResponse, Transport } from './transport.ts';

type Query = Readonly<Record<string, string | number | boolean | undefined>>;
type Method = ApiRequest['method'];

interface Exchange {
  readonly method: Method;
  readonly path: string;
  readonly query?: Query;
  readonly body?: unknown;
  readonly contentType?: string;
  readonly signal?: AbortSignal | undefined;
}

const PATCH_TYPES = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
} as const;

/** A Client over `transport`, which stays the caller's to dispose. */
export function createClient(options: { readonly transport: Transport; readonly userAgent?: string }): Client {
  const { transport } = options;
  const userAgent = options.userAgent ?? 'hardpoint';

  const send = async (exchange: Exchange): Promise<ApiResponse> => {
    const { signal, body } = exchange;
    const query = queryText(exchange.query);
    const path = query === '' ? exchange.path : `${exchange.path}${exchange.path.includes('?') ? '&' : '?'}${query}`;
    try {
      return await transport.request({
        method: exchange.method,
        path,
        headers: {
          accept: 'application/json',
          'user-agent': userAgent,
          ...(body === undefined ? {} : { 'content-type': exchange.contentType ?? 'application/json' }),
        },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
        ...(signal === undefined ? {} : { signal }),
      });
    } catch (error) {
      throw failure(error, signal);
    }
  };

  const call = async <R>(exchange: Exchange): Promise<R> => {
    const response = await send(exchange);
    const body = await textOf(response, exchange.signal);
    if (response.status >= 400) throw statusError(response, body);
    return parseJson(body, response) as R;
  };

  return {
    get: async (type, place, opts) =>
      call({ method: 'GET', path: pathOf(type, needed(type, place)), signal: opts?.signal }),

    async list<T extends KubernetesObject>(type: ResourceType<T>, opts: ListOptions = {}) {
      const list = await call<KubernetesList<Stored<T>>>({
        method: 'GET',
        path: pathOf(type, { namespace: opts.namespace }),
        query: {
          labelSelector: opts.labelSelector,
          fieldSelector: opts.fieldSelector,
          limit: opts.limit,
          continue: opts.continue,
          resourceVersion: opts.resourceVersion,
          resourceVersionMatch: opts.resourceVersionMatch,
        },
        signal: opts.signal,
      });
      // Kubernetes leaves both out of a list's items.
      const apiVersion = apiVersionOf(type);
      list.items ??= [];
      for (const item of list.items) {
        item.apiVersion ??= apiVersion;
        item.kind ??= type.kind;
      }
      return list;
    },

    watch: <T extends KubernetesObject>(type: ResourceType<T>, opts: WatchOptions = {}) => watchOf<T>(send, type, opts),

    create: async (type, object, opts = {}) =>
      call({
        method: 'POST',
        path: pathOf(type, {
          namespace: namespaceOf(type, object),
          ...(opts.subresource === undefined ? {} : { name: object.metadata?.name, subresource: opts.subresource }),
        }),
        query: writeQuery(opts),
        body: complete(type, object),
        signal: opts.signal,
      }),

    update: async (type, object, opts = {}) =>
      call({
        method: 'PUT',
        path: pathOf(type, {
          namespace: namespaceOf(type, object),
          name: nameOf(object),
          subresource: opts.subresource,
        }),
        query: writeQuery(opts),
        body: complete(type, object),
        signal: opts.signal,
      }),

    patch: async (type, place, patch, opts = {}) =>
      call({
        method: 'PATCH',
        path: pathOf(type, { ...needed(type, place), subresource: opts.subresource }),
        query: writeQuery(opts),
        body: patch.body,
        contentType: PATCH_TYPES[patch.type],
        signal: opts.signal,
      }),

    apply: async (type, object, opts) =>
      call({
        method: 'PATCH',
        path: pathOf(type, {
          namespace: namespaceOf(type, object),
          name: nameOf(object),
          subresource: opts.subresource,
        }),
        query: { ...writeQuery(opts), force: opts.force },
        body: complete(type, object),
        contentType: 'application/apply-patch+yaml',
        signal: opts.signal,
      }),

    async delete(type, place, opts = {}) {
      const body = {
        apiVersion: 'v1',
        kind: 'DeleteOptions',
        ...(opts.gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds: opts.gracePeriodSeconds }),
        ...(opts.propagationPolicy === undefined ? {} : { propagationPolicy: opts.propagationPolicy }),
        ...(opts.preconditions === undefined ? {} : { preconditions: opts.preconditions }),
      };
      await call({ method: 'DELETE', path: pathOf(type, needed(type, place)), body, signal: opts.signal });
    },

    createSubresource: async <R>(
      type: ResourceType<KubernetesObject>,
      place: Place,
      subresource: string,
      body: unknown,
      opts?: { readonly signal?: AbortSignal | undefined },
    ) =>
      call<R>({
        method: 'POST',
        path: pathOf(type, { ...needed(type, place), subresource }),
        body,
        signal: opts?.signal,
      }),

    async raw({ method, path, body, signal }) {
      const response = await send({ method, path, body, signal });
      const text = await textOf(response, signal);
      if (response.status >= 400) throw statusError(response, text);
      return isJson(response) ? parseJson(text, response) : text;
    },
  };
}

async function* watchOf<T extends KubernetesObject>(
  send: (exchange: Exchange) => Promise<ApiResponse>,
  type: ResourceType<T>,
  options: WatchOptions,
): AsyncGenerator<WatchEvent<T>> {
  const response = await send({
    method: 'GET',
    path: pathOf(type, { namespace: options.namespace }),
    query: {
      watch: true,
      labelSelector: options.labelSelector,
      fieldSelector: options.fieldSelector,
      resourceVersion: options.resourceVersion,
      allowWatchBookmarks: options.allowWatchBookmarks,
      timeoutSeconds: options.timeoutSeconds,
    },
    signal: options.signal,
  });
  if (response.status >= 400) throw statusError(response, await textOf(response, options.signal));
  try {
    for await (const line of linesOf(response.body)) {
      const event = parseJson(line, response) as { type?: unknown; object?: unknown };
      switch (event.type) {
        case 'ADDED':
        case 'MODIFIED':
        case 'DELETED':
        case 'BOOKMARK':
          yield event as WatchEvent<T>;
          break;
        case 'ERROR':
          throw statusError({ ...response, status: 500 }, JSON.stringify(event.object));
        default:
          throw new ApiError({
            code: 'Malformed',
            message: `a watch event of unknown type ${JSON.stringify(event.type)}`,
            status: response.status,
          });
      }
    }
  } catch (error) {
    throw failure(error, options.signal);
  }
}

/** Whole lines without their ends. What is left at the end of the stream counts as a line, so that a cut one fails to parse. */
async function* linesOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let parts: string[] = [];
  for await (const chunk of body) {
    const text = decoder.decode(chunk, { stream: true });
    let start = 0;
    for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', start)) {
      const line = `${parts.join('')}${text.slice(start, end)}`;
      parts = [];
      start = end + 1;
      if (line.trim() !== '') yield line;
    }
    if (start < text.length) parts.push(text.slice(start));
  }
  const rest = `${parts.join('')}${decoder.decode()}`;
  if (rest.trim() !== '') yield rest;
}

async function textOf(response: ApiResponse, signal: AbortSignal | undefined): Promise<string> {
  const chunks: Uint8Array[] = [];
  try {
    for await (const chunk of response.body) chunks.push(chunk);
  } catch (error) {
    throw failure(error, signal);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function isJson(response: ApiResponse): boolean {
  return /^application\/(?:[\w.-]+\+)?json/.test(response.headers['content-type'] ?? '');
}

function parseJson(text: string, response: ApiResponse): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ApiError({
      code: 'Malformed',
      message: 'the server sent what is not JSON',
      status: response.status,
      cause: error,
    });
  }
}

/** The error that a failed answer stands for: its Status where it is one, else its text. */
function statusError(response: ApiResponse, body: string): ApiError {
  let details: Record<string, unknown> | undefined;
  try {
    const parsed: unknown = JSON.parse(body);
    if (typeof parsed === 'object' && parsed !== null && 'kind' in parsed && parsed.kind === 'Status') {
      details = parsed as Record<string, unknown>;
    }
  } catch {
    // Not a Status: the text itself is the message.
  }
  const status = typeof details?.code === 'number' ? details.code : response.status;
  const inner = details?.details as { retryAfterSeconds?: unknown } | undefined;
  const retryAfter = Number(response.headers['retry-after'] ?? inner?.retryAfterSeconds ?? Number.NaN);
  return new ApiError({
    code: reasonOf(details?.reason, status),
    message: typeof details?.message === 'string' ? details.message : body.trim() || `HTTP status ${status}`,
    status,
    details,
    retryAfterSeconds: Number.isFinite(retryAfter) ? retryAfter : undefined,
  });
}

/** The reasons Kubernetes gives to plain HTTP statuses. */
const REASONS: Readonly<Record<number, string>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  406: 'NotAcceptable',
  409: 'Conflict',
  410: 'Gone',
  413: 'RequestEntityTooLarge',
  415: 'UnsupportedMediaType',
  422: 'Invalid',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
};

function reasonOf(reason: unknown, status: number): string {
  return typeof reason === 'string' && reason !== '' ? reason : (REASONS[status] ?? 'Unknown');
}

/** The signal's reason where it was aborted, an ApiError otherwise. */
function failure(error: unknown, signal: AbortSignal | undefined): unknown {
  return signal?.aborted ? signal.reason : ApiError.from(error);
}

function queryText(query: Query = {}): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== '' && value !== false) parameters.set(name, String(value));
  }
  return parameters.toString();
}

function writeQuery(options: WriteOptions): Query {
  return {
    fieldManager: options.fieldManager,
    fieldValidation: options.fieldValidation,
    dryRun: options.dryRun ? 'All' : undefined,
  };
}

function complete<T extends KubernetesObject>(type: ResourceType<T>, object: T): T {
  return { ...object, apiVersion: apiVersionOf(type), kind: type.kind };
}

function nameOf(object: KubernetesObject): string {
  return present(object.metadata?.name, 'the object has no name');
}

function namespaceOf(type: ResourceType<KubernetesObject>, object: KubernetesObject): string | undefined {
  if (!type.namespaced) return undefined;
  return present(object.metadata?.namespace, `a ${type.kind} needs a namespace`);
}

function needed(type: ResourceType<KubernetesObject>, place: Place): Place {
  present(place.name, 'a name is needed');
  if (type.namespaced) present(place.namespace, `a ${type.kind} needs a namespace`);
  return place;
}

function present(value: string | undefined, message: string): string {
  if (value === undefined || value === '') throw new ApiError({ code: 'BadRequest', message });
  return value;
}
