import { NAMES, type Weapon } from '@hardpoint/api';
import { CONFIG_MAPS, type ConfigMap, type Stored } from '@hardpoint/kubernetes';
import { ApiError, type Client, type Lister, type Reconcile } from '@hardpoint/machinery';
import { stringify } from 'yaml';

/** Content of ConfigMap weapon-configs: one behaviour file per Weapon that has a behaviour (M2). Pure. */
export function weaponConfigData(weapons: readonly Weapon[]): Record<string, string> {
  const entries = weapons
    .filter((weapon) => weapon.spec.behaviour !== undefined)
    .map((weapon) => [`${weapon.metadata?.name}.yaml`, stringify(weapon.spec.behaviour)] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries);
}

/** Keeps weapon-configs of one namespace (the key) as the Weapons say. */
export function createWeaponConfigsReconcile(deps: {
  readonly client: Client;
  /** Weapons of namespace weapons. */
  readonly weapons: () => readonly Weapon[];
  readonly configMaps: Lister<ConfigMap>;
}): { readonly reconcile: Reconcile; readonly ensure: (namespace: string, signal: AbortSignal) => Promise<void> } {
  const write = async (
    namespace: string,
    held: Stored<ConfigMap> | undefined,
    data: Record<string, string>,
    signal: AbortSignal,
  ): Promise<void> => {
    if (held === undefined) {
      await deps.client.create(CONFIG_MAPS, { metadata: { name: NAMES.weaponConfigs, namespace }, data }, { signal });
    } else await deps.client.update(CONFIG_MAPS, { ...held, data }, { signal });
  };
  const ensure = async (namespace: string, signal: AbortSignal): Promise<void> => {
    const data = weaponConfigData(deps.weapons());
    let held = deps.configMaps.get(`${namespace}/${NAMES.weaponConfigs}`);
    // A cache that lags costs one conflict, after which the API itself is asked.
    for (let tries = 0; tries < 5; tries += 1) {
      if (held !== undefined && JSON.stringify(sorted(held.data)) === JSON.stringify(data)) return;
      try {
        await write(namespace, held, data, signal);
        return;
      } catch (error) {
        if (!ApiError.is(error, 'Conflict', 'AlreadyExists', 'NotFound')) throw error;
        try {
          held = await deps.client.get(CONFIG_MAPS, { namespace, name: NAMES.weaponConfigs }, { signal });
        } catch (missing) {
          if (!ApiError.is(missing, 'NotFound')) throw missing;
          held = undefined;
        }
      }
    }
    throw new ApiError({ code: 'Conflict', message: `ConfigMap ${namespace}/${NAMES.weaponConfigs} keeps changing` });
  };
  return {
    ensure,
    async reconcile(namespace, signal) {
      await ensure(namespace, signal);
      return undefined;
    },
  };
}

function sorted(data: Record<string, string> | undefined): Record<string, string> {
  return Object.fromEntries(Object.entries(data ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)));
}
