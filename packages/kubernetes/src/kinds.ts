import type * as k from './generated/types.ts';
import { resourceType } from './resource.ts';

export const PODS = resourceType<k.Pod>('', 'v1', 'pods', 'Pod');
export const NODES = resourceType<k.Node>('', 'v1', 'nodes', 'Node', 'Cluster');
export const NAMESPACES = resourceType<k.Namespace>('', 'v1', 'namespaces', 'Namespace', 'Cluster');
export const CONFIG_MAPS = resourceType<k.ConfigMap>('', 'v1', 'configmaps', 'ConfigMap');
export const SECRETS = resourceType<k.Secret>('', 'v1', 'secrets', 'Secret');
export const SERVICES = resourceType<k.Service>('', 'v1', 'services', 'Service');
export const SERVICE_ACCOUNTS = resourceType<k.ServiceAccount>('', 'v1', 'serviceaccounts', 'ServiceAccount');
export const CORE_EVENTS = resourceType<k.Event>('', 'v1', 'events', 'Event');
export const EVENTS = resourceType<k.EventsEvent>('events.k8s.io', 'v1', 'events', 'Event');
export const LEASES = resourceType<k.Lease>('coordination.k8s.io', 'v1', 'leases', 'Lease');
export const DEPLOYMENTS = resourceType<k.Deployment>('apps', 'v1', 'deployments', 'Deployment');
export const REPLICA_SETS = resourceType<k.ReplicaSet>('apps', 'v1', 'replicasets', 'ReplicaSet');
export const STATEFUL_SETS = resourceType<k.StatefulSet>('apps', 'v1', 'statefulsets', 'StatefulSet');
export const DAEMON_SETS = resourceType<k.DaemonSet>('apps', 'v1', 'daemonsets', 'DaemonSet');
export const JOBS = resourceType<k.Job>('batch', 'v1', 'jobs', 'Job');
export const POD_DISRUPTION_BUDGETS = resourceType<k.PodDisruptionBudget>(
  'policy',
  'v1',
  'poddisruptionbudgets',
  'PodDisruptionBudget',
);
export const PRIORITY_CLASSES = resourceType<k.PriorityClass>(
  'scheduling.k8s.io',
  'v1',
  'priorityclasses',
  'PriorityClass',
  'Cluster',
);
export const CUSTOM_RESOURCE_DEFINITIONS = resourceType<k.CustomResourceDefinition>(
  'apiextensions.k8s.io',
  'v1',
  'customresourcedefinitions',
  'CustomResourceDefinition',
  'Cluster',
);
export const MUTATING_WEBHOOK_CONFIGURATIONS = resourceType<k.MutatingWebhookConfiguration>(
  'admissionregistration.k8s.io',
  'v1',
  'mutatingwebhookconfigurations',
  'MutatingWebhookConfiguration',
  'Cluster',
);
export const VALIDATING_WEBHOOK_CONFIGURATIONS = resourceType<k.ValidatingWebhookConfiguration>(
  'admissionregistration.k8s.io',
  'v1',
  'validatingwebhookconfigurations',
  'ValidatingWebhookConfiguration',
  'Cluster',
);
export const ROLES = resourceType<k.Role>('rbac.authorization.k8s.io', 'v1', 'roles', 'Role');
export const ROLE_BINDINGS = resourceType<k.RoleBinding>(
  'rbac.authorization.k8s.io',
  'v1',
  'rolebindings',
  'RoleBinding',
);
export const CLUSTER_ROLES = resourceType<k.ClusterRole>(
  'rbac.authorization.k8s.io',
  'v1',
  'clusterroles',
  'ClusterRole',
  'Cluster',
);
export const CLUSTER_ROLE_BINDINGS = resourceType<k.ClusterRoleBinding>(
  'rbac.authorization.k8s.io',
  'v1',
  'clusterrolebindings',
  'ClusterRoleBinding',
  'Cluster',
);
export const SUBJECT_ACCESS_REVIEWS = resourceType<k.SubjectAccessReview>(
  'authorization.k8s.io',
  'v1',
  'subjectaccessreviews',
  'SubjectAccessReview',
  'Cluster',
);
export const SELF_SUBJECT_ACCESS_REVIEWS = resourceType<k.SelfSubjectAccessReview>(
  'authorization.k8s.io',
  'v1',
  'selfsubjectaccessreviews',
  'SelfSubjectAccessReview',
  'Cluster',
);
export const SELF_SUBJECT_REVIEWS = resourceType<k.SelfSubjectReview>(
  'authentication.k8s.io',
  'v1',
  'selfsubjectreviews',
  'SelfSubjectReview',
  'Cluster',
);
export const TOKEN_REVIEWS = resourceType<k.TokenReview>(
  'authentication.k8s.io',
  'v1',
  'tokenreviews',
  'TokenReview',
  'Cluster',
);
