import type { Kind } from '../kinds/kind.ts';
import { matchesLabels, requirementsOf } from '../registry/selectors.ts';
import { isObject, type Json, type JsonObject, objectAt, stringAt } from '../schema/json.ts';
import type { AdmissionRequest } from './admission.ts';

/** One webhook of a stored configuration, with its defaults. */
export interface Webhook {
  readonly configuration: string;
  readonly type: 'mutating' | 'validating';
  readonly name: string;
  readonly clientConfig: JsonObject;
  readonly rules: readonly JsonObject[];
  readonly failClosed: boolean;
  readonly timeoutSeconds: number;
  readonly namespaceSelector: JsonObject;
  readonly objectSelector: JsonObject;
  readonly matchConditions: readonly { readonly name: string; readonly expression: string }[];
  readonly reinvoke: boolean;
  readonly sideEffects: string;
  /** Identity of the stored configuration, for caches. */
  readonly version: string;
}

/** The webhooks of a configuration object, in its order. */
export function webhooksOf(configuration: JsonObject, type: Webhook['type']): readonly Webhook[] {
  const metadata = objectAt(configuration, 'metadata');
  return objectsOf(configuration.webhooks).map((webhook) => ({
    configuration: stringAt(metadata, 'name') ?? '',
    type,
    name: stringAt(webhook, 'name') ?? '',
    clientConfig: objectAt(webhook, 'clientConfig'),
    rules: objectsOf(webhook.rules),
    failClosed: webhook.failurePolicy !== 'Ignore',
    timeoutSeconds: typeof webhook.timeoutSeconds === 'number' ? webhook.timeoutSeconds : 10,
    namespaceSelector: objectAt(webhook, 'namespaceSelector'),
    objectSelector: objectAt(webhook, 'objectSelector'),
    matchConditions: objectsOf(webhook.matchConditions).map((one) => ({
      name: stringAt(one, 'name') ?? '',
      expression: stringAt(one, 'expression') ?? '',
    })),
    reinvoke: webhook.reinvocationPolicy === 'IfNeeded',
    sideEffects: stringAt(webhook, 'sideEffects') ?? '',
    version: `${stringAt(metadata, 'uid')}/${stringAt(metadata, 'resourceVersion')}`,
  }));
}

/** Kinds no webhook is asked about, so that a broken one can always be removed. */
export function isExempt(kind: Kind): boolean {
  return (
    kind.group === 'admissionregistration.k8s.io' &&
    [
      'mutatingwebhookconfigurations',
      'validatingwebhookconfigurations',
      'validatingadmissionpolicies',
      'validatingadmissionpolicybindings',
    ].includes(kind.resource)
  );
}

/** Whether rules and selectors of a webhook take a request in. `namespaceLabels`: of the request's namespace. */
export function concerns(
  webhook: Webhook,
  request: AdmissionRequest,
  namespaceLabels: JsonObject | undefined,
): boolean {
  if (!webhook.rules.some((rule) => ruleMatches(rule, request))) return false;
  if (!isEmptySelector(webhook.namespaceSelector)) {
    const labels =
      request.kind.storage === 'namespaces' && request.subresource === ''
        ? labelsOf(request.object ?? request.oldObject)
        : namespaceLabels;
    // Cluster-scoped objects are taken in whatever the selector says.
    if (labels !== undefined && !matchesLabels(requirementsOf(webhook.namespaceSelector), labels)) return false;
  }
  if (!isEmptySelector(webhook.objectSelector)) {
    const selector = requirementsOf(webhook.objectSelector);
    const matches = (object: JsonObject | undefined): boolean =>
      object !== undefined && isObject(object.metadata) && matchesLabels(selector, labelsOf(object));
    if (!matches(request.object) && !matches(request.oldObject)) return false;
  }
  return true;
}

function ruleMatches(rule: JsonObject, { kind, operation, subresource, namespace }: AdmissionRequest): boolean {
  const has = (list: Json | undefined, word: string): boolean =>
    Array.isArray(list) && (list.includes('*') || list.includes(word));
  if (!has(rule.operations, operation)) return false;
  if (!has(rule.apiGroups, kind.group) || !has(rule.apiVersions, kind.version)) return false;
  const scope = stringAt(rule, 'scope') ?? '*';
  const clusterScoped = namespace === '' || kind.storage === 'namespaces';
  if (scope === 'Namespaced' && clusterScoped) return false;
  if (scope === 'Cluster' && !clusterScoped) return false;
  return (Array.isArray(rule.resources) ? rule.resources : []).some((one) => {
    if (typeof one !== 'string') return false;
    const [resource = '', sub = ''] = one.split('/');
    if (resource === '*' && !one.includes('/')) return subresource === '';
    return (resource === '*' || resource === kind.resource) && (sub === '*' || sub === subresource);
  });
}

function isEmptySelector(selector: JsonObject): boolean {
  return (
    Object.keys(objectAt(selector, 'matchLabels')).length === 0 && objectsOf(selector.matchExpressions).length === 0
  );
}

function labelsOf(object: JsonObject | undefined): JsonObject {
  return objectAt(objectAt(object, 'metadata'), 'labels');
}

export function objectsOf(list: Json | undefined): readonly JsonObject[] {
  return Array.isArray(list) ? list.filter(isObject) : [];
}
