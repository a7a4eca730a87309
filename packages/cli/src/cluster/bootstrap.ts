import { NAMESPACES as NAMES } from '@hardpoint/api';
import {
  CLUSTER_ROLE_BINDINGS,
  CLUSTER_ROLES,
  CUSTOM_RESOURCE_DEFINITIONS,
  type CustomResourceDefinition,
  type KubernetesObject,
  NAMESPACES,
  type PolicyRule,
  type ResourceType,
  SERVICE_ACCOUNTS,
} from '@hardpoint/kubernetes';
import { type Client, type Clock, stringifyKubeconfig } from '@hardpoint/machinery';

const fieldManager = 'hardpoint-up';

/** One of our own accounts: the least it may do. */
export interface PartAccount {
  readonly name: string;
  readonly rules: readonly PolicyRule[];
}

/**
 * Brings a fresh API server to what the parts need: namespaces, the airforce.mil kinds, an account per part with the
 * rules that part asks for, and roles for people. Applied again it changes nothing.
 */
export async function bootstrap(options: {
  readonly client: Client;
  readonly clock: Clock;
  readonly accounts: readonly PartAccount[];
  readonly crds: readonly CustomResourceDefinition[];
  readonly signal: AbortSignal;
}): Promise<void> {
  const { client, signal } = options;
  const apply = <T extends KubernetesObject>(type: ResourceType<T>, object: T): Promise<unknown> =>
    client.apply(type, object, { fieldManager, force: true, signal });

  await Promise.all([
    ...[NAMES.weapons, NAMES.system, NAMES.aircraft].map((name) => apply(NAMESPACES, { metadata: { name } })),
    ...options.crds.map((crd) => apply(CUSTOM_RESOURCE_DEFINITIONS, crd)),
    ...peopleRoles().map((role) => apply(CLUSTER_ROLES, role)),
    ...options.accounts.map((account) =>
      apply(CLUSTER_ROLES, { metadata: { name: `hardpoint-${account.name}` }, rules: [...account.rules] }),
    ),
  ]);
  await Promise.all(
    options.accounts.flatMap((account) => [
      apply(SERVICE_ACCOUNTS, { metadata: { name: account.name, namespace: NAMES.system } }),
      apply(CLUSTER_ROLE_BINDINGS, {
        metadata: { name: `hardpoint-${account.name}` },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: `hardpoint-${account.name}` },
        subjects: [{ kind: 'ServiceAccount', name: account.name, namespace: NAMES.system }],
      }),
    ]),
  );
  await Promise.all(options.crds.map((crd) => established(options, crd)));
}

async function established(
  options: { readonly client: Client; readonly clock: Clock; readonly signal: AbortSignal },
  crd: CustomResourceDefinition,
): Promise<void> {
  const name = crd.metadata?.name ?? '';
  for (let waitMs = 5; ; waitMs = Math.min(200, waitMs * 2)) {
    const now = await options.client.get(CUSTOM_RESOURCE_DEFINITIONS, { name }, { signal: options.signal });
    if (now.status?.conditions?.some((one) => one.type === 'Established' && one.status === 'True') === true) return;
    await options.clock.sleep(waitMs, options.signal);
  }
}

/** Roles that people are bound to; they also widen the stock view, edit and admin roles. */
function peopleRoles(): readonly {
  metadata: { name: string; labels: Record<string, string> };
  rules: PolicyRule[];
}[] {
  const read = ['get', 'list', 'watch'];
  const write = ['create', 'update', 'patch', 'delete', 'deletecollection'];
  const aggregate = (...to: string[]): Record<string, string> =>
    Object.fromEntries(to.map((role) => [`rbac.authorization.k8s.io/aggregate-to-${role}`, 'true']));
  const kinds = ['weapons', 'flighttasks', 'weaponpools', 'launchauthorizations', 'schedulingrecords'];
  return [
    {
      metadata: { name: 'hardpoint-view', labels: aggregate('view', 'edit', 'admin') },
      rules: [{ apiGroups: ['airforce.mil'], resources: kinds, verbs: read }],
    },
    {
      metadata: { name: 'hardpoint-edit', labels: aggregate('edit', 'admin') },
      rules: [{ apiGroups: ['airforce.mil'], resources: ['weapons', 'flighttasks', 'weaponpools'], verbs: write }],
    },
    {
      // Not part of edit: who may plan a task may not by that release its stores.
      metadata: { name: 'hardpoint-authorizer', labels: {} },
      rules: [
        { apiGroups: ['airforce.mil'], resources: ['flighttasks'], verbs: [...read, 'authorize'] },
        { apiGroups: ['airforce.mil'], resources: ['launchauthorizations'], verbs: [...read, 'create'] },
      ],
    },
  ];
}

/** A kubeconfig for one of our accounts, with a token from the TokenRequest API. */
export async function accountKubeconfig(options: {
  readonly client: Client;
  readonly account: string;
  readonly server: string;
  readonly ca: string;
  readonly signal: AbortSignal;
}): Promise<string> {
  const answer = await options.client.createSubresource<{ status?: { token?: string } }>(
    SERVICE_ACCOUNTS,
    { namespace: NAMES.system, name: options.account },
    'token',
    {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: { expirationSeconds: 365 * 24 * 3600, audiences: [] },
    },
    { signal: options.signal },
  );
  return stringifyKubeconfig({
    server: options.server,
    ca: options.ca,
    user: options.account,
    token: answer.status?.token ?? '',
  });
}
