import {
  definitionColumns,
  disruptionBudgetColumns,
  leaseColumns,
  priorityClassColumns,
  roleBindingColumns,
  roleColumns,
  serviceColumns,
  webhookColumns,
} from '../table/columns.ts';
import {
  leaseStrategy,
  namespaceStrategy,
  nodeStrategy,
  priorityClassStrategy,
  roleBindingStrategy,
  roleStrategy,
  webhookConfigurationStrategy,
} from './cluster-kinds.ts';
import { customResourceDefinitionStrategy } from './custom-resource-definition.ts';
import { configMapStrategy, secretStrategy, serviceAccountStrategy } from './data-kinds.ts';
import { coreEventStrategy, newEventStrategy } from './event.ts';
import type { Strategy } from './kind.ts';
import { podStrategy } from './pod.ts';
import {
  counted,
  daemonSetStrategy,
  deploymentStrategy,
  disruptionBudgetStrategy,
  jobStrategy,
  replicaSetStrategy,
  serviceStrategy,
  statefulSetStrategy,
} from './workloads.ts';

const binding: Strategy = { ...roleBindingStrategy, columns: roleBindingColumns };
const role: Strategy = { ...roleStrategy, columns: roleColumns };
const webhooks: Strategy = { ...webhookConfigurationStrategy, columns: webhookColumns };

/** What built-in kinds do beyond the generic verbs, by `resource.group`. */
export const strategies: Readonly<Record<string, Strategy>> = {
  pods: podStrategy,
  nodes: nodeStrategy,
  namespaces: namespaceStrategy,
  configmaps: configMapStrategy,
  secrets: secretStrategy,
  serviceaccounts: serviceAccountStrategy,
  services: { ...serviceStrategy, columns: serviceColumns },
  replicationcontrollers: counted,
  podtemplates: counted,
  events: coreEventStrategy,
  'events.events.k8s.io': newEventStrategy,
  'leases.coordination.k8s.io': { ...leaseStrategy, columns: leaseColumns },
  'deployments.apps': deploymentStrategy,
  'replicasets.apps': replicaSetStrategy,
  'statefulsets.apps': statefulSetStrategy,
  'daemonsets.apps': daemonSetStrategy,
  'jobs.batch': jobStrategy,
  'cronjobs.batch': counted,
  'poddisruptionbudgets.policy': { ...disruptionBudgetStrategy, columns: disruptionBudgetColumns },
  'priorityclasses.scheduling.k8s.io': { ...priorityClassStrategy, columns: priorityClassColumns },
  'ingresses.networking.k8s.io': counted,
  'networkpolicies.networking.k8s.io': counted,
  'ingressclasses.networking.k8s.io': counted,
  'roles.rbac.authorization.k8s.io': role,
  'clusterroles.rbac.authorization.k8s.io': role,
  'rolebindings.rbac.authorization.k8s.io': binding,
  'clusterrolebindings.rbac.authorization.k8s.io': binding,
  'mutatingwebhookconfigurations.admissionregistration.k8s.io': webhooks,
  'validatingwebhookconfigurations.admissionregistration.k8s.io': webhooks,
  'validatingadmissionpolicies.admissionregistration.k8s.io': counted,
  'validatingadmissionpolicybindings.admissionregistration.k8s.io': counted,
  'mutatingadmissionpolicies.admissionregistration.k8s.io': counted,
  'mutatingadmissionpolicybindings.admissionregistration.k8s.io': counted,
  'customresourcedefinitions.apiextensions.k8s.io': { ...customResourceDefinitionStrategy, columns: definitionColumns },
};
