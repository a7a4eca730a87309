import type { Authorization } from './authorizations.ts';
import type { Mission, ReleaseOrder } from './mission.ts';
import { type Instant, noProgress, type Progress, type Refusal, resumedInstant, withRecord } from './progress.ts';
import { noRefusals, type RefusalLedger, withRefusal } from './refusal-ledger.ts';
import type { Outcome, SortieRecord } from './sortie-record.ts';
import type { SortieTexts } from './sortie-texts.ts';
import type { TelemetryRefusal, WeaponAnswer, WeaponCall } from './weapon-link.ts';
import { newWeaponView, type Patience, type WeaponView, withAnswer, withCall } from './weapon-view.ts';

export interface SortieIdentity {
  /** namespace/name of the FlightTask. */
  readonly task: string;
  readonly taskUID: string;
  /** The Node's name. */
  readonly aircraft: string;
}

/** What is being done about the one release in hand. Lost with the process: `launch` is then tried first (plan.ts). */
export interface Attempt {
  readonly place: string;
  readonly step: 'lock' | 'launch';
  /** Calls that brought no decision. */
  readonly failures: number;
}

/** Everything `plan` looks at: what the journal says, and what this process has seen. */
export interface Sortie {
  readonly identity: SortieIdentity;
  readonly mission: Mission;
  readonly patience: Patience;
  readonly texts: SortieTexts;
  readonly progress: Progress;
  readonly weapons: ReadonlyMap<string, WeaponView>;
  readonly authorizations: readonly Authorization[];
  /** Monotonic ms of the last reading. */
  readonly authorizationsAt: number;
  readonly attempt: Attempt | undefined;
  /** What an answer decided, to be written down before anything else happens. */
  readonly pending: readonly SortieRecord[];
  /** Somebody told it to come back. The first word counts; SIGTERM after a recall shortens the return. */
  readonly recall: { readonly outcome: Outcome; readonly reason: string; readonly message: string } | undefined;
  /** Monotonic ms of SIGTERM. */
  readonly terminatedAt: number | undefined;
  readonly refusals: RefusalLedger;
}

/** A sortie at the start of a process: the journal's records, read on this process's clocks. */
export function resumeSortie(options: {
  readonly identity: SortieIdentity;
  readonly mission: Mission;
  readonly patience: Patience;
  readonly texts: SortieTexts;
  readonly records: readonly SortieRecord[];
  readonly now: Instant;
}): Sortie {
  const { identity, mission, patience, texts, records, now } = options;
  const empty: Sortie = {
    identity,
    mission,
    patience,
    texts,
    progress: noProgress,
    weapons: new Map(mission.loadout.map((loadout) => [loadout.weapon, newWeaponView(loadout)])),
    authorizations: [],
    authorizationsAt: Number.NEGATIVE_INFINITY,
    attempt: undefined,
    pending: [],
    recall: undefined,
    terminatedAt: undefined,
    refusals: noRefusals,
  };
  const resumed = records.reduce(
    (sortie, record) => applyRecord(sortie, record, resumedInstant(record.at, now)),
    empty,
  );
  return { ...resumed, attempt: undefined };
}

/** Under which key the weapon is asked, whatever attempt and process asks (M6). */
export function releaseKey(identity: SortieIdentity, place: string): string {
  return `${identity.taskUID}/${place}`;
}

/** The order at `place`. */
export function orderAt(mission: Mission, place: string): ReleaseOrder | undefined {
  const [phase, index] = place.split('/');
  return mission.phases[Number(phase)]?.releases[Number(index)];
}

/** A record that is on the disk. */
export function recorded(sortie: Sortie, record: SortieRecord, at: Instant): Sortie {
  const pending = sortie.pending[0] === record ? sortie.pending.slice(1) : sortie.pending;
  return applyRecord({ ...sortie, pending }, record, at);
}

function applyRecord(sortie: Sortie, record: SortieRecord, at: Instant): Sortie {
  const next = { ...sortie, progress: withRecord(sortie.progress, record, at) };
  switch (record.type) {
    case 'Intended':
      return { ...next, attempt: { place: record.place, step: 'lock', failures: 0 } };
    case 'Refused': {
      const { place, reason, jti, authorization, message } = record;
      const refusal: Refusal = {
        weapon: orderAt(sortie.mission, place)?.weapon ?? '',
        key: releaseKey(sortie.identity, place),
        reason,
        jti,
        authorization,
        message,
        at,
      };
      return { ...next, attempt: undefined, refusals: withRefusal(sortie.refusals, refusal, 'answer') };
    }
    case 'Made':
    case 'Failed':
    case 'Skipped':
    case 'Unknown':
      return { ...next, attempt: undefined };
    default:
      return next;
  }
}

/** A call has been sent. */
export function calling(sortie: Sortie, weapon: string, call: WeaponCall): Sortie {
  return changeWeapon(sortie, weapon, (view) => withCall(view, call));
}

/** An answer has come. */
export function answered(
  sortie: Sortie,
  options: { readonly weapon: string; readonly call: WeaponCall; readonly answer: WeaponAnswer; readonly now: Instant },
): Sortie {
  const { weapon, call, answer, now } = options;
  const { patience } = sortie;
  const next = changeWeapon(sortie, weapon, (view) => withAnswer(view, { call, answer, now: now.monotonic, patience }));
  if (call.kind === 'lock') return lockAnswered(next, { place: call.place, answer, now });
  if (call.kind === 'launch') return launchAnswered(next, { place: call.place, answer, now });
  return next;
}

interface ReleaseAnswer {
  readonly place: string;
  readonly answer: WeaponAnswer;
  readonly now: Instant;
}

/** How often a weapon may say that a target was not locked. */
const lockTries = 3;

function lockAnswered(sortie: Sortie, { place, answer, now }: ReleaseAnswer): Sortie {
  const attempt = sortie.attempt ?? { place, step: 'lock', failures: 0 };
  const failures = attempt.failures + 1;
  if (answer.kind === 'answered') {
    if (answer.success) return { ...sortie, attempt: { ...attempt, step: 'launch' } };
    if (failures >= lockTries) return decide(sortie, { type: 'Failed', at: now.wall, place, message: answer.message });
    return { ...sortie, attempt: { ...attempt, failures } };
  }
  if (isArgumentError(answer.code))
    return decide(sortie, { type: 'Failed', at: now.wall, place, message: answer.message });
  return { ...sortie, attempt: { ...attempt, failures } };
}

function launchAnswered(sortie: Sortie, { place, answer, now }: ReleaseAnswer): Sortie {
  const attempt = sortie.attempt ?? { place, step: 'launch', failures: 0 };
  const at = now.wall;
  const { message } = answer;
  if (answer.kind === 'answered') {
    if (!answer.success) return decide(sortie, { type: 'Failed', at, place, message });
    return decide(sortie, { type: 'Made', at, place, remaining: answer.remaining ?? 0, message });
  }
  const intended = sortie.progress.releases.get(place);
  if (answer.code === 'PERMISSION_DENIED' && intended?.kind === 'intended') {
    const { tokenId, jti, authorization } = intended;
    const reason = answer.refusal ?? 'unknown';
    return decide(sortie, { type: 'Refused', at, place, tokenId, jti, authorization, reason, message });
  }
  if (answer.code === 'ALREADY_EXISTS') return decide(sortie, { type: 'Unknown', at, place, message });
  if (isArgumentError(answer.code)) return decide(sortie, { type: 'Failed', at, place, message });
  const failures = attempt.failures + 1;
  // The key is not known and the weapon is not LOCKED: it is not made yet, and the lock is taken again.
  if (answer.code === 'FAILED_PRECONDITION') return { ...sortie, attempt: { place, step: 'lock', failures } };
  return { ...sortie, attempt: { place, step: 'launch', failures } };
}

/** The weapon says that the request itself is wrong: asking again changes nothing, and nothing was released. */
function isArgumentError(code: string): boolean {
  return code === 'INVALID_ARGUMENT' || code === 'UNIMPLEMENTED' || code === 'OUT_OF_RANGE' || code === 'NOT_FOUND';
}

function decide(sortie: Sortie, record: SortieRecord): Sortie {
  return { ...sortie, pending: [...sortie.pending, record] };
}

/** The authorisations file has been read. */
export function authorizationsRead(sortie: Sortie, authorizations: readonly Authorization[], now: Instant): Sortie {
  return { ...sortie, authorizations, authorizationsAt: now.monotonic };
}

/** Somebody called the sortie back, or the process is told to end. */
export function recalled(
  sortie: Sortie,
  options: { readonly cause: 'Recalled' | 'Terminated'; readonly message: string; readonly now: Instant },
): Sortie {
  const { cause, message, now } = options;
  const recall = sortie.recall ?? { outcome: cause, reason: cause, message };
  const terminatedAt = sortie.terminatedAt ?? (cause === 'Terminated' ? now.monotonic : undefined);
  return { ...sortie, recall, terminatedAt };
}

/** A weapon's telemetry told of a refusal: this sortie's own, or of somebody else's launch. */
export function refusalSeen(sortie: Sortie, weapon: string, seen: TelemetryRefusal, now: Instant): Sortie {
  const prefix = `${sortie.identity.taskUID}/`;
  const place = seen.key.startsWith(prefix) ? seen.key.slice(prefix.length) : '';
  const order = orderAt(sortie.mission, place);
  const own = order?.weapon === weapon;
  const state = sortie.progress.releases.get(place);
  // A token whose signature does not hold has no name by the weapon's word: it is the one just sent.
  const sent = own && state?.kind === 'intended' && (seen.jti === '' || seen.jti === state.jti) ? state : undefined;
  const { key, reason, message } = seen;
  const { jti, authorization } = sent ?? { jti: seen.jti, authorization: '' };
  const refusal: Refusal = { weapon, key, reason, jti, authorization, message, at: now };
  return { ...sortie, refusals: withRefusal(sortie.refusals, refusal, 'telemetry') };
}

function changeWeapon(sortie: Sortie, weapon: string, change: (view: WeaponView) => WeaponView): Sortie {
  const view = sortie.weapons.get(weapon);
  if (view === undefined) return sortie;
  return { ...sortie, weapons: new Map([...sortie.weapons, [weapon, change(view)]]) };
}
