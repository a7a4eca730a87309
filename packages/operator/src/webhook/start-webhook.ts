import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { NAMESPACES, type Texts, WEAPONS } from '@hardpoint/api';
import type { Client, Clock, Logger } from '@hardpoint/machinery';
import type { SigningKey } from '@hardpoint/wip';
import { createMetrics, type OperatorMetrics } from '../metrics.ts';
import type { SortieSettings } from '../sortie-pod/settings.ts';
import { createWeaponConfigsReconcile } from '../weapon/weapon-configs.ts';
import {
  type AdmissionRequest,
  type AdmissionVerdict,
  readAdmissionReview,
  writeAdmissionReview,
} from './admission-review.ts';
import { admitAuthorization } from './authorization-admission.ts';
import { registerWebhooks, WEBHOOK_PATHS, type WebhookTarget } from './configuration.ts';
import { admitPod } from './pod-admission.ts';
import { loadServingPair } from './serving-secret.ts';
import { admitTask } from './task-admission.ts';

export interface WebhookOptions {
  /** Address to listen on. */
  readonly host: string;
  /** 0: a free one. */
  readonly port: number;
  /** `https://host:port` under which the API server reaches it; default: the address it listens on. */
  readonly url?: string;
  /** On a cluster: the Service in front of the replicas; takes the place of `url`. */
  readonly service?: { readonly namespace: string; readonly name: string; readonly port: number };
}

export interface RunningWebhook extends AsyncDisposable {
  readonly port: number;
  readonly metrics: OperatorMetrics;
  /** Writes the webhook configurations. */
  register(signal: AbortSignal): Promise<void>;
}

/** No object of the API is longer. Bytes. */
const LARGEST_REVIEW = 8 * 1024 * 1024;

/** Starts the HTTPS server of admission, /healthz, /readyz and /metrics. Resolves when it listens. */
export async function startWebhook(options: {
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
  readonly webhook: WebhookOptions;
  readonly key: () => SigningKey;
  readonly texts: Texts;
  readonly settings: SortieSettings;
}): Promise<RunningWebhook> {
  const { client, clock, log, signal, webhook, key, texts, settings } = options;
  const metrics = createMetrics(clock);
  const hosts = hostsOf(webhook);
  const pair = await loadServingPair({ client, hosts, nowMs: clock.now(), signal });
  let registered = false;

  const ensureConfigs = async (namespace: string, during: AbortSignal): Promise<void> => {
    const { items } = await client.list(WEAPONS, { namespace: NAMESPACES.weapons, signal: during });
    const configs = createWeaponConfigsReconcile({
      client,
      weapons: () => items,
      configMaps: { get: () => undefined, list: () => [], byIndex: () => [] },
    });
    await configs.ensure(namespace, during);
  };
  const judges: Readonly<
    Record<string, (request: AdmissionRequest, during: AbortSignal) => Promise<AdmissionVerdict>>
  > = {
    [WEBHOOK_PATHS.authorization]: (request, during) =>
      admitAuthorization({ request, client, clock, key: key(), texts, signal: during }),
    [WEBHOOK_PATHS.task]: (request, during) =>
      admitTask({ request, client, nowMs: clock.now(), texts, signal: during }),
    [WEBHOOK_PATHS.pod]: (request, during) =>
      admitPod({
        request,
        client,
        nowMs: clock.now(),
        key: key(),
        settings,
        texts,
        ensureConfigs: (namespace) => ensureConfigs(namespace, during),
        signal: during,
      }),
  };

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = (request.url ?? '').split('?')[0] ?? '';
    if (path === '/healthz') return send(response, 200, 'text/plain', 'ok');
    if (path === '/readyz') return send(response, registered ? 200 : 503, 'text/plain', registered ? 'ok' : 'starting');
    if (path === '/metrics') return send(response, 200, 'text/plain; version=0.0.4', await metrics.text());
    const judge = judges[path];
    if (judge === undefined || request.method !== 'POST') return send(response, 404, 'text/plain', 'not found');
    const review = readAdmissionReview(await readJson(request));
    if (review === undefined) return send(response, 400, 'text/plain', 'not an AdmissionReview');
    let verdict: AdmissionVerdict;
    try {
      verdict = await judge(review, AbortSignal.any([signal, AbortSignal.timeout(4000)]));
    } catch (error) {
      log.warn('an admission request could not be judged', { path, error });
      const cause = error instanceof Error ? error.message : String(error);
      verdict =
        path === WEBHOOK_PATHS.task
          ? { kind: 'allowed' }
          : { kind: 'denied', code: 500, reason: 'InternalError', message: texts.authorization.admissionFailed(cause) };
      metrics.admission(path, 'failed');
    }
    metrics.admission(path, verdict.kind);
    send(response, 200, 'application/json', JSON.stringify(writeAdmissionReview(review.uid, verdict)));
  };

  const server = createServer({ cert: pair.cert, key: pair.key, minVersion: 'TLSv1.2' }, (request, response) => {
    answer(request, response).catch((error: unknown) => {
      log.warn('a request to the webhook failed', { error });
      if (response.headersSent) response.destroy();
      else send(response, 400, 'text/plain', 'bad request');
    });
  });
  await listen(server, webhook);
  const { port } = server.address() as AddressInfo;
  const target: WebhookTarget =
    webhook.service === undefined
      ? { kind: 'url', url: webhook.url ?? `https://${webhook.host}:${port}` }
      : { kind: 'service', ...webhook.service };
  return {
    port,
    metrics,
    async register(during) {
      await registerWebhooks({ client, target, ca: pair.ca, signal: during });
      registered = true;
    },
    async [Symbol.asyncDispose]() {
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

function hostsOf(webhook: WebhookOptions): string[] {
  if (webhook.service !== undefined) {
    const { name, namespace } = webhook.service;
    return [`${name}.${namespace}.svc`, `${name}.${namespace}.svc.cluster.local`];
  }
  return [webhook.url === undefined ? webhook.host : new URL(webhook.url).hostname];
}

function listen(server: Server, { host, port }: WebhookOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > LARGEST_REVIEW) throw new Error('the request is too large');
    chunks.push(chunk);
  }
  return JSON.parse(Buffer.concat(chunks).toString('utf8'));
}
