import { type KubernetesObject, resourceType } from '@hardpoint/kubernetes';
import type { Client } from '@hardpoint/machinery';
import { CliError } from '../cli-error.ts';
import { EXIT } from '../exit-codes.ts';

/** Which of an example's kinds are namespaced, and their plural: the few an example may hold. */
const kinds: Readonly<Record<string, readonly [plural: string, scope: 'Namespaced' | 'Cluster']>> = {
  'v1/Namespace': ['namespaces', 'Cluster'],
  'v1/Node': ['nodes', 'Cluster'],
  'v1/ConfigMap': ['configmaps', 'Namespaced'],
  'v1/ServiceAccount': ['serviceaccounts', 'Namespaced'],
  'airforce.mil/v1alpha1/Weapon': ['weapons', 'Namespaced'],
  'airforce.mil/v1alpha1/WeaponPool': ['weaponpools', 'Namespaced'],
  'airforce.mil/v1alpha1/FlightTask': ['flighttasks', 'Namespaced'],
};

/** Server-side apply of an example's objects, namespaces first, then in their order. */
export async function applyObjects(options: {
  readonly client: Client;
  readonly objects: readonly (KubernetesObject & Record<string, unknown>)[];
  readonly signal: AbortSignal;
}): Promise<void> {
  const rank = (object: KubernetesObject): number =>
    object.kind === 'Namespace' ? 0 : object.kind === 'FlightTask' ? 2 : 1;
  for (const wave of [0, 1, 2]) {
    await Promise.all(
      options.objects
        .filter((object) => rank(object) === wave)
        .map(async (object) => {
          const known = kinds[`${object.apiVersion}/${object.kind}`];
          if (known === undefined) {
            throw new CliError({
              message: `an example holds a ${object.apiVersion} ${object.kind}, which \`start\` does not know`,
              exitCode: EXIT.usage,
            });
          }
          const slash = (object.apiVersion ?? '').lastIndexOf('/');
          const type = resourceType(
            slash === -1 ? '' : (object.apiVersion ?? '').slice(0, slash),
            (object.apiVersion ?? '').slice(slash + 1),
            known[0],
            object.kind ?? '',
            known[1],
          );
          await options.client.apply(type, object, {
            fieldManager: 'hardpoint-start',
            force: true,
            fieldValidation: 'Strict',
            signal: options.signal,
          });
        }),
    );
  }
}
