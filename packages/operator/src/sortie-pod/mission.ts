import type { FlightTask } from '@hardpoint/api';
import type { MountedWeapon } from '../loadout/resolve-loadout.ts';

/** The moment a task is broken off, ms since the epoch; undefined where it has no deadline. Counted from its creation. */
export function deadlineOf(task: FlightTask): number | undefined {
  const { deadlineSeconds } = task.spec;
  const created = task.metadata?.creationTimestamp;
  if (deadlineSeconds === undefined || created === undefined) return undefined;
  return Date.parse(created) + deadlineSeconds * 1000;
}

/** Fuel at the start of every mission, percent. What the aircraft had is added when its report is read. */
export const MISSION_START_FUEL = 100;

/** Environment variable MISSION: what aircraft-control and weapon-preload read. JSON. */
export function missionJson(options: {
  readonly task: FlightTask;
  readonly weapons: readonly MountedWeapon[];
  /** Places (phase/index) that earlier attempts proved made. */
  readonly skipReleases: readonly string[];
}): string {
  const { task, weapons } = options;
  const deadline = deadlineOf(task);
  const text = JSON.stringify({
    phases: task.spec.phases,
    ...(task.spec.targetZone === undefined ? {} : { targetZone: task.spec.targetZone }),
    loadout: weapons.map(({ name, container, version, quantity, mountPoints }) => ({
      weapon: name,
      container,
      version,
      quantity,
      mountPoints,
    })),
    authorization: task.spec.authorization,
    deadline: deadline === undefined ? null : new Date(deadline).toISOString(),
    skipReleases: options.skipReleases,
    fuel: { start: MISSION_START_FUEL },
  });
  // A kubelet expands $(NAME) in an environment variable; in JSON a dollar can be written so that there is none.
  return text.replaceAll('$', '\\u0024');
}
