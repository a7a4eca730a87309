import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:net';
import type { Container, HTTPGetAction, Probe } from '@hardpoint/kubernetes';
import { checkGrpcHealth } from './grpc-health-check.ts';

export type ProbeAnswer = { readonly ok: true } | { readonly ok: false; readonly output: string };

/** Runs a command where the container's processes run. Rejects when the signal aborts. */
export type ExecuteInContainer = (
  command: readonly string[],
  signal: AbortSignal,
) => Promise<{ readonly exitCode: number; readonly output: string }>;

/** What a probe may read of an answer, bytes. */
const LONGEST_OUTPUT = 10 * 1024;

/** A port by number or by the name of a container's port. Throws where there is none of that name. */
export function resolvePort(port: string | number, container: Container): number {
  const number = Number(port);
  if (Number.isInteger(number) && number > 0) return number;
  const named = container.ports?.find(({ name }) => name === port);
  if (named === undefined) throw new Error(`couldn't find port: ${port}`);
  return named.containerPort;
}

/** One look at the container. Never rejects: what goes wrong is an answer. `podIp` is where the Pod listens. */
export async function checkProbe(options: {
  readonly probe: Probe;
  readonly container: Container;
  readonly podIp: string;
  readonly execute: ExecuteInContainer;
  /** Aborts at the probe's timeout. */
  readonly signal: AbortSignal;
  readonly timeoutSeconds: number;
}): Promise<ProbeAnswer> {
  const { probe, container, podIp, execute, signal, timeoutSeconds } = options;
  try {
    if (probe.exec !== undefined) {
      const { exitCode, output } = await execute(probe.exec.command ?? [], signal);
      return exitCode === 0 ? { ok: true } : { ok: false, output };
    }
    if (probe.httpGet !== undefined) {
      return await checkHttp({ action: probe.httpGet, container, podIp, signal });
    }
    if (probe.tcpSocket !== undefined) {
      const host = probe.tcpSocket.host ?? '';
      return await checkTcp(host === '' ? podIp : host, resolvePort(probe.tcpSocket.port, container), signal);
    }
    if (probe.grpc !== undefined) {
      return await checkGrpcHealth({
        host: podIp,
        port: probe.grpc.port,
        service: probe.grpc.service ?? '',
        signal,
      });
    }
    return { ok: false, output: 'missing probe handler' };
  } catch (error) {
    if (signal.aborted) return { ok: false, output: timedOut(probe, podIp, container, timeoutSeconds) };
    return { ok: false, output: error instanceof Error ? error.message : String(error) };
  }
}

function timedOut(probe: Probe, podIp: string, container: Container, seconds: number): string {
  if (probe.exec !== undefined)
    return `command timed out: "${(probe.exec.command ?? []).join(' ')}" timed out after ${seconds}s`;
  if (probe.httpGet !== undefined) {
    const { url } = target(probe.httpGet, container, podIp);
    return `Get "${url}": context deadline exceeded (Client.Timeout exceeded while awaiting headers)`;
  }
  if (probe.tcpSocket !== undefined) {
    return `dial tcp ${podIp}:${resolvePort(probe.tcpSocket.port, container)}: i/o timeout`;
  }
  return `timeout: failed to connect service "${podIp}:${probe.grpc?.port ?? ''}" within ${seconds}s: context deadline exceeded`;
}

function target(action: HTTPGetAction, container: Container, podIp: string): { url: string; secure: boolean } {
  const secure = (action.scheme ?? 'HTTP').toUpperCase() === 'HTTPS';
  const host = action.host === undefined || action.host === '' ? podIp : action.host;
  const path = action.path ?? '/';
  const port = resolvePort(action.port, container);
  return { url: `${secure ? 'https' : 'http'}://${host}:${port}${path.startsWith('/') ? path : `/${path}`}`, secure };
}

/** GET as a kubelet sends it; also used for lifecycle hooks. */
export function checkHttp(options: {
  readonly action: HTTPGetAction;
  readonly container: Container;
  readonly podIp: string;
  readonly signal: AbortSignal;
}): Promise<ProbeAnswer> {
  const { action, container, podIp, signal } = options;
  const { url, secure } = target(action, container, podIp);
  const headers: Record<string, string> = { 'user-agent': 'kube-probe/1.37', accept: '*/*', connection: 'close' };
  for (const { name, value } of action.httpHeaders ?? []) headers[name.toLowerCase()] = value;
  const { promise, resolve, reject } = Promise.withResolvers<ProbeAnswer>();
  const send = secure ? httpsRequest : httpRequest;
  const request = send(url, { headers, signal, agent: false, ...(secure ? { rejectUnauthorized: false } : {}) });
  request.on('error', (error: NodeJS.ErrnoException) => {
    if (signal.aborted) return reject(signal.reason);
    const refused = error.code === 'ECONNREFUSED' ? 'connect: connection refused' : error.message;
    resolve({ ok: false, output: `Get "${url}": dial tcp ${new URL(url).host}: ${refused}` });
  });
  request.on('response', (response) => {
    const status = response.statusCode ?? 0;
    let size = 0;
    response.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > LONGEST_OUTPUT) response.destroy();
    });
    response.on('error', () => {});
    if (status >= 200 && status < 400) resolve({ ok: true });
    else resolve({ ok: false, output: `HTTP probe failed with statuscode: ${status}` });
  });
  request.end();
  return promise;
}

function checkTcp(host: string, port: number, signal: AbortSignal): Promise<ProbeAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<ProbeAnswer>();
  const socket = connect({ host, port });
  const abort = () => {
    socket.destroy();
    reject(signal.reason);
  };
  signal.addEventListener('abort', abort, { once: true });
  socket.once('connect', () => resolve({ ok: true }));
  socket.once('error', (error: NodeJS.ErrnoException) => {
    const refused = error.code === 'ECONNREFUSED' ? 'connect: connection refused' : error.message;
    resolve({ ok: false, output: `dial tcp ${host}:${port}: ${refused}` });
  });
  return promise.finally(() => {
    signal.removeEventListener('abort', abort);
    socket.destroy();
  });
}
