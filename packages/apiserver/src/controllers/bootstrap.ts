import type { Random } from '@hardpoint/machinery';
import { bootstrapRoles } from '../auth/bootstrap-roles.ts';
import { metadataOf } from '../registry/registry.ts';
import type { JsonObject } from '../schema/contract.ts';
import type { Store } from '../store/store.ts';
import { firstNamespaces } from './namespaces.ts';

/** Writes what every cluster begins with and is missing. Resolves once it is on disk. */
export async function bootstrap(options: {
  readonly store: Store;
  readonly random: Random;
  /** RFC 3339 */
  readonly time: string;
}): Promise<void> {
  const { store, random, time } = options;
  let last = 0;
  const put = (storage: string, object: JsonObject): void => {
    const metadata = metadataOf(object);
    const name = String(metadata.name);
    if (store.latest(storage, name) !== undefined) return;
    metadata.uid = random.uuid();
    metadata.creationTimestamp = time;
    last = store.write(storage, name, object);
  };
  for (const name of firstNamespaces) {
    put('namespaces', {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name, labels: { 'kubernetes.io/metadata.name': name } },
      spec: { finalizers: ['kubernetes'] },
      status: { phase: 'Active' },
    });
  }
  const { roles, bindings } = bootstrapRoles();
  for (const role of roles) put('clusterroles.rbac.authorization.k8s.io', role);
  for (const binding of bindings) put('clusterrolebindings.rbac.authorization.k8s.io', binding);
  for (const [name, value, description] of [
    [
      'system-cluster-critical',
      2000000000,
      'Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.',
    ],
    [
      'system-node-critical',
      2000001000,
      'Used for system critical pods that must not be moved from their current node.',
    ],
  ] as const) {
    put('priorityclasses.scheduling.k8s.io', {
      apiVersion: 'scheduling.k8s.io/v1',
      kind: 'PriorityClass',
      metadata: { name, generation: 1 },
      value,
      description,
      preemptionPolicy: 'PreemptLowerPriority',
    });
  }
  await store.durable(last);
}
