import { type Condition, NAMESPACES, type Texts, type Weapon, type WeaponStatus } from '@hardpoint/api';
import { isDeprecated } from '../loadout/weapon-version.ts';

/** One mounted instance of a Weapon. */
export interface WeaponInstance {
  readonly version: string;
  readonly flying: boolean;
  readonly ready: boolean;
}

/** A Weapon's status as it ought to be (V1, V2's counts). Pure. `undefined` fields are left out. */
export function planWeaponStatus(options: {
  readonly weapon: Weapon;
  readonly instances: readonly WeaponInstance[];
  readonly nowMs: number;
  readonly texts: Texts;
}): WeaponStatus {
  const { weapon, instances, texts } = options;
  const old = weapon.status ?? {};
  const namespace = weapon.metadata?.namespace ?? '';
  const now = `${new Date(options.nowMs).toISOString().slice(0, 19)}Z`;
  const ignored = namespace !== NAMESPACES.weapons;
  const conditions: Condition[] = [];
  const judge = (type: string, holds: boolean, reason: string, message: string) => {
    const before = old.conditions?.find((it) => it.type === type);
    if (!holds && before === undefined) return;
    const status = holds ? 'True' : 'False';
    conditions.push({
      type,
      status,
      reason: holds ? reason : 'No',
      message: holds ? message : '',
      lastTransitionTime: before?.status === status ? before.lastTransitionTime : now,
    });
  };
  judge(
    'Deprecated',
    isDeprecated(weapon.spec, weapon.spec.image.tag),
    'CurrentVersionDeprecated',
    texts.weaponKind.deprecatedWarning(weapon.metadata?.name ?? '', weapon.spec.image.tag),
  );
  judge('Ignored', ignored, 'OutsideNamespaceWeapons', texts.weaponKind.ignored(namespace));
  const generation = weapon.metadata?.generation;
  const status: WeaponStatus = { ...(generation === undefined ? {} : { observedGeneration: generation }), conditions };
  if (ignored) return status;
  const versions = [...new Set(instances.map((it) => it.version))].sort();
  const changed = old.currentVersion !== weapon.spec.image.tag;
  const lastUpdateTime = changed ? now : old.lastUpdateTime;
  return {
    ...status,
    currentVersion: weapon.spec.image.tag,
    ...(lastUpdateTime === undefined ? {} : { lastUpdateTime }),
    instances: instances.length,
    waitingForLanding: instances.filter((it) => it.flying && it.version !== weapon.spec.image.tag).length,
    versions: versions.map((version) => {
      const of = instances.filter((it) => it.version === version);
      return {
        version,
        ready: of.filter((it) => it.ready && !it.flying).length,
        flying: of.filter((it) => it.flying).length,
        total: of.length,
      };
    }),
  };
}
