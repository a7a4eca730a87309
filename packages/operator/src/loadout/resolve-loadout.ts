import {
  type FlightTaskSpec,
  mountPointType,
  NAMESPACES,
  type Texts,
  type Weapon,
  type WeaponLoadoutEntry,
  weaponContainerName,
} from '@hardpoint/api';
import type { ResourceRequirements } from '@hardpoint/kubernetes';
import { deprecatedSince } from './weapon-version.ts';

/** One entry of a loadout together with the Weapon it names: all that a container is built from. */
export interface MountedWeapon {
  readonly name: string;
  readonly container: string;
  readonly weaponType: string;
  readonly version: string;
  readonly image: string;
  readonly pullPolicy: 'Always' | 'IfNotPresent' | 'Never';
  readonly quantity: number;
  readonly mountPoints: readonly string[];
  /** Absent: the defaults of M2. */
  readonly resources: ResourceRequirements | undefined;
  readonly guidanceMode: string | undefined;
  readonly maxRange: string | undefined;
}

/** Why a loadout cannot be flown, for programs. */
export type LoadoutRefusal =
  | 'WeaponNotFound'
  | 'VersionUnknown'
  | 'VersionDeprecated'
  | 'AircraftIncompatible'
  | 'MountPointIncompatible'
  | 'TooManyStores';

export type LoadoutVerdict<T> =
  | { readonly kind: 'fits'; readonly value: T }
  | { readonly kind: 'refused'; readonly reason: LoadoutRefusal; readonly message: string };

/** A Weapon's definition by its name in namespace `weapons`. */
export type WeaponLookup = (name: string) => Weapon | undefined;

/** An entry whose Weapon and version are known. */
export interface ResolvedEntry {
  readonly entry: WeaponLoadoutEntry;
  readonly weapon: Weapon;
  readonly version: string;
}

/** First half of 2.1: every Weapon of the loadout and the version to fly. The first entry that fails decides. */
export function resolveLoadout(options: {
  readonly loadout: readonly WeaponLoadoutEntry[];
  readonly weapon: WeaponLookup;
  readonly nowMs: number;
  readonly texts: Texts;
}): LoadoutVerdict<readonly ResolvedEntry[]> {
  const { refusal } = options.texts;
  const resolved: ResolvedEntry[] = [];
  for (const entry of options.loadout) {
    const { name } = entry.weaponRef;
    const weapon = options.weapon(name);
    if (weapon === undefined) {
      const cause = `${NAMESPACES.weapons}.airforce.mil "${name}" not found`;
      return { kind: 'refused', reason: 'WeaponNotFound', message: refusal.weaponNotFound(cause) };
    }
    const { spec } = weapon;
    const version = entry.version ?? spec.image.tag;
    const known = version === spec.image.tag || spec.versionHistory?.some((it) => it.version === version) === true;
    if (!known) return { kind: 'refused', reason: 'VersionUnknown', message: refusal.versionUnknown(name, version) };
    const since = deprecatedSince(spec, version, options.nowMs);
    if (since !== undefined) {
      return { kind: 'refused', reason: 'VersionDeprecated', message: refusal.versionDeprecated(name, version, since) };
    }
    resolved.push({ entry, weapon, version });
  }
  return { kind: 'fits', value: resolved };
}

/** Second half of 2.1: whether each weapon fits the aircraft and its mount points, and the mount points hold its stores. */
export function checkCompatibility(options: {
  readonly resolved: readonly ResolvedEntry[];
  readonly aircraftType: string;
  readonly texts: Texts;
}): LoadoutVerdict<readonly MountedWeapon[]> {
  const { refusal } = options.texts;
  const mounted: MountedWeapon[] = [];
  for (const { entry, weapon, version } of options.resolved) {
    const { spec } = weapon;
    const { name } = entry.weaponRef;
    if (!spec.compatibility.aircraftTypes.includes(options.aircraftType)) {
      return {
        kind: 'refused',
        reason: 'AircraftIncompatible',
        message: refusal.aircraftType(name, options.aircraftType),
      };
    }
    const misfit = entry.mountPoints
      .map(mountPointType)
      .find((type) => !spec.compatibility.hardpointTypes.includes(type));
    if (misfit !== undefined) {
      return { kind: 'refused', reason: 'MountPointIncompatible', message: refusal.mountPointType(name, misfit) };
    }
    const most = entry.mountPoints.length * spec.storesPerMountPoint;
    if (entry.quantity > most) {
      return { kind: 'refused', reason: 'TooManyStores', message: refusal.tooManyStores(name, entry.quantity, most) };
    }
    mounted.push({
      name,
      container: weaponContainerName(name),
      weaponType: spec.weaponType ?? name,
      version,
      image: `${spec.image.repository}:${version}`,
      pullPolicy: spec.image.pullPolicy,
      quantity: entry.quantity,
      mountPoints: entry.mountPoints,
      resources: spec.resources,
      guidanceMode: spec.guidanceMode,
      maxRange: spec.maxRange === undefined ? undefined : String(spec.maxRange),
    });
  }
  return { kind: 'fits', value: mounted };
}

/** Mount points a task needs free (M1): what it says, or as many as its loadout names. */
export function requiredHardpoints(spec: Pick<FlightTaskSpec, 'aircraftRequirement' | 'weaponLoadout'>): number {
  return (
    spec.aircraftRequirement.hardpoints ?? spec.weaponLoadout.reduce((sum, entry) => sum + entry.mountPoints.length, 0)
  );
}
