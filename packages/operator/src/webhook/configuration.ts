import { isDeepStrictEqual } from 'node:util';
import { ANNOTATIONS, NAMES, NAMESPACES } from '@hardpoint/api';
import {
  type KubernetesObject,
  MUTATING_WEBHOOK_CONFIGURATIONS,
  type MutatingWebhookConfiguration,
  type ResourceType,
  VALIDATING_WEBHOOK_CONFIGURATIONS,
  type ValidatingWebhookConfiguration,
  type WebhookClientConfig,
} from '@hardpoint/kubernetes';
import { ApiError, type Client } from '@hardpoint/machinery';

export const WEBHOOK_PATHS = Object.freeze({
  authorization: '/admit/launch-authorization',
  task: '/admit/flight-task',
  pod: '/admit/pod',
});

/** Where the API server finds the webhooks. */
export type WebhookTarget =
  /** `https://host:port`, without a path. */
  | { readonly kind: 'url'; readonly url: string }
  | { readonly kind: 'service'; readonly namespace: string; readonly name: string; readonly port: number };

function clientConfig(target: WebhookTarget, path: string, ca: string): WebhookClientConfig {
  const caBundle = Buffer.from(ca).toString('base64');
  if (target.kind === 'url') return { url: `${target.url}${path}`, caBundle };
  const { namespace, name, port } = target;
  return { service: { namespace, name, port, path }, caBundle };
}

/** Authorisations and hand-written Pods fail closed (W6, M4). */
export function mutatingConfiguration(target: WebhookTarget, ca: string): MutatingWebhookConfiguration {
  return {
    metadata: { name: NAMES.webhookConfiguration },
    webhooks: [
      {
        name: 'launchauthorization.hardpoint.airforce.mil',
        admissionReviewVersions: ['v1'],
        clientConfig: clientConfig(target, WEBHOOK_PATHS.authorization, ca),
        rules: [
          {
            apiGroups: ['airforce.mil'],
            apiVersions: ['v1alpha1'],
            resources: ['launchauthorizations'],
            operations: ['CREATE'],
            scope: 'Namespaced',
          },
        ],
        failurePolicy: 'Fail',
        matchPolicy: 'Equivalent',
        sideEffects: 'None',
        timeoutSeconds: 5,
        reinvocationPolicy: 'IfNeeded',
      },
      {
        name: 'pod.hardpoint.airforce.mil',
        admissionReviewVersions: ['v1'],
        clientConfig: clientConfig(target, WEBHOOK_PATHS.pod, ca),
        rules: [
          { apiGroups: [''], apiVersions: ['v1'], resources: ['pods'], operations: ['CREATE'], scope: 'Namespaced' },
        ],
        namespaceSelector: {
          matchExpressions: [
            { key: 'kubernetes.io/metadata.name', operator: 'NotIn', values: ['kube-system', NAMESPACES.system] },
          ],
        },
        matchConditions: [
          {
            name: 'has-weapon-loadout',
            expression: `has(object.metadata.annotations) && '${ANNOTATIONS.weaponLoadout}' in object.metadata.annotations`,
          },
        ],
        failurePolicy: 'Fail',
        matchPolicy: 'Equivalent',
        sideEffects: 'None',
        timeoutSeconds: 5,
        reinvocationPolicy: 'IfNeeded',
      },
    ],
  };
}

/** Warnings only: where nobody answers, tasks pass without them. */
export function validatingConfiguration(target: WebhookTarget, ca: string): ValidatingWebhookConfiguration {
  return {
    metadata: { name: NAMES.webhookConfiguration },
    webhooks: [
      {
        name: 'flighttask.hardpoint.airforce.mil',
        admissionReviewVersions: ['v1'],
        clientConfig: clientConfig(target, WEBHOOK_PATHS.task, ca),
        rules: [
          {
            apiGroups: ['airforce.mil'],
            apiVersions: ['v1alpha1'],
            resources: ['flighttasks'],
            operations: ['CREATE', 'UPDATE'],
            scope: 'Namespaced',
          },
        ],
        failurePolicy: 'Ignore',
        matchPolicy: 'Equivalent',
        sideEffects: 'None',
        timeoutSeconds: 3,
      },
    ],
  };
}

/** Writes both configurations, where they are missing or say something else. */
export async function registerWebhooks(options: {
  readonly client: Client;
  readonly target: WebhookTarget;
  readonly ca: string;
  readonly signal: AbortSignal;
}): Promise<void> {
  const { client, target, ca, signal } = options;
  await write(client, MUTATING_WEBHOOK_CONFIGURATIONS, mutatingConfiguration(target, ca), signal);
  await write(client, VALIDATING_WEBHOOK_CONFIGURATIONS, validatingConfiguration(target, ca), signal);
}

async function write<T extends KubernetesObject & { webhooks?: unknown }>(
  client: Client,
  type: ResourceType<T>,
  wanted: T,
  signal: AbortSignal,
): Promise<void> {
  const name = wanted.metadata?.name ?? '';
  for (let tries = 0; ; tries += 1) {
    try {
      const held = await client.get(type, { name }, { signal });
      if (covers(held.webhooks, wanted.webhooks)) return;
      await client.update(type, { ...held, webhooks: wanted.webhooks }, { signal });
      return;
    } catch (error) {
      if (ApiError.is(error, 'Conflict') && tries < 5) continue;
      if (!ApiError.is(error, 'NotFound')) throw error;
    }
    try {
      await client.create(type, wanted, { signal });
      return;
    } catch (error) {
      if (!ApiError.is(error, 'AlreadyExists') || tries >= 5) throw error;
    }
  }
}

/** Whether what is held says all that is wanted; the server adds defaults of its own. */
function covers(held: unknown, wanted: unknown): boolean {
  if (Array.isArray(wanted)) {
    return Array.isArray(held) && held.length === wanted.length && wanted.every((it, index) => covers(held[index], it));
  }
  if (typeof wanted === 'object' && wanted !== null) {
    if (typeof held !== 'object' || held === null) return false;
    return Object.entries(wanted).every(([key, value]) => covers((held as Record<string, unknown>)[key], value));
  }
  return isDeepStrictEqual(held, wanted);
}
