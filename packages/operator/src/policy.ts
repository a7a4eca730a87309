import type { PolicyRule } from '@hardpoint/kubernetes';

/** The least the operator needs. Its own ServiceAccount is the only one to read the Secrets in hardpoint-system. */
export const policyRules: PolicyRule[] = [
  {
    apiGroups: ['airforce.mil'],
    resources: ['weapons', 'flighttasks', 'weaponpools'],
    verbs: ['get', 'list', 'watch'],
  },
  {
    apiGroups: ['airforce.mil'],
    resources: ['weapons/status', 'flighttasks/status', 'weaponpools/status', 'launchauthorizations/status'],
    verbs: ['get', 'update', 'patch'],
  },
  { apiGroups: ['airforce.mil'], resources: ['launchauthorizations'], verbs: ['get', 'list', 'watch', 'delete'] },
  // blockOwnerDeletion on a Pod asks for the right to finalize its owner.
  { apiGroups: ['airforce.mil'], resources: ['flighttasks/finalizers'], verbs: ['update'] },
  { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list', 'watch', 'create', 'patch', 'update', 'delete'] },
  { apiGroups: [''], resources: ['nodes'], verbs: ['get', 'list', 'watch', 'patch'] },
  { apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'list', 'watch', 'create', 'update', 'patch'] },
  // RBAC cannot name what does not exist yet, so creation is not bound to names.
  { apiGroups: [''], resources: ['secrets'], verbs: ['create'] },
  {
    apiGroups: [''],
    resources: ['secrets'],
    resourceNames: ['hardpoint-launch-key', 'hardpoint-webhook-tls'],
    verbs: ['get', 'update'],
  },
  { apiGroups: [''], resources: ['namespaces'], verbs: ['get', 'create'] },
  { apiGroups: ['policy'], resources: ['poddisruptionbudgets'], verbs: ['get', 'create', 'delete'] },
  { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['get', 'create', 'update'] },
  { apiGroups: ['events.k8s.io'], resources: ['events'], verbs: ['create', 'patch', 'update'] },
  { apiGroups: ['authorization.k8s.io'], resources: ['subjectaccessreviews'], verbs: ['create'] },
  {
    apiGroups: ['admissionregistration.k8s.io'],
    resources: ['mutatingwebhookconfigurations', 'validatingwebhookconfigurations'],
    verbs: ['get', 'create', 'update'],
  },
];
