import type { IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Duplex } from 'node:stream';
import { connect } from 'node:tls';
import type { Logger } from '@hardpoint/machinery';
import type { KeyPair } from '../auth/certificates.ts';
import { failureAnswer } from '../http/answers.ts';
import type { Answer } from '../http/exchange.ts';
import type { RequestInfo } from '../http/request-info.ts';
import type { SubresourceHandler } from '../http/resource-handler.ts';
import { type JsonObject, StatusError } from '../schema/contract.ts';
import { chooseContainer, internal, type KubeletTarget, kubeletTarget } from './kubelet-target.ts';

export interface KubeletRelayOptions {
  /** Shown to kubelets. Their own certificates are not verified, as kube-apiserver's default is. */
  readonly client: KeyPair;
  /** Undefined: no such Pod. */
  readonly pod: (namespace: string, name: string) => JsonObject | undefined;
  readonly node: (name: string) => JsonObject | undefined;
  readonly log: Logger;
}

export interface KubeletRelay {
  /** `pods/log`. */
  readonly logs: SubresourceHandler;
  /** `pods/exec`, `attach` and `portforward` over WebSocket: the connection is handed on byte for byte. */
  upgrade(info: RequestInfo, request: IncomingMessage, socket: Duplex, head: Buffer): void;
}

/** Query words of the API and what a kubelet calls them. */
const streams: Readonly<Record<string, string>> = { stdin: 'input', stdout: 'output', stderr: 'error', tty: 'tty' };
const dialMs = 10_000;

export function kubeletRelay(options: KubeletRelayOptions): KubeletRelay {
  const find = (info: RequestInfo): { pod: JsonObject; target: KubeletTarget } => {
    const pod = options.pod(info.namespace, info.name);
    if (pod === undefined) {
      throw new StatusError({
        code: 404,
        reason: 'NotFound',
        message: `pods "${info.name}" not found`,
        details: { name: info.name, kind: 'pods' },
      });
    }
    const nodeName = (pod.spec as { nodeName?: string } | undefined)?.nodeName;
    return {
      pod,
      target: kubeletTarget(
        pod,
        nodeName === undefined ? undefined : options.node(nodeName),
        info.query.get('container') ?? '',
      ),
    };
  };

  const logs: SubresourceHandler = async ({ info, exchange }) => {
    if (info.verb !== 'get') return undefined;
    const found = options.pod(info.namespace, info.name);
    if (found !== undefined && !(found.spec as { nodeName?: string } | undefined)?.nodeName) {
      chooseContainer(found, info.name, info.query.get('container') ?? '');
      return { status: 204, headers: {}, body: '' };
    }
    const { target } = find(info);
    const query = new URLSearchParams();
    for (const name of [
      'follow',
      'previous',
      'timestamps',
      'tailLines',
      'limitBytes',
      'sinceSeconds',
      'sinceTime',
      'stream',
    ]) {
      const value = info.query.get(name);
      if (value !== null) query.set(name, value);
    }
    const words = [info.namespace, info.name, target.container].map(encodeURIComponent).join('/');
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const outgoing = httpsRequest({
      host: target.host,
      port: target.port,
      path: `/containerLogs/${words}?${query}`,
      cert: options.client.cert,
      key: options.client.key,
      rejectUnauthorized: false,
      agent: false,
      signal: exchange.signal,
      timeout: dialMs,
    });
    outgoing.on('response', resolve);
    outgoing.on('error', reject);
    outgoing.end();
    let incoming: IncomingMessage;
    try {
      incoming = await promise;
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw internal(`Get "https://${target.host}:${target.port}/containerLogs/${words}": ${why}`);
    }
    incoming.socket.setTimeout(0);
    if (incoming.statusCode !== 200) {
      const text = (await readAll(incoming)).trim();
      throw new StatusError({
        code: incoming.statusCode ?? 500,
        reason: incoming.statusCode === 400 ? 'BadRequest' : incoming.statusCode === 404 ? 'NotFound' : 'InternalError',
        message: text,
        details: {},
      });
    }
    const answer: Answer = {
      status: 200,
      headers: {
        'content-type': incoming.headers['content-type'] ?? 'text/plain',
        'cache-control': 'no-cache, private',
      },
      body: async (sink) => {
        sink.signal.addEventListener('abort', () => incoming.destroy(), { once: true });
        try {
          for await (const chunk of incoming) {
            sink.write(chunk as Buffer);
            // A reader slower than the log holds the log back, not our memory.
            while (sink.buffered() > 1024 * 1024 && !sink.signal.aborted) {
              await new Promise<void>((next) => setImmediate(next));
            }
          }
        } catch (error) {
          if (!sink.signal.aborted) options.log.debug('a log stream broke', { error: String(error) });
        }
      },
    };
    return answer;
  };

  function upgrade(info: RequestInfo, request: IncomingMessage, socket: Duplex, head: Buffer): void {
    let found: ReturnType<typeof find>;
    try {
      found = find(info);
      const phase = (found.pod.status as { phase?: string } | undefined)?.phase;
      if (phase === 'Succeeded' || phase === 'Failed') {
        throw StatusError.badRequest(
          `cannot ${info.subresource} a container in a completed pod; current phase is ${phase}`,
        );
      }
    } catch (error) {
      refuseUpgrade(socket, failureAnswer(error));
      return;
    }
    const { target } = found;
    const query = new URLSearchParams();
    for (const command of info.query.getAll('command')) query.append('command', command);
    for (const [ours, theirs] of Object.entries(streams)) {
      if (['true', '1'].includes(info.query.get(ours) ?? '')) query.set(theirs, '1');
    }
    for (const port of info.query.getAll('ports')) query.append('port', port);
    const words = [info.namespace, info.name, ...(info.subresource === 'portforward' ? [] : [target.container])];
    const path = `/${info.subresource === 'portforward' ? 'portForward' : info.subresource}/${words.map(encodeURIComponent).join('/')}?${query}`;
    const kubelet = connect({
      host: target.host,
      port: target.port,
      cert: options.client.cert,
      key: options.client.key,
      rejectUnauthorized: false,
      ALPNProtocols: ['http/1.1'],
    });
    let open = false;
    const end = (): void => {
      socket.destroy();
      kubelet.destroy();
    };
    kubelet.setTimeout(dialMs, () => {
      if (!open) kubelet.destroy(new Error('i/o timeout'));
    });
    kubelet.on('secureConnect', () => {
      open = true;
      kubelet.setTimeout(0);
      kubelet.setNoDelay(true);
      const headers = Object.entries(request.headers)
        .filter(([name]) => !['authorization', 'host', 'cookie'].includes(name) && !name.startsWith('impersonate-'))
        // A bearer token may come as a subprotocol; it is ours alone.
        .map(([name, value]) => [
          name,
          name === 'sec-websocket-protocol' ? withoutToken(String(value)) : String(value),
        ]);
      kubelet.write(
        `GET ${path} HTTP/1.1\r\nHost: ${target.host}:${target.port}\r\n${headers
          .map(([name, value]) => `${name}: ${value}\r\n`)
          .join('')}\r\n`,
      );
      if (head.length > 0) kubelet.write(head);
      kubelet.pipe(socket);
      socket.pipe(kubelet);
    });
    kubelet.on('error', (error) => {
      if (open) end();
      else {
        refuseUpgrade(socket, failureAnswer(internal(`error dialing backend: ${error.message}`)));
        kubelet.destroy();
      }
    });
    kubelet.on('close', () => socket.end());
    socket.on('error', end);
    socket.on('close', () => kubelet.destroy());
  }

  return { logs, upgrade };
}

function withoutToken(protocols: string): string {
  return protocols
    .split(',')
    .map((one) => one.trim())
    .filter((one) => !one.startsWith('base64url.bearer.authorization.k8s.io.'))
    .join(', ');
}

async function readAll(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

/** Answers an upgrade request with an ordinary answer and closes. */
export function refuseUpgrade(socket: Duplex, answer: Answer): void {
  const body = typeof answer.body === 'function' ? '' : answer.body;
  const headers = Object.entries(answer.headers).map(([name, value]) => `${name}: ${String(value)}\r\n`);
  socket.end(
    `HTTP/1.1 ${answer.status} ${answer.status === 101 ? 'Switching Protocols' : 'Refused'}\r\n${headers.join('')}content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}
