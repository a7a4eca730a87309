import { cutToBytes } from '@hardpoint/machinery';
import { fuelAt, zoneAt } from './flight-model.ts';
import type { Instant, Progress, ReleaseState } from './progress.ts';
import type { Sortie } from './sortie.ts';
import type { Outcome } from './sortie-record.ts';

/**
 * Letter of a release in `FinalReport.outcomes`: **M**ade, **S**kipped, **F**ailed (proven not made), **U**nknown,
 * **N**ot begun or without an authorisation that held (proven not made). A retry flies F and N, and S that no attempt
 * made; U is for a person.
 */
export type OutcomeLetter = 'M' | 'S' | 'F' | 'U' | 'N';

export interface ReportedRelease {
  /** phase/index */
  readonly place: string;
  readonly weapon: string;
  readonly count: number;
  readonly result: 'Made' | 'Skipped' | 'Failed' | 'Unknown';
  readonly remaining?: number;
  readonly jti?: string;
  readonly authorization?: string;
  readonly message?: string;
}

export interface ReportedStores {
  readonly weapon: string;
  readonly mounted: number;
  readonly used: number;
  readonly remaining: number;
  /** Stores of releases whose result is Unknown. */
  readonly unaccounted: number;
}

/** What aircraft-control leaves in the container's termination message. */
export interface FinalReport {
  readonly version: 1;
  readonly task: string;
  readonly taskUID: string;
  readonly aircraft: string;
  readonly outcome: Outcome;
  readonly reason: string;
  readonly message: string;
  /** RFC 3339, UTC. */
  readonly startedAt: string;
  readonly endedAt: string;
  /** One text per phase, one letter per release; always whole. */
  readonly outcomes: readonly string[];
  readonly stores: readonly ReportedStores[];
  readonly refusals: { readonly total: number; readonly byReason: Readonly<Record<string, number>> };
  readonly fuel: number;
  readonly zone: string;
  /** As many as fit, first those of which something is to be said beyond their letter. */
  readonly releases: readonly ReportedRelease[];
  /** Some of `releases` had no room. */
  readonly truncated?: true;
}

/** The report of a sortie whose outcome is decided. */
export function finalReport(sortie: Sortie, now: Instant): FinalReport {
  const { mission, progress, identity, refusals } = sortie;
  const { returning } = progress;
  if (returning === undefined) throw new TypeError('a sortie is reported once its outcome is decided');
  const phase = Math.min(progress.phases.length, mission.phases.length) - 1;
  return {
    version: 1,
    task: identity.task,
    taskUID: identity.taskUID,
    aircraft: identity.aircraft,
    outcome: returning.outcome,
    reason: returning.reason,
    message: cutToBytes(returning.message, 512),
    startedAt: new Date(progress.started?.wall ?? now.wall).toISOString(),
    endedAt: new Date(now.wall).toISOString(),
    outcomes: mission.phases.map(({ releases }) =>
      releases.map(({ place }) => letterOf(progress.releases.get(place))).join(''),
    ),
    stores: storesOf(sortie),
    refusals: { total: refusals.total, byReason: refusals.byReason },
    fuel: fuelAt(mission, progress.phases, now),
    zone: zoneAt(mission, phase),
    releases: releasesOf(sortie),
  };
}

/** The report as JSON of at most `most` bytes (a termination message ends at 4096). */
export function formatFinalReport(report: FinalReport, most = 4096): string {
  const whole = JSON.stringify(report);
  if (Buffer.byteLength(whole) <= most) return whole;
  const rank = ({ result }: ReportedRelease) => (result === 'Unknown' ? 0 : result === 'Failed' ? 1 : 2);
  const brief = report.releases.map(({ message: _, ...release }) => release).sort((a, b) => rank(a) - rank(b));
  const head = { ...report, releases: [], truncated: true as const };
  let room = most - Buffer.byteLength(JSON.stringify(head));
  const releases: ReportedRelease[] = [];
  for (const release of brief) {
    room -= Buffer.byteLength(JSON.stringify(release)) + 1;
    if (room < 0) break;
    releases.push(release);
  }
  const cut = JSON.stringify({ ...head, releases });
  if (Buffer.byteLength(cut) <= most) return cut;
  // Names and messages as long as the schemas allow: outcomes and stores are what must arrive.
  return JSON.stringify({ ...head, message: '', refusals: { total: report.refusals.total, byReason: {} } });
}

export function letterOf(state: ReleaseState | undefined): OutcomeLetter {
  switch (state?.kind) {
    case undefined:
    case 'waiting':
      return 'N';
    case 'made':
      return 'M';
    case 'skipped':
      return 'S';
    case 'failed':
      return 'F';
    case 'intended':
    case 'unknown':
      return 'U';
    default:
      throw state satisfies never;
  }
}

/** Stores of each weapon: the weapon's own count where it was read, else what the releases add up to. */
export function storesOf(sortie: Sortie): readonly ReportedStores[] {
  return sortie.mission.loadout.map(({ weapon, quantity }) => {
    const { used, unaccounted, last } = tally(sortie.progress, sortie, weapon);
    const counted = sortie.weapons.get(weapon)?.status?.remaining;
    const remaining = counted ?? last ?? quantity - used;
    return { weapon, mounted: quantity, used, remaining, unaccounted };
  });
}

function tally(
  progress: Progress,
  sortie: Sortie,
  weapon: string,
): { readonly used: number; readonly unaccounted: number; readonly last: number | undefined } {
  let used = 0;
  let unaccounted = 0;
  let last: number | undefined;
  for (const { releases } of sortie.mission.phases) {
    for (const order of releases) {
      if (order.weapon !== weapon) continue;
      const state = progress.releases.get(order.place);
      if (state?.kind === 'made') {
        used += order.count;
        last = state.remaining;
      }
      if (letterOf(state) === 'U') unaccounted += order.count;
    }
  }
  return { used, unaccounted, last };
}

const results = { made: 'Made', skipped: 'Skipped', failed: 'Failed', unknown: 'Unknown' } as const;

function releasesOf({ mission, progress }: Sortie): readonly ReportedRelease[] {
  return mission.phases.flatMap(({ releases }) =>
    releases.flatMap(({ place, weapon, count }): readonly ReportedRelease[] => {
      const state = progress.releases.get(place);
      if (state === undefined || state.kind === 'waiting') return [];
      const { jti, authorization } = state;
      const known = {
        place,
        weapon,
        count,
        ...(jti === '' ? {} : { jti }),
        ...(authorization === '' ? {} : { authorization }),
      };
      if (state.kind === 'intended') return [{ ...known, result: 'Unknown' }];
      return [
        {
          ...known,
          result: results[state.kind],
          ...(state.kind === 'made' ? { remaining: state.remaining } : {}),
          ...(state.kind === 'made' || state.message === '' ? {} : { message: cutToBytes(state.message, 200) }),
        },
      ];
    }),
  );
}
