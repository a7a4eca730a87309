import { matchesLabels, requirementsOf } from '../registry/selectors.ts';
import { equalJson, fieldError, getOwn, isObject, type JsonObject, objectAt, stringAt } from '../schema/contract.ts';
import {
  daemonSetColumns,
  deploymentColumns,
  jobColumns,
  replicaSetColumns,
  statefulSetColumns,
} from '../table/workload-columns.ts';
import { ensureObject, setDefault } from './fields.ts';
import type { Strategy } from './kind.ts';
import { defaultPodSpec } from './pod-defaults.ts';
import { podSpecErrors } from './pod-validation.ts';

function templateOf(object: JsonObject): JsonObject {
  return ensureObject(ensureObject(object, 'spec'), 'template');
}

function defaultTemplate(object: JsonObject): void {
  const template = templateOf(object);
  ensureObject(template, 'metadata');
  defaultPodSpec(ensureObject(template, 'spec'));
}

function validateWorkload(object: JsonObject) {
  const spec = objectAt(object, 'spec');
  const out = [];
  const selector = getOwn(spec, 'selector');
  const labels = objectAt(objectAt(objectAt(spec, 'template'), 'metadata'), 'labels');
  if (!isObject(selector)) out.push(fieldError.required('spec.selector'));
  else {
    const requirements = requirementsOf(selector);
    if (requirements.length === 0) {
      out.push(
        fieldError.invalid(
          'spec.selector',
          selector,
          `empty selector is invalid for ${String(object.kind).toLowerCase()}`,
        ),
      );
    } else if (!matchesLabels(requirements, labels)) {
      out.push(
        fieldError.invalid('spec.template.metadata.labels', labels, '`selector` does not match template `labels`'),
      );
    }
  }
  out.push(...podSpecErrors(objectAt(objectAt(spec, 'template'), 'spec'), 'spec.template.spec'));
  const policy = stringAt(objectAt(objectAt(spec, 'template'), 'spec'), 'restartPolicy');
  if (policy !== 'Always') {
    out.push(fieldError.notSupported('spec.template.spec.restartPolicy', policy ?? '', ['Always']));
  }
  return out;
}

function validateWorkloadUpdate(object: JsonObject, live: JsonObject) {
  const out = validateWorkload(object);
  const now = objectAt(objectAt(object, 'spec'), 'selector');
  if (!equalJson(now, objectAt(objectAt(live, 'spec'), 'selector'))) {
    out.push(fieldError.invalid('spec.selector', now, 'field is immutable'));
  }
  return out;
}

function replicated(extra: (spec: JsonObject) => void, columns: Strategy['columns']): Strategy {
  return {
    generation: 'spec',
    ...(columns === undefined ? {} : { columns }),
    defaults(object) {
      defaultTemplate(object);
      extra(ensureObject(object, 'spec'));
    },
    prepareForCreate(object) {
      object.status = {};
    },
    validate: validateWorkload,
    validateUpdate: validateWorkloadUpdate,
  };
}

export const deploymentStrategy = replicated((spec) => {
  setDefault(spec, 'replicas', 1);
  setDefault(spec, 'revisionHistoryLimit', 10);
  setDefault(spec, 'progressDeadlineSeconds', 600);
  const strategy = ensureObject(spec, 'strategy');
  setDefault(strategy, 'type', 'RollingUpdate');
  if (strategy.type === 'RollingUpdate') {
    const rolling = ensureObject(strategy, 'rollingUpdate');
    setDefault(rolling, 'maxUnavailable', '25%');
    setDefault(rolling, 'maxSurge', '25%');
  }
}, deploymentColumns);

const replicas = (object: JsonObject): JsonObject => {
  object.status = { replicas: 0 };
  return object;
};

export const replicaSetStrategy: Strategy = {
  ...replicated((spec) => setDefault(spec, 'replicas', 1), replicaSetColumns),
  prepareForCreate: (object) => void replicas(object),
};

export const statefulSetStrategy: Strategy = {
  ...replicated((spec) => {
    setDefault(spec, 'replicas', 1);
    setDefault(spec, 'revisionHistoryLimit', 10);
    setDefault(spec, 'podManagementPolicy', 'OrderedReady');
    setDefault(spec, 'persistentVolumeClaimRetentionPolicy', { whenDeleted: 'Retain', whenScaled: 'Retain' });
    const strategy = ensureObject(spec, 'updateStrategy');
    setDefault(strategy, 'type', 'RollingUpdate');
    if (strategy.type === 'RollingUpdate') setDefault(ensureObject(strategy, 'rollingUpdate'), 'partition', 0);
  }, statefulSetColumns),
  prepareForCreate(object) {
    object.status = { replicas: 0, availableReplicas: 0 };
  },
};

export const daemonSetStrategy: Strategy = {
  ...replicated((spec) => {
    setDefault(spec, 'revisionHistoryLimit', 10);
    const strategy = ensureObject(spec, 'updateStrategy');
    setDefault(strategy, 'type', 'RollingUpdate');
    if (strategy.type === 'RollingUpdate') {
      const rolling = ensureObject(strategy, 'rollingUpdate');
      setDefault(rolling, 'maxUnavailable', 1);
      setDefault(rolling, 'maxSurge', 0);
    }
  }, daemonSetColumns),
  prepareForCreate(object) {
    ensureObject(objectAt(object, 'metadata'), 'annotations')['deprecated.daemonset.template.generation'] = '1';
    object.status = { currentNumberScheduled: 0, numberMisscheduled: 0, desiredNumberScheduled: 0, numberReady: 0 };
  },
};

export const jobStrategy: Strategy = {
  generation: 'spec',
  columns: jobColumns,
  defaults(object) {
    defaultTemplate(object);
    const spec = ensureObject(object, 'spec');
    if (getOwn(spec, 'completions') === undefined && getOwn(spec, 'parallelism') === undefined) spec.completions = 1;
    setDefault(spec, 'parallelism', 1);
    setDefault(spec, 'backoffLimit', 6);
    setDefault(spec, 'completionMode', 'NonIndexed');
    setDefault(spec, 'suspend', false);
    setDefault(spec, 'manualSelector', false);
    setDefault(
      spec,
      'podReplacementPolicy',
      getOwn(spec, 'podFailurePolicy') === undefined ? 'TerminatingOrFailed' : 'Failed',
    );
  },
  prepareForCreate(object) {
    object.status = {};
    const spec = objectAt(object, 'spec');
    if (spec.manualSelector === true) return;
    const metadata = objectAt(object, 'metadata');
    const uid = stringAt(metadata, 'uid') ?? '';
    const labels = ensureObject(ensureObject(templateOf(object), 'metadata'), 'labels');
    const name = stringAt(metadata, 'name') ?? '';
    labels['controller-uid'] = uid;
    labels['job-name'] = name;
    labels['batch.kubernetes.io/controller-uid'] = uid;
    labels['batch.kubernetes.io/job-name'] = name;
    if (Object.keys(objectAt(metadata, 'labels')).length === 0) metadata.labels = { ...labels };
    setDefault(spec, 'selector', { matchLabels: { 'batch.kubernetes.io/controller-uid': uid } });
  },
  validate: (object) =>
    podSpecErrors(objectAt(objectAt(objectAt(object, 'spec'), 'template'), 'spec'), 'spec.template.spec'),
};

export const disruptionBudgetStrategy: Strategy = {
  generation: 'spec',
  allowUnconditionalUpdate: false,
  prepareForCreate(object) {
    object.status = { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 };
  },
  validate(object) {
    const spec = objectAt(object, 'spec');
    return getOwn(spec, 'minAvailable') !== undefined && getOwn(spec, 'maxUnavailable') !== undefined
      ? [fieldError.invalid('spec', spec, 'minAvailable and maxUnavailable cannot be both set')]
      : [];
  },
};

export const serviceStrategy: Strategy = {
  nameRule: 'dns1035Label',
  returnsDeleted: true,
  defaults(object) {
    const spec = ensureObject(object, 'spec');
    setDefault(spec, 'type', 'ClusterIP');
    setDefault(spec, 'sessionAffinity', 'None');
    const ports = getOwn(spec, 'ports');
    for (const port of Array.isArray(ports) ? ports.filter(isObject) : []) {
      setDefault(port, 'protocol', 'TCP');
      setDefault(port, 'targetPort', getOwn(port, 'port') ?? 0);
    }
    if (spec.type !== 'ExternalName') setDefault(spec, 'internalTrafficPolicy', 'Cluster');
  },
  prepareForCreate(object, { random }) {
    const spec = objectAt(object, 'spec');
    object.status = { loadBalancer: {} };
    if (spec.type === 'ExternalName') return;
    if ((stringAt(spec, 'clusterIP') ?? '') === '') {
      spec.clusterIP = `10.96.${random.integer(256)}.${1 + random.integer(254)}`;
    }
    setDefault(spec, 'clusterIPs', [stringAt(spec, 'clusterIP') ?? '']);
    setDefault(spec, 'ipFamilies', ['IPv4']);
    setDefault(spec, 'ipFamilyPolicy', 'SingleStack');
  },
  prepareForUpdate(object, live) {
    const spec = objectAt(object, 'spec');
    for (const field of ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy']) {
      const value = getOwn(objectAt(live, 'spec'), field);
      if (value !== undefined) setDefault(spec, field, value);
    }
  },
  validateUpdate(object, live) {
    const ip = stringAt(objectAt(object, 'spec'), 'clusterIP') ?? '';
    return ip === (stringAt(objectAt(live, 'spec'), 'clusterIP') ?? '')
      ? []
      : [fieldError.invalid('spec.clusterIP', ip, 'field is immutable')];
  },
  selectableFields: {
    'spec.clusterIP': (object) => stringAt(objectAt(object, 'spec'), 'clusterIP') ?? '',
    'spec.type': (object) => stringAt(objectAt(object, 'spec'), 'type') ?? '',
  },
};

/** Kinds whose only rule is that the server counts changes of their spec. */
export const counted: Strategy = { generation: 'spec' };
