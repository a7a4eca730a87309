import { request as httpsRequest } from 'node:https';
import type { Clock } from '@hardpoint/machinery';
import { isObject, type JsonObject, parseJson, stringAt, stringifyJson } from '../schema/json.ts';
import type { Webhook } from './webhook-rules.ts';

/** Where a webhook given as a Service is dialled; undefined: no Pod stands behind it. */
export type ServiceResolver = (service: {
  readonly namespace: string;
  readonly name: string;
  readonly port: number;
}) => { readonly host: string; readonly port: number } | undefined;

/** A webhook's answer, its `uid` and kind checked. */
export interface WebhookResponse {
  readonly allowed: boolean;
  readonly status: JsonObject | undefined;
  readonly patch: readonly JsonObject[] | undefined;
  readonly warnings: readonly string[];
}

const largestAnswer = 3 * 2 ** 20;

/** Posts an AdmissionReview. Rejects with an Error whose message says what failed, in kube-apiserver's words. */
export async function callWebhook(options: {
  readonly webhook: Webhook;
  readonly review: JsonObject;
  readonly uid: string;
  readonly resolve: ServiceResolver;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}): Promise<WebhookResponse> {
  const { webhook, uid } = options;
  const place = destination(webhook, options.resolve);
  const url = `${place.shown}?timeout=${webhook.timeoutSeconds}s`;
  const late = new AbortController();
  using _timer = options.clock.timer(webhook.timeoutSeconds * 1000, () =>
    late.abort(new Error('context deadline exceeded')),
  );
  let answered: { readonly status: number; readonly body: string };
  try {
    answered = await post({
      ...place,
      path: `${place.path}?timeout=${webhook.timeoutSeconds}s`,
      ca: decodeBundle(webhook.clientConfig),
      body: stringifyJson(options.review),
      signal: AbortSignal.any([options.signal, late.signal]),
    });
  } catch (error) {
    const reason = late.signal.aborted ? 'context deadline exceeded' : describe(error);
    throw new Error(`failed to call webhook: Post "${url}": ${reason}`, { cause: error });
  }
  if (answered.status < 200 || answered.status > 206) {
    throw new Error(`failed to call webhook: ${refusal(answered)}`);
  }
  return readAnswer(answered.body, uid, webhook);
}

/** What client-go says of an answer that is an error and no Status. */
function refusal({ status, body }: { readonly status: number; readonly body: string }): string {
  if (status >= 500) {
    return `an error on the server (${JSON.stringify(body.trim() === '' ? 'unknown' : body.trim())}) has prevented the request from succeeding`;
  }
  return 'the server rejected our request for an unknown reason';
}

function readAnswer(body: string, uid: string, webhook: Webhook): WebhookResponse {
  let review: unknown;
  try {
    review = parseJson(body);
  } catch (error) {
    throw new Error(`failed to call webhook: couldn't get version/kind; json parse error: ${describe(error)}`);
  }
  if (!isObject(review) || review.kind !== 'AdmissionReview' || review.apiVersion !== 'admission.k8s.io/v1') {
    throw new Error(
      'received invalid webhook response: expected webhook response of admission.k8s.io/v1, Kind=AdmissionReview',
    );
  }
  const response = review.response;
  if (!isObject(response)) throw new Error('received invalid webhook response: webhook response was absent');
  if (response.uid !== uid) {
    throw new Error(
      `received invalid webhook response: expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(response.uid ?? '')}`,
    );
  }
  let patch: readonly JsonObject[] | undefined;
  if (typeof response.patch === 'string' && response.patch !== '') {
    if (webhook.type === 'validating') {
      throw new Error('received invalid webhook response: validating webhook may not return response.patch');
    }
    if (response.patchType !== 'JSONPatch') {
      throw new Error(
        `received invalid webhook response: webhook response did not specify response.patchType, or it is not JSONPatch: ${JSON.stringify(response.patchType ?? '')}`,
      );
    }
    const operations: unknown = parseJson(Buffer.from(response.patch, 'base64').toString('utf8'));
    if (!Array.isArray(operations) || !operations.every(isObject)) {
      throw new Error('received invalid webhook response: response.patch is not a JSON patch');
    }
    patch = operations as JsonObject[];
  }
  return {
    allowed: response.allowed === true,
    status: isObject(response.status) ? response.status : undefined,
    patch,
    warnings: Array.isArray(response.warnings)
      ? response.warnings.filter((one): one is string => typeof one === 'string').map((one) => one.slice(0, 256))
      : [],
  };
}

interface Destination {
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly serverName: string;
  /** The address as error texts show it. */
  readonly shown: string;
}

function destination(webhook: Webhook, resolve: ServiceResolver): Destination {
  const { clientConfig } = webhook;
  const url = stringAt(clientConfig, 'url');
  if (url !== undefined) {
    const parsed = new URL(url);
    return {
      host: parsed.hostname.replace(/^\[|\]$/g, ''),
      port: parsed.port === '' ? 443 : Number(parsed.port),
      path: parsed.pathname,
      serverName: parsed.hostname,
      shown: url,
    };
  }
  const { service } = clientConfig;
  if (!isObject(service))
    throw new Error('failed to call webhook: webhook configuration must have either service or URL');
  const namespace = stringAt(service, 'namespace') ?? '';
  const name = stringAt(service, 'name') ?? '';
  const port = typeof service.port === 'number' ? service.port : 443;
  const path = stringAt(service, 'path') ?? '/';
  const serverName = `${name}.${namespace}.svc`;
  const shown = `https://${serverName}:${port}${path}`;
  const place = resolve({ namespace, name, port });
  if (place === undefined) {
    throw new Error(`failed to call webhook: Post "${shown}": no endpoints available for service "${name}"`);
  }
  return { ...place, path, serverName, shown };
}

function post(request: {
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly serverName: string;
  readonly ca: string | undefined;
  readonly body: string;
  readonly signal: AbortSignal;
}): Promise<{ readonly status: number; readonly body: string }> {
  return new Promise((resolve, reject) => {
    const outgoing = httpsRequest({
      method: 'POST',
      host: request.host,
      port: request.port,
      path: request.path,
      ...(/^[\d.]+$|:/.test(request.serverName) ? {} : { servername: request.serverName }),
      ...(request.ca === undefined ? {} : { ca: request.ca }),
      headers: {
        'content-type': 'application/json',
        accept: 'application/json',
        'content-length': Buffer.byteLength(request.body),
      },
      agent: false,
      signal: request.signal,
    });
    outgoing.on('error', reject);
    outgoing.on('response', (incoming) => {
      const chunks: Buffer[] = [];
      let size = 0;
      incoming.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > largestAnswer) outgoing.destroy(new Error('the webhook answers more than 3 MiB'));
        else chunks.push(chunk);
      });
      incoming.on('end', () =>
        resolve({ status: incoming.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') }),
      );
      incoming.on('error', reject);
    });
    outgoing.end(request.body);
  });
}

function decodeBundle(clientConfig: JsonObject): string | undefined {
  const bundle = stringAt(clientConfig, 'caBundle');
  return bundle === undefined || bundle === '' ? undefined : Buffer.from(bundle, 'base64').toString('utf8');
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
