import type { WeaponState } from '@hardpoint/api';
import { sortie } from '@hardpoint/wip';

export type SortieStage = 'Mounting' | 'Flying' | 'Returning' | 'Ended';
export type ReleaseResult = 'Intended' | 'Made' | 'Skipped' | 'Failed' | 'Unknown' | 'Waiting';

export interface ReportedStep {
  readonly name: string;
  /** Microseconds since the epoch. */
  readonly startedAt: number;
  /** Undefined while it runs. */
  readonly endedAt: number | undefined;
}

export interface ReportedWeapon {
  readonly weapon: string;
  readonly container: string;
  /** Undefined where it could not be reached. */
  readonly state: WeaponState | undefined;
  readonly mounted: number;
  readonly remaining: number;
  readonly temperature: number;
  readonly message: string;
}

export interface LiveRelease {
  readonly key: string;
  readonly weapon: string;
  readonly count: number;
  readonly result: ReleaseResult;
  readonly remaining: number;
  readonly jti: string;
  readonly authorization: string;
  readonly message: string;
  readonly at: number | undefined;
}

export interface LiveRefusal {
  readonly weapon: string;
  readonly reason: string;
  readonly jti: string;
  readonly authorization: string;
  readonly message: string;
  readonly key: string;
  readonly at: number;
}

/** A sortie as aircraft-control tells of it, in plain values. */
export interface SortieReport {
  readonly podUID: string;
  readonly stage: SortieStage;
  readonly phase: string | undefined;
  readonly steps: readonly ReportedStep[];
  readonly weapons: readonly ReportedWeapon[];
  /** Percent. */
  readonly fuel: number;
  readonly zone: string;
  readonly releases: readonly LiveRelease[];
  readonly refusals: readonly LiveRefusal[];
  readonly outcome: string;
  readonly reason: string;
  readonly message: string;
  readonly waiting: { readonly key: string; readonly weapon: string; readonly count: number } | undefined;
}

const STAGES: Readonly<Record<sortie.Report_Stage, SortieStage>> = {
  [sortie.Report_Stage.MOUNTING]: 'Mounting',
  [sortie.Report_Stage.FLYING]: 'Flying',
  [sortie.Report_Stage.RETURNING]: 'Returning',
  [sortie.Report_Stage.ENDED]: 'Ended',
};

const RESULTS: Readonly<Record<sortie.Release_Result, ReleaseResult>> = {
  [sortie.Release_Result.INTENDED]: 'Intended',
  [sortie.Release_Result.MADE]: 'Made',
  [sortie.Release_Result.SKIPPED]: 'Skipped',
  [sortie.Release_Result.FAILED]: 'Failed',
  [sortie.Release_Result.UNKNOWN]: 'Unknown',
  [sortie.Release_Result.WAITING]: 'Waiting',
};

const WEAPON_STATES: readonly string[] = ['INITIALIZING', 'READY', 'LOCKED', 'LAUNCHED', 'FAULT'];

/** The message of SortieService in plain values. */
export function readReport(report: sortie.Report): SortieReport {
  return {
    podUID: report.podUid,
    stage: STAGES[report.stage] ?? 'Mounting',
    phase: report.phase,
    steps: report.steps.map((step) => ({
      name: step.name,
      startedAt: Number(step.startedAtMicros),
      endedAt: step.endedAtMicros === 0n ? undefined : Number(step.endedAtMicros),
    })),
    weapons: report.weapons.map(({ weapon, container, state, mounted, remaining, temperature, message }) => ({
      weapon,
      container,
      state: WEAPON_STATES.includes(state) ? (state as WeaponState) : undefined,
      mounted,
      remaining,
      temperature: Math.round(temperature * 10) / 10,
      message,
    })),
    fuel: report.fuel,
    zone: report.zone,
    releases: report.releases.map(
      ({ key, weapon, count, result, remaining, jti, authorization, message, atMicros }) => ({
        key,
        weapon,
        count,
        result: RESULTS[result] ?? 'Unknown',
        remaining,
        jti,
        authorization,
        message,
        at: atMicros === 0n ? undefined : Number(atMicros),
      }),
    ),
    refusals: report.refusals.map(({ weapon, reason, jti, authorization, message, key, atMicros }) => ({
      weapon,
      reason,
      jti,
      authorization,
      message,
      key,
      at: Number(atMicros),
    })),
    outcome: report.outcome,
    reason: report.reason,
    message: report.message,
    waiting: report.waiting,
  };
}
