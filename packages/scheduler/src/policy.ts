import type { PolicyRule } from '@hardpoint/kubernetes';

/** The least that the scheduler's account needs, cluster-wide. */
export const policyRules: readonly PolicyRule[] = [
  { apiGroups: [''], resources: ['nodes'], verbs: ['get', 'list', 'watch'] },
  // patch: the fence that makes a Binding under way fail before another takes the aircraft (claims/README.md).
  { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list', 'watch', 'patch'] },
  { apiGroups: [''], resources: ['pods/binding'], verbs: ['create'] },
  { apiGroups: [''], resources: ['pods/status'], verbs: ['patch'] },
  { apiGroups: [''], resources: ['namespaces'], verbs: ['get', 'create'] },
  { apiGroups: ['', 'events.k8s.io'], resources: ['events'], verbs: ['list', 'create', 'patch', 'update'] },
  {
    apiGroups: ['coordination.k8s.io'],
    resources: ['leases'],
    verbs: ['get', 'list', 'watch', 'create', 'update', 'patch'],
  },
  { apiGroups: ['airforce.mil'], resources: ['weapons'], verbs: ['get', 'list', 'watch'] },
  {
    apiGroups: ['airforce.mil'],
    resources: ['schedulingrecords'],
    verbs: ['get', 'list', 'create', 'update', 'patch'],
  },
];
