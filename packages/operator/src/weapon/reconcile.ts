import { isDeepStrictEqual } from 'node:util';
import { type FlightTask, NAMESPACES, type Texts, WEAPONS, type Weapon } from '@hardpoint/api';
import type { Client, Clock, EventRecorder, Lister, Reconcile } from '@hardpoint/machinery';
import { planWeaponStatus, type WeaponInstance } from './plan.ts';

/** Instances of one Weapon that fly or stand mounted now, as their tasks tell. Pure. */
export function weaponInstances(name: string, tasks: readonly FlightTask[]): WeaponInstance[] {
  return tasks.flatMap(({ status }) => {
    if (status?.podRef?.uid === undefined || status.phase === 'Succeeded' || status.phase === 'Failed') return [];
    const flying = status.phase === 'Flying' || status.phase === 'Lost';
    return (status.weapons ?? [])
      .filter((weapon) => weapon.name === name)
      .map((weapon) => ({
        version: weapon.version ?? '',
        flying,
        ready: weapon.state === 'READY' || weapon.state === 'LOCKED' || weapon.state === 'LAUNCHED',
      }))
      .filter((instance) => instance.version !== '');
  });
}

/** Keeps a Weapon's status: current version, counts, Ignored outside namespace weapons. */
export function createWeaponReconcile(deps: {
  readonly client: Client;
  readonly clock: Clock;
  readonly texts: Texts;
  readonly weapons: Lister<Weapon>;
  readonly tasksOf: (weapon: string) => readonly FlightTask[];
  readonly events: Pick<EventRecorder, 'record'>;
}): Reconcile {
  return async (key, signal) => {
    const weapon = deps.weapons.get(key);
    if (weapon === undefined) return undefined;
    const inPlace = weapon.metadata.namespace === NAMESPACES.weapons;
    const instances = inPlace ? weaponInstances(weapon.metadata.name, deps.tasksOf(weapon.metadata.name)) : [];
    const status = planWeaponStatus({ weapon, instances, nowMs: deps.clock.now(), texts: deps.texts });
    if (isDeepStrictEqual(JSON.parse(JSON.stringify(status)), weapon.status ?? {})) return undefined;
    const written = await deps.client.update(WEAPONS, { ...weapon, status }, { subresource: 'status', signal });
    for (const condition of status.conditions ?? []) {
      const before = weapon.status?.conditions?.find((it) => it.type === condition.type);
      if (condition.status !== 'True' || before?.status === 'True') continue;
      deps.events.record({
        regarding: written,
        type: 'Warning',
        reason: condition.type,
        action: 'Check',
        note: condition.message,
      });
    }
    return undefined;
  };
}
