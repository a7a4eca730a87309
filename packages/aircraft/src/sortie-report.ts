import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { sortie as proto } from '@hardpoint/wip';
import { storesOf } from './final-report.ts';
import { fuelAt, zoneAt } from './flight-model.ts';
import type { Instant, ReleaseState } from './progress.ts';
import { releaseKey, type Sortie } from './sortie.ts';
import type { StepName } from './sortie-record.ts';

const stepNames: readonly StepName[] = ['WeaponsInitialized', 'WeaponsReady', 'MissionExecuted'];

const results: Readonly<Record<ReleaseState['kind'], proto.Release_Result>> = {
  waiting: proto.Release_Result.WAITING,
  intended: proto.Release_Result.INTENDED,
  made: proto.Release_Result.MADE,
  skipped: proto.Release_Result.SKIPPED,
  failed: proto.Release_Result.FAILED,
  unknown: proto.Release_Result.UNKNOWN,
};

/** The sortie as SortieService tells it. */
export function sortieReport(
  sortie: Sortie,
  options: { readonly sequence: number; readonly podUID: string; readonly now: Instant },
): proto.Report {
  const { identity, mission, progress, refusals } = sortie;
  const { returning, ended } = progress;
  const index = progress.phases.length - 1;
  const phase = returning === undefined ? mission.phases[index] : undefined;
  const until = returning?.at ?? options.now;
  const waiting = waitOf(sortie);
  return create(proto.ReportSchema, {
    sequence: BigInt(options.sequence),
    task: identity.task,
    taskUid: identity.taskUID,
    podUid: options.podUID,
    aircraft: identity.aircraft,
    stage: stageOf(sortie),
    ...(phase === undefined ? {} : { phase: phase.name, phaseIndex: index }),
    steps: stepNames.flatMap((name) => {
      const step = progress.steps[name];
      if (step === undefined) return [];
      return [
        { name, startedAtMicros: micros(step.start), endedAtMicros: step.end === undefined ? 0n : micros(step.end) },
      ];
    }),
    weapons: weaponsOf(sortie),
    fuel: fuelAt(mission, progress.phases, until),
    zone: zoneAt(mission, Math.min(index, mission.phases.length - 1)),
    releases: releasesOf(sortie),
    refusals: refusals.last.map(({ weapon, reason, jti, authorization, message, key, at }) => ({
      weapon,
      reason,
      jti,
      authorization,
      message,
      key,
      atMicros: micros(at),
    })),
    refusedTotal: refusals.total,
    outcome: ended?.outcome ?? '',
    reason: returning?.reason ?? '',
    message: returning?.message ?? '',
    ...(waiting === undefined ? {} : { waiting }),
  });
}

function stageOf({ progress }: Sortie): proto.Report_Stage {
  if (progress.ended !== undefined) return proto.Report_Stage.ENDED;
  if (progress.returning !== undefined) return proto.Report_Stage.RETURNING;
  return progress.phases.length > 0 ? proto.Report_Stage.FLYING : proto.Report_Stage.MOUNTING;
}

function weaponsOf(sortie: Sortie): MessageInitShape<typeof proto.WeaponReportSchema>[] {
  const stores = new Map(storesOf(sortie).map((entry) => [entry.weapon, entry]));
  return [...sortie.weapons.values()].map(({ loadout, status, unreachableSince, lost, lastError }) => ({
    weapon: loadout.weapon,
    container: loadout.container,
    state: status === undefined || unreachableSince !== undefined ? 'UNREACHABLE' : status.state,
    mounted: loadout.quantity,
    remaining: stores.get(loadout.weapon)?.remaining ?? loadout.quantity,
    temperature: status?.temperature ?? 0,
    selfCheckPassed: status?.selfCheckPassed ?? false,
    message: lost?.message ?? (unreachableSince === undefined ? (status?.message ?? '') : lastError),
  }));
}

function releasesOf({ identity, mission, progress }: Sortie): MessageInitShape<typeof proto.ReleaseSchema>[] {
  return mission.phases.flatMap(({ releases }) =>
    releases.flatMap(({ place, phase, index, weapon, count, targetId }) => {
      const state = progress.releases.get(place);
      if (state === undefined) return [];
      const decided = state.kind === 'waiting' || state.kind === 'intended' ? undefined : state;
      return [
        {
          key: releaseKey(identity, place),
          phase,
          index,
          weapon,
          count,
          targetId,
          result: results[state.kind],
          remaining: state.kind === 'made' ? state.remaining : 0,
          jti: state.kind === 'waiting' ? '' : state.jti,
          authorization: state.kind === 'waiting' ? '' : state.authorization,
          message: decided?.message ?? '',
          atMicros: decided === undefined ? 0n : micros(decided.at),
        },
      ];
    }),
  );
}

function waitOf({ identity, mission, progress }: Sortie): MessageInitShape<typeof proto.WaitSchema> | undefined {
  if (progress.returning !== undefined) return undefined;
  for (const { releases } of mission.phases) {
    for (const { place, weapon, count } of releases) {
      const state = progress.releases.get(place);
      if (state?.kind !== 'waiting') continue;
      const sinceMicros = micros(state.since);
      const untilMicros = sinceMicros + BigInt(Math.round(mission.authorization.waitSeconds * 1_000_000));
      return { key: releaseKey(identity, place), weapon, count, sinceMicros, untilMicros };
    }
  }
  return undefined;
}

function micros(at: Instant): bigint {
  return BigInt(Math.round(at.wall * 1000));
}
