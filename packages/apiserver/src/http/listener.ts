import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  constants,
  createSecureServer,
  type Http2SecureServer,
  type Http2Session,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import type { Duplex, Readable } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import type { Logger } from '@hardpoint/machinery';
import type { User } from '../auth/user.ts';
import type { Answer, Exchange, Handler, Sink } from './exchange.ts';
import { failureOf, tooLarge } from './failures.ts';

export interface ListenerOptions {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  readonly cert: string;
  readonly key: string;
  /** Signs client certificates. */
  readonly clientCa: string;
  readonly handler: Handler;
  /** Takes over HTTP/1.1 upgrade requests (exec, port-forward). */
  readonly upgrade?: (request: IncomingMessage, socket: Duplex, head: Buffer, user: User | undefined) => void;
  readonly log: Logger;
}

export interface Listener extends AsyncDisposable {
  readonly port: number;
}

/** Serves the handler over HTTPS: HTTP/2 by the core stream API, HTTP/1.1 for clients that want it. */
export async function listen(options: ListenerOptions): Promise<Listener> {
  const server = createSecureServer({
    allowHTTP1: true,
    cert: options.cert,
    key: options.key,
    ca: options.clientCa,
    requestCert: true,
    rejectUnauthorized: false,
    settings: { maxConcurrentStreams: 1000, initialWindowSize: 1024 * 1024 },
    maxSessionMemory: 64,
  });
  const closing = new AbortController();
  const sessions = new Set<Http2Session>();
  const sockets = new Set<Duplex>();
  server.on('session', (session) => {
    sessions.add(session);
    session.on('close', () => sessions.delete(session));
    session.on('error', (error) => options.log.debug('an HTTP/2 session failed', { error: String(error) }));
  });
  server.on('secureConnection', (socket: TLSSocket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
  });
  server.on('request', (request, response) => {
    void serveHttp1(request as unknown as IncomingMessage, response as unknown as ServerResponse);
  });
  // Listening for 'request' installed the compatibility layer for HTTP/2 streams too; those are served directly.
  server.removeAllListeners('stream');
  server.on('stream', (stream, headers) => void serveHttp2(stream, headers));
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (options.upgrade === undefined) socket.destroy();
    else options.upgrade(request, socket, head, peerUser(request.socket as TLSSocket));
  });

  async function serveHttp2(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): Promise<void> {
    const gone = new AbortController();
    stream.on('error', () => gone.abort());
    stream.on('close', () => gone.abort());
    const socket = stream.session?.socket as TLSSocket | undefined;
    const answer = await run({
      method: String(headers[':method']),
      target: String(headers[':path']),
      headers: headersOf(headers),
      source: stream,
      user: socket === undefined ? undefined : peerUser(socket),
      gone: gone.signal,
    });
    if (stream.destroyed || stream.closed) return;
    const { body } = answer;
    stream.respond({ ':status': answer.status, ...(answer.headers as Record<string, string | string[]>) });
    if (typeof body !== 'function') {
      stream.end(headers[':method'] === 'HEAD' ? undefined : body);
      finishRequest(stream);
      return;
    }
    await streamBody(
      body,
      { write: (chunk) => stream.write(chunk), buffered: () => stream.writableLength },
      gone.signal,
    );
    stream.end();
  }

  async function serveHttp1(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const gone = new AbortController();
    response.on('close', () => gone.abort());
    response.on('error', () => gone.abort());
    const answer = await run({
      method: request.method ?? 'GET',
      target: request.url ?? '/',
      headers: headersOf(request.headers),
      source: request,
      user: peerUser(request.socket as TLSSocket),
      gone: gone.signal,
    });
    if (response.destroyed) return;
    response.writeHead(answer.status, answer.headers as Record<string, string | string[]>);
    const { body } = answer;
    if (typeof body !== 'function') {
      response.end(request.method === 'HEAD' ? undefined : body);
      return;
    }
    response.flushHeaders();
    await streamBody(
      body,
      { write: (chunk) => response.write(chunk), buffered: () => response.writableLength },
      gone.signal,
    );
    response.end();
  }

  async function streamBody(
    body: (sink: Sink) => Promise<void>,
    to: { write: (chunk: Buffer | string) => void; buffered: () => number },
    gone: AbortSignal,
  ): Promise<void> {
    const signal = AbortSignal.any([gone, closing.signal]);
    try {
      await body({
        write: (chunk) => {
          if (!signal.aborted) to.write(chunk);
        },
        buffered: to.buffered,
        signal,
      });
    } catch (error) {
      options.log.warn('a streamed answer failed', { error: String(error) });
    }
  }

  function run(request: {
    method: string;
    target: string;
    headers: Record<string, string>;
    source: Readable;
    user: User | undefined;
    gone: AbortSignal;
  }): Promise<Answer> {
    const exchange: Exchange = {
      method: request.method,
      target: request.target,
      headers: request.headers,
      headerValues: (name) => {
        const value = request.headers[name];
        return value === undefined ? [] : value.split(', ');
      },
      body: (limit) => readAll(request.source, limit),
      signal: AbortSignal.any([request.gone, closing.signal]),
      user: request.user,
    };
    return options.handler(exchange);
  }

  server.listen(options.port, options.host);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      closing.abort();
      await closeServer(server, sessions, sockets);
    },
  };
}

async function closeServer(
  server: Http2SecureServer,
  sessions: ReadonlySet<Http2Session>,
  sockets: ReadonlySet<Duplex>,
): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  server.close(() => resolve());
  for (const session of sessions) session.close();
  // Answers under way have this turn to leave; what is still open then is cut.
  await new Promise((turn) => setImmediate(turn));
  for (const session of sessions) session.destroy();
  for (const socket of sockets) socket.destroy();
  await promise;
}

/** An answer may leave before its request was read whole (too large, refused); the rest is not wanted. */
function finishRequest(stream: ServerHttp2Stream): void {
  if (!stream.readableEnded && !stream.endAfterHeaders) {
    stream.once('finish', () => {
      if (!stream.readableEnded) stream.close(constants.NGHTTP2_NO_ERROR);
    });
  }
}

function headersOf(headers: IncomingHttpHeaders | IncomingMessage['headers']): Record<string, string> {
  const out: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || name.startsWith(':')) continue;
    out[name] = typeof value === 'string' ? value : value.join(', ');
  }
  const authority = (headers as Record<string, string | string[] | undefined>)[':authority'];
  if (typeof authority === 'string' && out.host === undefined) out.host = authority;
  return out;
}

async function readAll(source: Readable, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of source.iterator({ destroyOnReturn: false })) {
      const bytes = chunk as Buffer;
      size += bytes.length;
      if (size > limit) throw tooLarge(`Request entity too large: limit is ${limit}`);
      chunks.push(bytes);
    }
  } catch (error) {
    throw failureOf(error);
  }
  return Buffer.concat(chunks);
}

/** Who a verified client certificate names: CN and the O values. */
function peerUser(socket: TLSSocket): User | undefined {
  if (socket.authorized !== true) return undefined;
  const subject = socket.getPeerCertificate().subject as unknown as Record<string, string | string[]> | undefined;
  const name = subject?.CN;
  if (typeof name !== 'string') return undefined;
  const groups = subject?.O;
  return { name, groups: groups === undefined ? [] : typeof groups === 'string' ? [groups] : groups };
}
