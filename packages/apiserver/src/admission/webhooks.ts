import type { Clock, Logger, Random } from '@hardpoint/machinery';
import { type CompiledMatchConditions, compileMatchConditions } from '../cel/match-conditions.ts';
import { internalError } from '../http/failures.ts';
import { apiVersionOfKind } from '../kinds/kind.ts';
import { applyJsonPatch } from '../patch/json-patch.ts';
import { equalJson, isObject, type JsonObject, objectAt, stringAt } from '../schema/json.ts';
import { StatusError } from '../schema/status-error.ts';
import type { Store } from '../store/store.ts';
import type { Admission, AdmissionRequest } from './admission.ts';
import { callWebhook, type ServiceResolver, type WebhookResponse } from './webhook-call.ts';
import { concerns, isExempt, type Webhook, webhooksOf } from './webhook-rules.ts';

export interface WebhookOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

/**
 * Admission by the stored MutatingWebhookConfigurations and ValidatingWebhookConfigurations: mutating ones in turn, by
 * configuration name and place, those that wish it once more when a later one changed the object; validating ones at
 * the same time.
 */
export function webhookAdmission(options: WebhookOptions): Admission {
  const { store } = options;
  const resolve = serviceResolver(store);
  const compiled = new Map<string, CompiledMatchConditions>();

  const concerned = (type: Webhook['type'], request: AdmissionRequest): readonly Webhook[] => {
    if (isExempt(request.kind)) return [];
    const storage = `${type}webhookconfigurations.admissionregistration.k8s.io`;
    const all = store.list(storage);
    if (all.length === 0) return [];
    const namespace = request.namespace === '' ? undefined : store.get('namespaces', request.namespace);
    const labels = namespace === undefined ? undefined : objectAt(objectAt(namespace, 'metadata'), 'labels');
    return all
      .flatMap(([, configuration]) => webhooksOf(configuration, type))
      .filter((webhook) => concerns(webhook, request, request.namespace === '' ? undefined : (labels ?? {})));
  };

  /** Undefined: the webhook is not to be asked, or may fail and did. */
  async function ask(
    webhook: Webhook,
    request: AdmissionRequest,
    object: JsonObject | undefined,
  ): Promise<WebhookResponse | undefined> {
    const uid = options.random.uuid();
    const review = reviewOf({ ...request, object }, uid);
    const matched = matches(webhook, review);
    if (matched === 'no') return undefined;
    if (matched !== 'yes') return failed(webhook, matched);
    if (request.dryRun && webhook.sideEffects !== 'None' && webhook.sideEffects !== 'NoneOnDryRun') {
      throw StatusError.badRequest(`admission webhook ${JSON.stringify(webhook.name)} does not support dry run`);
    }
    let response: WebhookResponse;
    try {
      response = await callWebhook({ webhook, review, uid, resolve, clock: options.clock, signal: request.signal });
    } catch (error) {
      return failed(webhook, error instanceof Error ? error.message : String(error));
    }
    request.warnings.push(...response.warnings);
    if (!response.allowed) throw denied(webhook, response.status);
    return response;
  }

  function failed(webhook: Webhook, message: string): undefined {
    if (webhook.failClosed) throw internalError(`failed calling webhook ${JSON.stringify(webhook.name)}: ${message}`);
    options.log.warn('a webhook failed and may', { webhook: webhook.name, error: message });
    return undefined;
  }

  function matches(webhook: Webhook, review: JsonObject): 'yes' | 'no' | string {
    if (webhook.matchConditions.length === 0) return 'yes';
    const key = `${webhook.version}/${webhook.name}`;
    let conditions = compiled.get(key);
    try {
      conditions ??= compileMatchConditions(webhook.matchConditions);
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
    if (compiled.size > 1000) compiled.clear();
    compiled.set(key, conditions);
    const request = objectAt(review, 'request');
    const outcome = conditions.evaluate({
      request,
      object: request.object ?? null,
      oldObject: request.oldObject ?? null,
    });
    if (outcome.kind === 'match') return 'yes';
    return outcome.kind === 'no-match' ? 'no' : outcome.message;
  }

  return {
    async mutate(request) {
      let { object } = request;
      const asked: { webhook: Webhook; after: JsonObject | undefined }[] = [];
      for (const webhook of concerned('mutating', request)) {
        object = await mutateBy(webhook, object);
        asked.push({ webhook, after: object });
      }
      for (const { webhook, after } of asked) {
        if (webhook.reinvoke && !equalJson(after, object)) object = await mutateBy(webhook, object);
      }
      return object;

      async function mutateBy(webhook: Webhook, before: JsonObject | undefined): Promise<JsonObject | undefined> {
        const response = await ask(webhook, request, before);
        if (response?.patch === undefined || before === undefined) return before;
        try {
          const after = applyJsonPatch(before, response.patch);
          if (!isObject(after)) throw new Error('the patched object is no object');
          return after;
        } catch (error) {
          throw internalError(error instanceof Error ? error.message : String(error));
        }
      }
    },
    async validate(request) {
      const webhooks = concerned('validating', request);
      const outcomes = await Promise.allSettled(webhooks.map((webhook) => ask(webhook, request, request.object)));
      for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
    },
  };
}

function denied(webhook: Webhook, status: JsonObject | undefined): StatusError {
  const by = `admission webhook ${JSON.stringify(webhook.name)} denied the request`;
  const message = stringAt(status, 'message') ?? '';
  const reason = stringAt(status, 'reason') ?? '';
  const code = typeof status?.code === 'number' && status.code >= 400 ? status.code : 400;
  return new StatusError({
    code,
    reason,
    message: message !== '' ? `${by}: ${message}` : reason !== '' ? `${by}: ${reason}` : `${by} without explanation`,
    ...(isObject(status?.details) ? { details: status.details } : {}),
  });
}

function reviewOf(request: AdmissionRequest, uid: string): JsonObject {
  const { kind, user } = request;
  const gvk = { group: kind.group, version: kind.version, kind: kind.kind };
  const gvr = { group: kind.group, version: kind.version, resource: kind.resource };
  const typed = (object: JsonObject | undefined): JsonObject | null =>
    object === undefined ? null : { ...object, apiVersion: apiVersionOfKind(kind), kind: kind.kind };
  const sub =
    request.subresource === '' ? {} : { subResource: request.subresource, requestSubResource: request.subresource };
  return {
    kind: 'AdmissionReview',
    apiVersion: 'admission.k8s.io/v1',
    request: {
      uid,
      kind: gvk,
      resource: gvr,
      ...sub,
      requestKind: gvk,
      requestResource: gvr,
      ...(request.name === '' ? {} : { name: request.name }),
      ...(request.namespace === '' ? {} : { namespace: request.namespace }),
      operation: request.operation,
      userInfo: {
        username: user.name,
        ...(user.uid === undefined ? {} : { uid: user.uid }),
        groups: [...user.groups],
        ...(user.extra === undefined
          ? {}
          : { extra: Object.fromEntries(Object.entries(user.extra).map(([key, values]) => [key, [...values]])) }),
      },
      object: typed(request.object),
      oldObject: typed(request.oldObject),
      dryRun: request.dryRun,
      options: request.options,
    },
  };
}

/** There is no Service network in an embedded cluster: a Service is dialled at one of its ready Pods. */
function serviceResolver(store: Store): ServiceResolver {
  return ({ namespace, name, port }) => {
    const service = store.get('services', `${namespace}/${name}`);
    if (service === undefined) return undefined;
    const spec = objectAt(service, 'spec');
    const selector = Object.entries(objectAt(spec, 'selector'));
    if (selector.length === 0) return undefined;
    const ports = Array.isArray(spec.ports) ? spec.ports.filter(isObject) : [];
    const target = ports.find((one) => one.port === port)?.targetPort ?? port;
    for (const [, pod] of store.list('pods', `${namespace}/`)) {
      const labels = objectAt(objectAt(pod, 'metadata'), 'labels');
      if (!selector.every(([key, value]) => labels[key] === value)) continue;
      const status = objectAt(pod, 'status');
      const host = stringAt(status, 'podIP');
      const conditions = Array.isArray(status.conditions) ? status.conditions.filter(isObject) : [];
      if (host === undefined || !conditions.some((one) => one.type === 'Ready' && one.status === 'True')) continue;
      const containers = objectAt(pod, 'spec').containers;
      const named = (Array.isArray(containers) ? containers.filter(isObject) : [])
        .flatMap((container) => (Array.isArray(container.ports) ? container.ports.filter(isObject) : []))
        .find((one) => one.name === target)?.containerPort;
      const number = typeof target === 'number' ? target : named;
      if (typeof number === 'number') return { host, port: number };
    }
    return undefined;
  };
}
