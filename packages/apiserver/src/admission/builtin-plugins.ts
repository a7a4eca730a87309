import type { Random } from '@hardpoint/machinery';
import { forbidden, notFound } from '../http/failures.ts';
import { ensureObject, objectsAt, setDefault } from '../kinds/fields.ts';
import { containersOf } from '../kinds/pod-defaults.ts';
import { getOwn, objectAt, StatusError, stringAt } from '../schema/contract.ts';
import type { Store } from '../store/store.ts';
import type { Admission, AdmissionRequest } from './admission.ts';

const immortal = new Set(['default', 'kube-system', 'kube-public']);
/** Kinds that may be created in a namespace that is going. */
const mayJoinTheEnd = new Set(['localsubjectaccessreviews.authorization.k8s.io']);

/** NamespaceLifecycle: nothing new in namespaces that are missing or going; the first ones stay. */
function namespaceLifecycle(store: Store, request: AdmissionRequest): void {
  const { kind, operation, namespace, name } = request;
  if (operation === 'DELETE' && kind.storage === 'namespaces' && immortal.has(name)) {
    throw forbidden(kind, name, 'this namespace may not be deleted');
  }
  if (operation === 'DELETE' || operation === 'CONNECT' || namespace === '' || kind.storage === 'namespaces') return;
  if (mayJoinTheEnd.has(kind.storage)) return;
  const found = store.latest('namespaces', namespace);
  if (found === undefined) throw notFound({ group: '', resource: 'namespaces' }, namespace);
  if (operation !== 'CREATE') return;
  if (stringAt(objectAt(found, 'status'), 'phase') === 'Terminating') {
    const why = `unable to create new content in namespace ${namespace} because it is being terminated`;
    const refused = forbidden(kind, name, why);
    throw new StatusError({
      code: 403,
      reason: 'Forbidden',
      message: refused.message,
      details: {
        ...refused.details,
        causes: [
          {
            reason: 'NamespaceTerminating',
            message: `namespace ${namespace} is being terminated`,
            field: 'metadata.namespace',
          },
        ],
      },
    });
  }
}

const tokenPath = '/var/run/secrets/kubernetes.io/serviceaccount';

/** ServiceAccount: every Pod has one, and its token where neither Pod nor account declines. */
function serviceAccount(store: Store, random: Random, request: AdmissionRequest): void {
  const { object: pod, kind, namespace, name } = request;
  if (pod === undefined || kind.storage !== 'pods' || request.operation !== 'CREATE' || request.subresource !== '')
    return;
  const spec = ensureObject(pod, 'spec');
  if (stringAt(objectAt(objectAt(pod, 'metadata'), 'annotations'), 'kubernetes.io/config.mirror') !== undefined) return;
  if ((stringAt(spec, 'serviceAccountName') ?? '') === '') spec.serviceAccountName = 'default';
  const account = stringAt(spec, 'serviceAccountName') ?? 'default';
  spec.serviceAccount = account;
  const found = store.latest('serviceaccounts', `${namespace}/${account}`);
  if (found === undefined) {
    throw forbidden(
      kind,
      name,
      `error looking up service account ${namespace}/${account}: serviceaccount ${JSON.stringify(account)} not found`,
    );
  }
  const wanted = getOwn(spec, 'automountServiceAccountToken') ?? getOwn(found, 'automountServiceAccountToken') ?? true;
  if (wanted !== true) return;
  const containers = containersOf(spec);
  const open = containers.filter(
    (container) => !objectsAt(container, 'volumeMounts').some((mount) => mount.mountPath === tokenPath),
  );
  if (open.length === 0) return;
  const existing = objectsAt(spec, 'volumes').find(({ name: volume }) => String(volume).startsWith('kube-api-access-'));
  const volume = existing === undefined ? `kube-api-access-${random.suffix(5)}` : String(existing.name);
  for (const container of open) {
    const mounts = getOwn(container, 'volumeMounts');
    container.volumeMounts = [
      ...(Array.isArray(mounts) ? mounts : []),
      { name: volume, readOnly: true, mountPath: tokenPath },
    ];
  }
  if (existing !== undefined) return;
  const volumes = getOwn(spec, 'volumes');
  spec.volumes = [
    ...(Array.isArray(volumes) ? volumes : []),
    {
      name: volume,
      projected: {
        sources: [
          { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
          { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
          {
            downwardAPI: {
              items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }],
            },
          },
        ],
        defaultMode: 420,
      },
    },
  ];
}

/** Priority: the number that priorityClassName stands for. */
function priority(store: Store, request: AdmissionRequest): void {
  const { object: pod, kind, name } = request;
  if (pod === undefined || kind.storage !== 'pods' || request.operation !== 'CREATE' || request.subresource !== '')
    return;
  const spec = ensureObject(pod, 'spec');
  const storage = 'priorityclasses.scheduling.k8s.io';
  let className = stringAt(spec, 'priorityClassName') ?? '';
  if (className === '') {
    const byDefault = store.list(storage).find(([, object]) => object.globalDefault === true);
    className = byDefault?.[0] ?? '';
    if (className !== '') spec.priorityClassName = className;
  }
  const found = className === '' ? undefined : store.latest(storage, className);
  if (className !== '' && found === undefined) {
    throw forbidden(kind, name, `no PriorityClass with name ${className} was found`);
  }
  const value = Number(found?.value ?? 0);
  const given = getOwn(spec, 'priority');
  if (given !== undefined && Number(given) !== value) {
    throw forbidden(
      kind,
      name,
      `the integer value of priority (${String(given)}) must not be provided in pod spec; priority admission controller computed ${value} from the given PriorityClass name`,
    );
  }
  spec.priority = value;
  setDefault(spec, 'preemptionPolicy', stringAt(found, 'preemptionPolicy') ?? 'PreemptLowerPriority');
}

/** DefaultTolerationSeconds: five minutes on a node that stopped answering. */
function tolerations(request: AdmissionRequest): void {
  const { object: pod, kind } = request;
  if (pod === undefined || kind.storage !== 'pods' || request.subresource !== '') return;
  const spec = ensureObject(pod, 'spec');
  const list = objectsAt(spec, 'tolerations');
  for (const key of ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable']) {
    const tolerated = list.some((each) => {
      const effect = stringAt(each, 'effect') ?? '';
      return ((stringAt(each, 'key') ?? '') === '' || each.key === key) && (effect === 'NoExecute' || effect === '');
    });
    if (!tolerated) list.push({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 });
  }
  spec.tolerations = list;
}

/** The built-in plugins, in front of what comes from webhooks. */
export function admissionChain(options: {
  readonly store: Store;
  readonly random: Random;
  readonly webhooks: Admission;
  /** Further refusals of writes, such as RBAC escalation. */
  readonly checks: readonly ((request: AdmissionRequest) => void)[];
}): Admission {
  const { store, random, webhooks } = options;
  return {
    async mutate(request) {
      namespaceLifecycle(store, request);
      serviceAccount(store, random, request);
      tolerations(request);
      priority(store, request);
      return webhooks.mutate(request);
    },
    async validate(request) {
      if (request.operation === 'DELETE') namespaceLifecycle(store, request);
      for (const check of options.checks) check(request);
      await webhooks.validate(request);
    },
  };
}
