import {
  equalJson,
  type FieldError,
  fieldError,
  getOwn,
  isObject,
  type JsonObject,
  objectAt,
  stringAt,
} from '../schema/contract.ts';
import { namespaceColumns, nodeColumns } from '../table/columns.ts';
import { ensureObject, nullTimes, numberAt, objectsAt, setDefault } from './fields.ts';
import type { Strategy } from './kind.ts';

export const namespaceStrategy: Strategy = {
  nameRule: 'dns1123Label',
  columns: namespaceColumns,
  returnsDeleted: false,
  defaults(namespace) {
    const metadata = ensureObject(namespace, 'metadata');
    const name = stringAt(metadata, 'name') ?? '';
    if (name !== '') ensureObject(metadata, 'labels')['kubernetes.io/metadata.name'] = name;
  },
  prepareForCreate(namespace) {
    const metadata = objectAt(namespace, 'metadata');
    ensureObject(metadata, 'labels')['kubernetes.io/metadata.name'] = stringAt(metadata, 'name') ?? '';
    namespace.spec = { finalizers: ['kubernetes'] };
    namespace.status = { phase: 'Active' };
  },
  prepareForUpdate(namespace, live) {
    namespace.spec = objectAt(live, 'spec');
  },
  selectableFields: {
    'status.phase': (namespace) => stringAt(objectAt(namespace, 'status'), 'phase') ?? '',
    name: (namespace) => stringAt(objectAt(namespace, 'metadata'), 'name') ?? '',
  },
};

const taintEffects = ['NoExecute', 'NoSchedule', 'PreferNoSchedule'];

export const nodeStrategy: Strategy = {
  columns: nodeColumns,
  defaults(node) {
    ensureObject(node, 'spec');
    const status = ensureObject(node, 'status');
    const capacity = getOwn(status, 'capacity');
    if (isObject(capacity)) setDefault(status, 'allocatable', structuredClone(capacity));
    ensureObject(ensureObject(status, 'daemonEndpoints'), 'kubeletEndpoint');
    const endpoint = objectAt(objectAt(status, 'daemonEndpoints'), 'kubeletEndpoint');
    setDefault(endpoint, 'Port', 0);
    const info = ensureObject(status, 'nodeInfo');
    for (const field of [
      'machineID',
      'systemUUID',
      'bootID',
      'kernelVersion',
      'osImage',
      'containerRuntimeVersion',
      'kubeletVersion',
      'kubeProxyVersion',
      'operatingSystem',
      'architecture',
    ]) {
      setDefault(info, field, '');
    }
  },
  prepareForCreate: (node) => nullTimes(objectsAt(objectAt(node, 'status'), 'conditions'), 'lastHeartbeatTime'),
  prepareForStatusUpdate: (node) => nullTimes(objectsAt(objectAt(node, 'status'), 'conditions'), 'lastHeartbeatTime'),
  validate(node) {
    const out: FieldError[] = [];
    for (const [index, taint] of objectsAt(objectAt(node, 'spec'), 'taints').entries()) {
      const effect = stringAt(taint, 'effect') ?? '';
      if (effect === '') out.push(fieldError.required(`spec.taints[${index}].effect`));
      else if (!taintEffects.includes(effect)) {
        out.push(fieldError.notSupported(`spec.taints[${index}].effect`, effect, taintEffects));
      }
    }
    return out;
  },
  selectableFields: {
    'spec.unschedulable': (node) => String(getOwn(objectAt(node, 'spec'), 'unschedulable') === true),
  },
};

export const leaseStrategy: Strategy = {
  allowCreateOnUpdate: true,
  allowUnconditionalUpdate: false,
  validate(lease) {
    const out: FieldError[] = [];
    const spec = objectAt(lease, 'spec');
    const duration = numberAt(spec, 'leaseDurationSeconds');
    if (duration !== undefined && duration <= 0) {
      out.push(fieldError.invalid('spec.leaseDurationSeconds', duration, 'must be greater than 0'));
    }
    const transitions = numberAt(spec, 'leaseTransitions');
    if (transitions !== undefined && transitions < 0) {
      out.push(fieldError.invalid('spec.leaseTransitions', transitions, 'must be greater than or equal to 0'));
    }
    return out;
  },
};

export const roleBindingStrategy: Strategy = {
  nameRule: 'pathSegment',
  defaults(binding) {
    setDefault(ensureObject(binding, 'roleRef'), 'apiGroup', 'rbac.authorization.k8s.io');
    for (const subject of objectsAt(binding, 'subjects')) {
      const kind = stringAt(subject, 'kind');
      if (kind === 'User' || kind === 'Group') setDefault(subject, 'apiGroup', 'rbac.authorization.k8s.io');
    }
  },
  validate(binding) {
    const out: FieldError[] = [];
    const role = objectAt(binding, 'roleRef');
    const group = stringAt(role, 'apiGroup') ?? '';
    if (group !== 'rbac.authorization.k8s.io') {
      out.push(fieldError.notSupported('roleRef.apiGroup', group, ['rbac.authorization.k8s.io']));
    }
    const kind = stringAt(role, 'kind') ?? '';
    const kinds = binding.kind === 'RoleBinding' ? ['Role', 'ClusterRole'] : ['ClusterRole'];
    if (!kinds.includes(kind)) out.push(fieldError.notSupported('roleRef.kind', kind, kinds));
    if ((stringAt(role, 'name') ?? '') === '') out.push(fieldError.required('roleRef.name'));
    for (const [index, subject] of objectsAt(binding, 'subjects').entries()) {
      const at = `subjects[${index}]`;
      if ((stringAt(subject, 'name') ?? '') === '') out.push(fieldError.required(`${at}.name`));
      const subjectKind = stringAt(subject, 'kind') ?? '';
      if (!['ServiceAccount', 'User', 'Group'].includes(subjectKind)) {
        out.push(fieldError.notSupported(`${at}.kind`, subjectKind, ['ServiceAccount', 'User', 'Group']));
      }
      if (
        subjectKind === 'ServiceAccount' &&
        binding.kind === 'ClusterRoleBinding' &&
        (stringAt(subject, 'namespace') ?? '') === ''
      ) {
        out.push(fieldError.required(`${at}.namespace`));
      }
    }
    return out;
  },
  validateUpdate(binding, live) {
    const errors = [...(roleBindingStrategy.validate?.(binding) ?? [])];
    if (!equalJson(objectAt(binding, 'roleRef'), objectAt(live, 'roleRef'))) {
      errors.push(immutableRole(objectAt(binding, 'roleRef')));
    }
    return errors;
  },
};

/** The value as Go prints the internal type: capital names. */
function immutableRole(role: JsonObject): FieldError {
  const value = { APIGroup: role.apiGroup ?? '', Kind: role.kind ?? '', Name: role.name ?? '' };
  return fieldError.invalid('roleRef', value, 'field is immutable');
}

export const roleStrategy: Strategy = {
  nameRule: 'pathSegment',
  validate(role) {
    const out: FieldError[] = [];
    for (const [index, rule] of objectsAt(role, 'rules').entries()) {
      const at = `rules[${index}]`;
      const has = (field: string): boolean => {
        const value = getOwn(rule, field);
        return Array.isArray(value) && value.length > 0;
      };
      if (has('nonResourceURLs')) {
        if (role.kind === 'Role') {
          out.push(
            fieldError.invalid(
              `${at}.nonResourceURLs`,
              getOwn(rule, 'nonResourceURLs') ?? null,
              'namespaced rules cannot apply to non-resource URLs',
            ),
          );
        }
        if (!has('verbs')) out.push(fieldError.required(`${at}.verbs`));
        continue;
      }
      if (!has('apiGroups'))
        out.push(fieldError.required(`${at}.apiGroups`, 'resource rules must supply at least one api group'));
      if (!has('resources'))
        out.push(fieldError.required(`${at}.resources`, 'resource rules must supply at least one resource'));
      if (!has('verbs')) out.push(fieldError.required(`${at}.verbs`));
    }
    return out;
  },
};

export const webhookConfigurationStrategy: Strategy = {
  generation: 'spec',
  allowUnconditionalUpdate: false,
  defaults(configuration) {
    for (const webhook of objectsAt(configuration, 'webhooks')) {
      setDefault(webhook, 'failurePolicy', 'Fail');
      setDefault(webhook, 'matchPolicy', 'Equivalent');
      setDefault(webhook, 'namespaceSelector', {});
      setDefault(webhook, 'objectSelector', {});
      setDefault(webhook, 'timeoutSeconds', 10);
      if (configuration.kind === 'MutatingWebhookConfiguration') setDefault(webhook, 'reinvocationPolicy', 'Never');
      for (const rule of objectsAt(webhook, 'rules')) setDefault(rule, 'scope', '*');
      const service = getOwn(objectAt(webhook, 'clientConfig'), 'service');
      if (isObject(service)) setDefault(service, 'port', 443);
    }
  },
  validate(configuration) {
    const out: FieldError[] = [];
    const names = new Set<string>();
    for (const [index, webhook] of objectsAt(configuration, 'webhooks').entries()) {
      const at = `webhooks[${index}]`;
      const name = stringAt(webhook, 'name') ?? '';
      if (name.split('.').length < 3) {
        out.push(
          fieldError.invalid(`${at}.name`, name, 'should be a domain with at least three segments separated by dots'),
        );
      }
      if (names.has(name)) out.push(fieldError.duplicate(`${at}.name`, name));
      names.add(name);
      const effects = stringAt(webhook, 'sideEffects') ?? '';
      if (effects === '') out.push(fieldError.required(`${at}.sideEffects`, 'must specify one of None, NoneOnDryRun'));
      else if (effects !== 'None' && effects !== 'NoneOnDryRun') {
        out.push(fieldError.notSupported(`${at}.sideEffects`, effects, ['None', 'NoneOnDryRun']));
      }
      const versions = getOwn(webhook, 'admissionReviewVersions');
      if (!Array.isArray(versions) || versions.length === 0) {
        out.push(fieldError.required(`${at}.admissionReviewVersions`, 'must specify one of v1, v1beta1'));
      }
      const client = objectAt(webhook, 'clientConfig');
      if ((getOwn(client, 'url') === undefined) === (getOwn(client, 'service') === undefined)) {
        out.push(fieldError.required(`${at}.clientConfig`, 'exactly one of url or service is required'));
      }
    }
    return out;
  },
};

export const priorityClassStrategy: Strategy = {
  generation: 'spec',
  defaults(object) {
    setDefault(object, 'value', 0);
    setDefault(object, 'preemptionPolicy', 'PreemptLowerPriority');
  },
  validateUpdate: (object, live) =>
    getOwn(object, 'value') === getOwn(live, 'value')
      ? []
      : [fieldError.forbidden('value', 'may not be changed in an update.')],
};
