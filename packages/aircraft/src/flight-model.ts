import type { Mission } from './mission.ts';
import type { Instant } from './progress.ts';

/**
 * Percent of fuel left at `until`: so much per second of each phase, whatever happens in it. An opaque figure; nothing
 * in the mission depends on it. Never below 0.
 */
export function fuelAt(mission: Mission, phases: readonly Instant[], until: Instant): number {
  let fuel = mission.fuel.start;
  for (const [index, start] of phases.entries()) {
    const phase = mission.phases[index];
    if (phase === undefined) break;
    const end = phases[index + 1] ?? until;
    const seconds = Math.max(0, end.monotonic - start.monotonic) / 1000;
    fuel -= seconds * (phase.fuelPerSecond ?? mission.fuel.perSecond);
  }
  return Math.max(0, Math.round(fuel * 100) / 100);
}

/**
 * Where phase `phase` is flown: where the phase says; else the target zone from the first phase with releases on; else
 * where the phase before was. Empty: the mission has not said yet.
 */
export function zoneAt(mission: Mission, phase: number): string {
  let zone = '';
  for (const { zone: named, releases } of mission.phases.slice(0, phase + 1)) {
    if (named !== undefined) zone = named;
    else if (releases.length > 0 && mission.targetZone !== undefined) zone = mission.targetZone;
  }
  return zone;
}
