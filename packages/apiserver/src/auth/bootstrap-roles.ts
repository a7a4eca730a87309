import type { JsonObject } from '../schema/contract.ts';

const read = ['get', 'list', 'watch'];
const write = ['create', 'delete', 'deletecollection', 'patch', 'update'];

interface RuleObject {
  verbs: string[];
  apiGroups?: string[];
  resources?: string[];
  resourceNames?: string[];
  nonResourceURLs?: string[];
}

const rule = (verbs: string[], apiGroups: string[], resources: string[], resourceNames?: string[]): RuleObject => ({
  verbs,
  apiGroups,
  resources,
  ...(resourceNames === undefined ? {} : { resourceNames }),
});
const urls = (...nonResourceURLs: string[]): RuleObject => ({ verbs: ['get'], nonResourceURLs });

const viewRules: RuleObject[] = [
  rule(
    read,
    [''],
    [
      'configmaps',
      'endpoints',
      'events',
      'limitranges',
      'namespaces',
      'namespaces/status',
      'persistentvolumeclaims',
      'persistentvolumeclaims/status',
      'pods',
      'pods/log',
      'pods/status',
      'replicationcontrollers',
      'replicationcontrollers/scale',
      'replicationcontrollers/status',
      'resourcequotas',
      'resourcequotas/status',
      'serviceaccounts',
      'services',
      'services/status',
      'bindings',
    ],
  ),
  rule(read, ['discovery.k8s.io'], ['endpointslices']),
  rule(
    read,
    ['apps'],
    [
      'controllerrevisions',
      'daemonsets',
      'daemonsets/status',
      'deployments',
      'deployments/scale',
      'deployments/status',
      'replicasets',
      'replicasets/scale',
      'replicasets/status',
      'statefulsets',
      'statefulsets/scale',
      'statefulsets/status',
    ],
  ),
  rule(read, ['autoscaling'], ['horizontalpodautoscalers', 'horizontalpodautoscalers/status']),
  rule(read, ['batch'], ['cronjobs', 'cronjobs/status', 'jobs', 'jobs/status']),
  rule(read, ['networking.k8s.io'], ['ingresses', 'ingresses/status', 'networkpolicies']),
  rule(read, ['policy'], ['poddisruptionbudgets', 'poddisruptionbudgets/status']),
];

const editRules: RuleObject[] = [
  rule(read, [''], ['pods/attach', 'pods/exec', 'pods/portforward', 'pods/proxy', 'secrets', 'services/proxy']),
  rule(['impersonate'], [''], ['serviceaccounts']),
  rule(write, [''], ['pods', 'pods/attach', 'pods/exec', 'pods/portforward', 'pods/proxy']),
  rule(['create'], [''], ['pods/eviction', 'serviceaccounts/token']),
  rule(
    write,
    [''],
    [
      'configmaps',
      'events',
      'persistentvolumeclaims',
      'replicationcontrollers',
      'replicationcontrollers/scale',
      'secrets',
      'serviceaccounts',
      'services',
      'services/proxy',
    ],
  ),
  rule(
    write,
    ['apps'],
    [
      'daemonsets',
      'deployments',
      'deployments/rollback',
      'deployments/scale',
      'replicasets',
      'replicasets/scale',
      'statefulsets',
      'statefulsets/scale',
    ],
  ),
  rule(write, ['autoscaling'], ['horizontalpodautoscalers']),
  rule(write, ['batch'], ['cronjobs', 'jobs']),
  rule(write, ['networking.k8s.io'], ['ingresses', 'networkpolicies']),
  rule(write, ['policy'], ['poddisruptionbudgets']),
  rule([...write, ...read], ['coordination.k8s.io'], ['leases']),
];

const adminRules: RuleObject[] = [
  rule(['create'], ['authorization.k8s.io'], ['localsubjectaccessreviews']),
  rule([...write, ...read], ['rbac.authorization.k8s.io'], ['rolebindings', 'roles']),
];

const roles: Readonly<Record<string, readonly RuleObject[]>> = {
  'cluster-admin': [rule(['*'], ['*'], ['*']), { verbs: ['*'], nonResourceURLs: ['*'] }],
  'system:discovery': [
    urls(
      '/api',
      '/api/*',
      '/apis',
      '/apis/*',
      '/healthz',
      '/livez',
      '/openapi',
      '/openapi/*',
      '/readyz',
      '/version',
      '/version/',
    ),
  ],
  'system:monitoring': [
    urls('/healthz', '/healthz/*', '/livez', '/livez/*', '/metrics', '/metrics/slis', '/readyz', '/readyz/*'),
  ],
  'system:public-info-viewer': [urls('/healthz', '/livez', '/readyz', '/version', '/version/')],
  'system:basic-user': [
    rule(['create'], ['authorization.k8s.io'], ['selfsubjectaccessreviews', 'selfsubjectrulesreviews']),
    rule(['create'], ['authentication.k8s.io'], ['selfsubjectreviews']),
  ],
  'system:service-account-issuer-discovery': [
    urls(
      '/.well-known/openid-configuration',
      '/.well-known/openid-configuration/',
      '/openid/v1/jwks',
      '/openid/v1/jwks/',
    ),
  ],
  'system:auth-delegator': [
    rule(['create'], ['authentication.k8s.io'], ['tokenreviews']),
    rule(['create'], ['authorization.k8s.io'], ['subjectaccessreviews']),
  ],
  'system:kubelet-api-admin': [
    rule(read, [''], ['nodes']),
    rule(['proxy'], [''], ['nodes']),
    rule(['*'], [''], ['nodes/log', 'nodes/metrics', 'nodes/proxy', 'nodes/stats']),
  ],
  'system:node': [
    rule(['create'], ['authentication.k8s.io'], ['tokenreviews']),
    rule(['create'], ['authorization.k8s.io'], ['localsubjectaccessreviews', 'subjectaccessreviews']),
    rule(
      read,
      [''],
      ['services', 'pods', 'configmaps', 'secrets', 'nodes', 'persistentvolumes', 'persistentvolumeclaims'],
    ),
    rule(['create', 'patch', 'update', 'delete'], [''], ['nodes', 'nodes/status', 'pods', 'pods/status']),
    rule(['create', 'patch', 'update'], ['', 'events.k8s.io'], ['events']),
    rule(['create'], [''], ['pods/eviction', 'serviceaccounts/token']),
    rule(['create', 'delete', 'get', 'patch', 'update'], ['coordination.k8s.io'], ['leases']),
    rule(read, ['node.k8s.io'], ['runtimeclasses']),
  ],
  'system:kube-scheduler': [
    rule(['create', 'patch', 'update'], ['', 'events.k8s.io'], ['events']),
    rule(['create', ...read], ['coordination.k8s.io'], ['leases']),
    rule(
      ['get', 'list', 'watch'],
      [''],
      ['nodes', 'namespaces', 'replicationcontrollers', 'services', 'persistentvolumeclaims', 'persistentvolumes'],
    ),
    rule(['delete', ...read], [''], ['pods']),
    rule(['create'], [''], ['bindings', 'pods/binding']),
    rule(['patch', 'update'], [''], ['pods/status']),
    rule(read, ['apps'], ['replicasets', 'statefulsets']),
    rule(read, ['policy'], ['poddisruptionbudgets']),
  ],
  'system:kube-controller-manager': [rule(['*'], ['*'], ['*'])],
  'system:aggregate-to-view': viewRules,
  'system:aggregate-to-edit': editRules,
  'system:aggregate-to-admin': adminRules,
  view: viewRules,
  edit: [...viewRules, ...editRules],
  admin: [...viewRules, ...editRules, ...adminRules],
};

const bindings: readonly [name: string, role: string, groups: readonly string[], users?: readonly string[]][] = [
  ['cluster-admin', 'cluster-admin', ['system:masters']],
  ['system:discovery', 'system:discovery', ['system:authenticated']],
  ['system:basic-user', 'system:basic-user', ['system:authenticated']],
  ['system:public-info-viewer', 'system:public-info-viewer', ['system:authenticated', 'system:unauthenticated']],
  ['system:monitoring', 'system:monitoring', ['system:monitoring']],
  ['system:service-account-issuer-discovery', 'system:service-account-issuer-discovery', ['system:serviceaccounts']],
  ['system:node', 'system:node', ['system:nodes']],
  ['system:kube-scheduler', 'system:kube-scheduler', [], ['system:kube-scheduler']],
  ['system:kube-controller-manager', 'system:kube-controller-manager', [], ['system:kube-controller-manager']],
];

const metadata = (name: string, labels: Record<string, string> = {}): JsonObject => ({
  name,
  labels: { 'kubernetes.io/bootstrapping': 'rbac-defaults', ...labels },
  annotations: { 'rbac.authorization.kubernetes.io/autoupdate': 'true' },
});

/** The ClusterRoles and ClusterRoleBindings every cluster begins with. */
export function bootstrapRoles(): { readonly roles: readonly JsonObject[]; readonly bindings: readonly JsonObject[] } {
  const aggregated: Readonly<Record<string, string>> = { view: 'view', edit: 'edit', admin: 'admin' };
  return {
    roles: Object.entries(roles).map(([name, rules]): JsonObject => {
      const target = /^system:aggregate-to-(\w+)$/.exec(name)?.[1];
      const labels = target === undefined ? {} : { [`rbac.authorization.k8s.io/aggregate-to-${target}`]: 'true' };
      return {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRole',
        metadata: metadata(name, labels),
        ...(Object.hasOwn(aggregated, name)
          ? {
              aggregationRule: {
                clusterRoleSelectors: [{ matchLabels: { [`rbac.authorization.k8s.io/aggregate-to-${name}`]: 'true' } }],
              },
            }
          : {}),
        rules: structuredClone(rules) as unknown as JsonObject[],
      };
    }),
    bindings: bindings.map(
      ([name, role, groups, users = []]): JsonObject => ({
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRoleBinding',
        metadata: metadata(name),
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
        subjects: [
          ...groups.map((group) => ({ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: group })),
          ...users.map((user) => ({ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: user })),
        ],
      }),
    ),
  };
}
