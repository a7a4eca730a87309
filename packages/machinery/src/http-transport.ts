import { readFile, stat } from 'node:fs/promises';
import type { Dispatcher } from 'undici';
// Not undici's index: its fetch, WebSocket and mocks would be loaded and run by every process, a third of its start.
import request from 'undici/lib/api/api-request.js';
import Agent from 'undici/lib/dispatcher/agent.js';
import { ApiError } from './errors.ts';
import type { ApiRequest, ApiResponse, Transport } from './transport.ts';

export interface HttpTransportOptions {
  /** `https://host:port`, with an optional path prefix. */
  readonly server: string;
  /** PEM. Absent: the system's authorities. */
  readonly ca?: string | undefined;
  readonly token?: string | undefined;
  /** Read again whenever it changes; wins over `token`. */
  readonly tokenFile?: string | undefined;
  /** Client certificate, PEM. */
  readonly cert?: string | undefined;
  /** Its key, PEM. */
  readonly key?: string | undefined;
  readonly insecureSkipTlsVerify?: boolean | undefined;
  /** The name to expect in the server's certificate, where it is not the host of `server`. */
  readonly tlsServerName?: string | undefined;
}

/** A Transport over HTTP/1.1 with keep-alive: one connection per exchange under way. Its disposal breaks what still runs. */
export function httpTransport(options: HttpTransportOptions): Transport {
  const server = new URL(options.server);
  const prefix = server.pathname.replace(/\/$/, '');
  const agent = new Agent({
    allowH2: false,
    bodyTimeout: 0,
    headersTimeout: 0,
    connect: {
      timeout: 10_000,
      ...(options.ca === undefined ? {} : { ca: options.ca }),
      ...(options.cert === undefined ? {} : { cert: options.cert }),
      ...(options.key === undefined ? {} : { key: options.key }),
      ...(options.insecureSkipTlsVerify ? { rejectUnauthorized: false } : {}),
      ...(options.tlsServerName === undefined ? {} : { servername: options.tlsServerName }),
    },
  });
  const bearer = bearerSource(options);
  return {
    async request(exchange: ApiRequest): Promise<ApiResponse> {
      const { signal } = exchange;
      try {
        const token = await bearer();
        const answer = await request.call(agent, {
          origin: server.origin,
          path: `${prefix}${exchange.path}`,
          method: exchange.method,
          headers: { ...exchange.headers, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
          body: exchange.body ?? null,
          signal: signal ?? null,
        });
        return { status: answer.statusCode, headers: flat(answer.headers), body: bodyOf(answer.body, signal) };
      } catch (error) {
        throw unreachable(error, signal, options.server);
      }
    },
    async [Symbol.asyncDispose]() {
      await agent.destroy();
    },
  };
}

async function* bodyOf(
  body: Dispatcher.ResponseData['body'],
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of body) yield chunk as Uint8Array;
  } catch (error) {
    throw unreachable(error, signal, undefined);
  }
}

function unreachable(error: unknown, signal: AbortSignal | undefined, server: string | undefined): unknown {
  if (signal?.aborted) return signal.reason;
  if (error instanceof ApiError) return error;
  const message = error instanceof Error ? error.message || error.name : String(error);
  return new ApiError({
    code: 'Unreachable',
    message: server === undefined ? `the connection broke: ${message}` : `${server} is not reachable: ${message}`,
    cause: error,
  });
}

function flat(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  const result: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) result[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return result;
}

function bearerSource(options: HttpTransportOptions): () => Promise<string | undefined> {
  const { tokenFile } = options;
  if (tokenFile === undefined) return () => Promise.resolve(options.token);
  let known: { readonly changedMs: number; readonly token: string } | undefined;
  return async () => {
    const { mtimeMs } = await stat(tokenFile);
    if (known?.changedMs !== mtimeMs) known = { changedMs: mtimeMs, token: (await readFile(tokenFile, 'utf8')).trim() };
    return known.token;
  };
}
