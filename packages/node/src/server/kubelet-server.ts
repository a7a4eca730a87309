import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Clock, Logger } from '@hardpoint/machinery';
import { WebSocketServer } from 'ws';
import { type LogRequest, readLog } from '../logs/read-log.ts';
import type { PodWorker } from '../pod/pod-worker.ts';
import type { ContainerRecord, ContainerRuntime } from '../runtime/container-runtime.ts';
import { EXEC_PROTOCOLS, serveExec } from './exec-socket.ts';
import { metricsText } from './node-metrics.ts';
import { servingCertificate } from './serving-certificate.ts';

/** The part of a kubelet's server that an API server needs: logs, exec, and a look at what runs. */
export interface KubeletServer extends AsyncDisposable {
  readonly port: number;
}

interface Served {
  readonly clock: Clock;
  readonly log: Logger;
  readonly runtime: ContainerRuntime;
  readonly workers: () => readonly PodWorker[];
  readonly worker: (namespace: string, name: string) => PodWorker | undefined;
}

/** A request that cannot be served; the message goes to the client. */
class RequestError extends Error {
  override readonly name = 'RequestError';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Serves HTTPS on a free port to clients whose certificate `clientCa` signed; others do not get through the handshake. */
export async function startKubeletServer(
  options: Served & { readonly host: string; readonly clientCa: string; readonly dataDir: string },
): Promise<KubeletServer> {
  const { host, clientCa, dataDir, clock, log } = options;
  const pair = await servingCertificate({ dataDir, host, nowMs: clock.now() });
  const stop = new AbortController();
  const sockets = new WebSocketServer({
    noServer: true,
    handleProtocols: (offered) => EXEC_PROTOCOLS.find((protocol) => offered.has(protocol)) ?? false,
  });
  const server = createServer(
    { ...pair, ca: clientCa, requestCert: true, rejectUnauthorized: true, minVersion: 'TLSv1.2' },
    (request, response) => {
      serve(request, response, options, stop.signal).catch((error: unknown) => {
        const status = error instanceof RequestError ? error.status : 500;
        if (status === 500) log.warn('a request to the node server failed', { url: request.url, error });
        if (response.headersSent) return response.destroy();
        response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' });
        response.end(error instanceof Error ? error.message : String(error));
      });
    },
  );
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    try {
      const { record, exec } = execTarget(request, options);
      sockets.handleUpgrade(request, socket, head, (webSocket) => {
        void serveExec({ socket: webSocket, spec: record.spec, request: exec });
      });
    } catch (error) {
      const status = error instanceof RequestError ? error.status : 500;
      const message = error instanceof Error ? error.message : String(error);
      const head = `HTTP/1.1 ${status} Error\r\ncontent-type: text/plain\r\nconnection: close`;
      socket.end(`${head}\r\ncontent-length: ${Buffer.byteLength(message)}\r\n\r\n${message}`);
    }
  });
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      stop.abort();
      for (const client of sockets.clients) client.terminate();
      const closed = Promise.withResolvers<void>();
      server.close(() => closed.resolve());
      server.closeAllConnections();
      await closed.promise;
    },
  };
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  served: Served,
  stopped: AbortSignal,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'https://node');
  const [first = ''] = url.pathname.split('/').filter(Boolean);
  switch (first) {
    case 'healthz':
      response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' });
      response.end('ok');
      return;
    case 'pods': {
      const items = served.workers().map((worker) => worker.current());
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ kind: 'PodList', apiVersion: 'v1', metadata: {}, items }));
      return;
    }
    case 'metrics':
      response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' });
      response.end(await metricsText(served.workers(), served.runtime));
      return;
    case 'containerLogs':
      return await serveLogs(url, request, response, served, stopped);
    case 'exec':
      throw new RequestError(400, 'exec is served over WebSocket only');
    default:
      throw new RequestError(404, `the node does not serve ${url.pathname}`);
  }
}

function target(url: URL, served: Served, previous: boolean): { record: ContainerRecord; worker: PodWorker } {
  const [, namespace = '', pod = '', ...rest] = url.pathname.split('/').filter(Boolean).map(decodeURIComponent);
  // /exec may carry the Pod's uid between its name and the container's.
  const container = rest.at(-1) ?? '';
  const worker = served.worker(namespace, pod);
  if (worker === undefined) throw new RequestError(404, `pod "${pod}" not found`);
  const { spec } = worker.current();
  const all = [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])];
  if (!all.some(({ name }) => name === container)) {
    throw new RequestError(400, `container "${container}" is not valid for pod "${pod}"`);
  }
  const record = worker.record(container, { previous });
  if (record !== undefined) return { record, worker };
  if (previous) {
    throw new RequestError(400, `previous terminated container "${container}" in pod "${pod}" not found`);
  }
  const { status } = worker.current();
  const now = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])].find(
    ({ name }) => name === container,
  );
  const reason = now?.state?.waiting?.reason ?? 'ContainerCreating';
  throw new RequestError(400, `container "${container}" in pod "${pod}" is waiting to start: ${reason}`);
}

async function serveLogs(
  url: URL,
  request: IncomingMessage,
  response: ServerResponse,
  served: Served,
  stopped: AbortSignal,
): Promise<void> {
  const { clock, runtime } = served;
  const logs = logRequest(url.searchParams, clock.now());
  const { record, worker } = target(url, served, url.searchParams.get('previous') === 'true');
  const gone = new AbortController();
  request.on('close', () => gone.abort());
  response.on('close', () => gone.abort());
  const signal = AbortSignal.any([gone.signal, stopped]);
  response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' });
  response.flushHeaders();
  const isOver = (): boolean => {
    const now = runtime.get(record.spec.id);
    return now === undefined || now.phase.kind === 'exited' || !served.workers().includes(worker);
  };
  for await (const piece of readLog({ file: record.spec.logFile, request: logs, clock, signal, isOver })) {
    if (!response.write(piece) && !signal.aborted) {
      await new Promise<void>((resolve) => {
        response.once('drain', resolve);
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
    }
  }
  response.end();
}

function logRequest(query: URLSearchParams, nowMs: number): LogRequest {
  const whole = (name: string): number | undefined => {
    const text = query.get(name);
    if (text === null || text === '') return undefined;
    if (!/^\d+$/.test(text)) throw new RequestError(422, `${name}: Invalid value: "${text}": must be a whole number`);
    return Number(text);
  };
  const sinceSeconds = whole('sinceSeconds');
  const sinceTime = query.get('sinceTime');
  const stream = query.get('stream');
  return {
    follow: query.get('follow') === 'true',
    timestamps: query.get('timestamps') === 'true',
    tailLines: whole('tailLines'),
    limitBytes: whole('limitBytes'),
    sinceMs: sinceSeconds !== undefined ? nowMs - sinceSeconds * 1000 : sinceTime ? Date.parse(sinceTime) : undefined,
    stream: stream === 'Stdout' ? 'stdout' : stream === 'Stderr' ? 'stderr' : undefined,
  };
}

function execTarget(request: IncomingMessage, served: Served) {
  const url = new URL(request.url ?? '/', 'https://node');
  if (!url.pathname.startsWith('/exec/')) throw new RequestError(404, `the node does not serve ${url.pathname}`);
  const { record } = target(url, served, false);
  if (record.phase.kind !== 'running' || !served.runtime.real) {
    throw new RequestError(400, `container not found ("${record.spec.container}")`);
  }
  const query = url.searchParams;
  const on = (...names: readonly string[]) => names.some((name) => ['1', 'true'].includes(query.get(name) ?? ''));
  const command = query.getAll('command');
  if (command.length === 0) throw new RequestError(400, 'you must specify at least 1 command');
  const tty = on('tty');
  // A kubelet calls the streams input, output and error; the API's own names are taken too.
  const exec = {
    command,
    tty,
    stdin: on('input', 'stdin'),
    stdout: on('output', 'stdout'),
    stderr: !tty && on('error', 'stderr'),
  };
  return { record, exec };
}
