import type { FlightTask, FlightTaskRelease, FlightTaskWeaponStatus } from '@hardpoint/api';
import { weaponContainerName } from '@hardpoint/api';
import type { LiveRelease, SortieReport } from '../sortie-watch/sortie-report.ts';
import type { FinalReport, OutcomeLetter } from './final-report.ts';
import { preciseTime } from './precise-time.ts';

type Outcome = FlightTaskRelease['outcome'];

/** A live result as a release's outcome; undefined while it is not decided. */
function liveOutcome(release: LiveRelease): Outcome | undefined {
  switch (release.result) {
    case 'Made':
      return 'Released';
    case 'Skipped':
      return 'Skipped';
    case 'Failed':
      return 'Failed';
    case 'Unknown':
      return 'Unknown';
    case 'Intended':
    case 'Waiting':
      return undefined;
    default:
      throw release.result satisfies never;
  }
}

const LETTERS: Readonly<Record<OutcomeLetter, Outcome | undefined>> = {
  M: 'Released',
  S: 'Skipped',
  F: 'Failed',
  U: 'Unknown',
  N: undefined,
};

/**
 * The releases of a task after what is newly known. A release that is known made stays made whatever a later attempt
 * says of it; any other word of the newer attempt stands.
 */
export function mergeReleases(options: {
  readonly task: FlightTask;
  readonly known: readonly FlightTaskRelease[];
  readonly live: SortieReport | undefined;
  readonly final: FinalReport | undefined;
  readonly attempt: number;
}): FlightTaskRelease[] {
  const { task, live, final, attempt } = options;
  const uid = task.metadata?.uid ?? '';
  const byKey = new Map(options.known.map((it) => [it.key, it]));
  const take = (release: FlightTaskRelease) => {
    if (byKey.get(release.key)?.outcome === 'Released') return;
    byKey.set(release.key, release);
  };
  for (const release of live?.releases ?? []) {
    const outcome = liveOutcome(release);
    if (outcome === undefined || !release.key.startsWith(`${uid}/`)) continue;
    take({
      key: release.key,
      weapon: release.weapon,
      count: release.count,
      outcome,
      attempt,
      ...(outcome === 'Released' ? { remaining: release.remaining } : {}),
      ...(release.jti === '' ? {} : { jti: release.jti }),
      ...(release.authorization === '' ? {} : { authorization: release.authorization }),
      ...(release.message === '' ? {} : { message: release.message.slice(0, 1024) }),
      ...(release.at === undefined ? {} : { time: preciseTime(release.at) }),
    });
  }
  for (const [phase, letters] of (final?.outcomes ?? []).entries()) {
    for (const [index, letter] of letters.entries()) {
      const order = task.spec.phases[phase]?.releases?.[index];
      const outcome = LETTERS[letter];
      if (order === undefined || outcome === undefined) continue;
      const key = `${uid}/${phase}/${index}`;
      const told = final?.releases.get(`${phase}/${index}`);
      const before = byKey.get(key);
      take({
        ...(before?.outcome === outcome ? before : {}),
        key,
        weapon: order.weapon,
        count: order.count,
        outcome,
        attempt,
        ...(told?.remaining === undefined || outcome !== 'Released' ? {} : { remaining: told.remaining }),
        ...(told?.jti === undefined ? {} : { jti: told.jti }),
        ...(told?.authorization === undefined ? {} : { authorization: told.authorization }),
        ...(told?.message === undefined ? {} : { message: told.message.slice(0, 1024) }),
      });
    }
  }
  const place = (key: string) => {
    const [phase = '0', index = '0'] = key.split('/').slice(-2);
    return Number(phase) * 1000 + Number(index);
  };
  return [...byKey.values()].sort((a, b) => place(a.key) - place(b.key));
}

/** Weapons and their stores after what is newly known. */
export function mergeWeapons(options: {
  readonly task: FlightTask;
  readonly known: readonly FlightTaskWeaponStatus[];
  readonly releases: readonly FlightTaskRelease[];
  readonly live: SortieReport | undefined;
  readonly final: FinalReport | undefined;
}): FlightTaskWeaponStatus[] {
  const known = new Map(options.known.map((it) => [it.name, it]));
  return options.task.spec.weaponLoadout.map((entry) => {
    const { name } = entry.weaponRef;
    const before = known.get(name);
    const live = options.live?.weapons.find((it) => it.weapon === name);
    const ofWeapon = options.releases.filter((it) => it.weapon === name);
    const sum = (outcome: Outcome) =>
      ofWeapon.filter((it) => it.outcome === outcome).reduce((n, it) => n + it.count, 0);
    const remaining = options.final?.remaining.get(name) ?? live?.remaining ?? before?.remaining;
    const state = live?.state ?? before?.state;
    // A weapon that lost its journal has none at hand that it can answer for: those nobody saw released are missing.
    const missing = state === 'FAULT' && remaining !== undefined ? entry.quantity - sum('Released') - remaining : 0;
    const unaccounted = Math.max(sum('Unknown'), missing);
    const version = before?.version ?? entry.version;
    return {
      name,
      container: weaponContainerName(name),
      ...(version === undefined ? {} : { version }),
      ...(state === undefined ? {} : { state }),
      ...(live === undefined
        ? before?.temperature === undefined
          ? {}
          : { temperature: before.temperature }
        : { temperature: live.temperature }),
      quantity: entry.quantity,
      released: sum('Released'),
      ...(remaining === undefined ? {} : { remaining }),
      ...(unaccounted === 0 ? {} : { unaccounted }),
    };
  });
}

/** Marks what nobody can account for: releases that were not decided when the last word came, of an attempt without a report. */
export function unaccountedReleases(options: {
  readonly task: FlightTask;
  readonly known: readonly FlightTaskRelease[];
  /** Stores by Weapon for which a token had been delivered to that attempt. */
  readonly delivered: ReadonlyMap<string, number>;
  readonly attempt: number;
}): FlightTaskRelease[] {
  const uid = options.task.metadata?.uid ?? '';
  const decided = new Set(options.known.map((it) => it.key));
  const left = new Map(options.delivered);
  for (const release of options.known) {
    if (release.outcome === 'Released' && release.attempt === options.attempt) {
      left.set(release.weapon, (left.get(release.weapon) ?? 0) - release.count);
    }
  }
  const unknown = options.task.spec.phases.flatMap((phase, phaseIndex) =>
    (phase.releases ?? []).flatMap((order, index): FlightTaskRelease[] => {
      const key = `${uid}/${phaseIndex}/${index}`;
      const open = left.get(order.weapon) ?? 0;
      if (decided.has(key) || open < order.count) return [];
      left.set(order.weapon, open - order.count);
      return [{ key, weapon: order.weapon, count: order.count, outcome: 'Unknown', attempt: options.attempt }];
    }),
  );
  return [...options.known, ...unknown];
}
