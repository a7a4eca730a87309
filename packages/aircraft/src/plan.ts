import { findAuthorization } from './authorizations.ts';
import { type FinalReport, finalReport } from './final-report.ts';
import type { ReleaseOrder } from './mission.ts';
import { type Instant, isDecided, type ReleaseState } from './progress.ts';
import { orderAt, releaseKey, type Sortie } from './sortie.ts';
import type { Outcome, SortieRecord } from './sortie-record.ts';
import type { WeaponCall } from './weapon-link.ts';
import { isArmed, isMounted, nextCall, nextCallAt, type WeaponView } from './weapon-view.ts';

/** What the shell is to do. A record is written, synced and added before anything else is planned. */
export type Action =
  | { readonly kind: 'record'; readonly record: SortieRecord }
  | { readonly kind: 'call'; readonly weapon: string; readonly call: WeaponCall }
  | { readonly kind: 'readAuthorizations' }
  | { readonly kind: 'end'; readonly report: FinalReport };

export interface Plan {
  readonly actions: readonly Action[];
  /** Plan again at this moment (monotonic ms) even if nothing is heard. */
  readonly wakeAt: number;
}

/** How often the authorisations file is read while a release waits for one, ms. */
const authorizationsEveryMs = 100;

/**
 * What to do next, by what is known now. The order of things: SelfCheck and one Initialize per weapon until every one
 * has been READY; the phases in order; in a phase its releases in order, each after its authorisation; then, or on a
 * recall, at the deadline or where a weapon is lost, abort what is LOCKED and report. Pure.
 */
export function plan(sortie: Sortie, now: Instant): Plan {
  const { progress } = sortie;
  if (progress.ended !== undefined)
    return { actions: [{ kind: 'end', report: progress.ended }], wakeAt: now.monotonic };
  const [pending] = sortie.pending;
  if (pending !== undefined) return record(pending, now);
  if (progress.started === undefined) {
    return record({ type: 'Started', at: now.wall, taskUID: sortie.identity.taskUID }, now);
  }
  if (progress.returning !== undefined) return planReturn(sortie, progress.returning.at, now);
  const verdict = whyReturn(sortie, now);
  if (verdict !== undefined) return record({ type: 'Returning', at: now.wall, ...verdict }, now);
  const wakeAt = deadlineAt(sortie, now);
  return within(progress.phases.length === 0 ? planMounting(sortie, now) : planFlight(sortie, now), wakeAt);
}

interface Verdict {
  readonly outcome: Outcome;
  readonly reason: string;
  readonly message: string;
}

function whyReturn(sortie: Sortie, now: Instant): Verdict | undefined {
  if (sortie.recall !== undefined) return sortie.recall;
  const { deadline } = sortie.mission;
  if (deadline !== undefined && now.wall >= deadline) {
    return {
      outcome: 'DeadlineExceeded',
      reason: 'DeadlineExceeded',
      message: sortie.texts.deadline(new Date(deadline).toISOString()),
    };
  }
  for (const view of sortie.weapons.values()) {
    if (view.lost === undefined || !isNeeded(sortie, view.loadout.weapon)) continue;
    const { reason, message } = view.lost;
    return { outcome: 'Failed', reason, message: sortie.texts.weaponLost(view.loadout.weapon, message) };
  }
  const { attempt } = sortie;
  if (attempt !== undefined && attempt.failures >= sortie.patience.launchAttempts) {
    const order = orderAt(sortie.mission, attempt.place);
    const view = order && sortie.weapons.get(order.weapon);
    const message = sortie.texts.unresolved({
      weapon: order?.weapon ?? '',
      key: releaseKey(sortie.identity, attempt.place),
      cause: view?.lastError ?? '',
    });
    return { outcome: 'Failed', reason: 'ReleaseUnresolved', message };
  }
  return undefined;
}

/** Whether the mission cannot go on without this weapon: all are, until mounted; then those with a release to come. */
function isNeeded({ progress, mission }: Sortie, weapon: string): boolean {
  if (progress.phases.length === 0) return true;
  return mission.phases.some(({ releases }) =>
    releases.some((order) => order.weapon === weapon && !isDecided(progress.releases.get(order.place))),
  );
}

function planMounting(sortie: Sortie, now: Instant): Plan {
  const at = now.wall;
  const { steps } = sortie.progress;
  const weapons = [...sortie.weapons.values()];
  if (steps.WeaponsInitialized === undefined)
    return record({ type: 'StepStarted', at, step: 'WeaponsInitialized' }, now);
  if (steps.WeaponsInitialized.end === undefined && weapons.every((view) => view.everInitialized)) {
    return record({ type: 'StepEnded', at, step: 'WeaponsInitialized' }, now);
  }
  if (steps.WeaponsInitialized.end !== undefined) {
    if (steps.WeaponsReady === undefined) return record({ type: 'StepStarted', at, step: 'WeaponsReady' }, now);
    if (weapons.every(isMounted)) {
      if (steps.WeaponsReady.end === undefined) return record({ type: 'StepEnded', at, step: 'WeaponsReady' }, now);
      if (steps.MissionExecuted === undefined) return record({ type: 'StepStarted', at, step: 'MissionExecuted' }, now);
      return record({ type: 'PhaseStarted', at, phase: 0 }, now);
    }
  }
  return bringOn(weapons, { now, waiting: true });
}

function planFlight(sortie: Sortie, now: Instant): Plan {
  const { mission, progress } = sortie;
  const index = progress.phases.length - 1;
  const phase = mission.phases[index];
  const start = progress.phases[index];
  if (phase === undefined || start === undefined)
    return record({ type: 'Returning', at: now.wall, ...completed(sortie) }, now);
  const order = phase.releases.find(({ place }) => !isDecided(progress.releases.get(place)));
  if (order !== undefined) {
    const others = [...sortie.weapons.values()].filter(({ loadout }) => loadout.weapon !== order.weapon);
    return both(planRelease(sortie, order, now), bringOn(others, { now, waiting: false }));
  }
  const endsAt = start.monotonic + phase.durationSeconds * 1000;
  if (now.monotonic >= endsAt) return record({ type: 'PhaseStarted', at: now.wall, phase: index + 1 }, now);
  return within(bringOn([...sortie.weapons.values()], { now, waiting: false }), endsAt);
}

function completed({ mission, progress, texts }: Sortie): Verdict {
  const kinds = mission.phases.flatMap(({ releases }) =>
    releases.map(({ place }) => progress.releases.get(place)?.kind),
  );
  const count = (kind: ReleaseState['kind']) => kinds.filter((it) => it === kind).length;
  const made = texts.completed(count('made'), kinds.length);
  if (count('unknown') > 0) return { outcome: 'Failed', reason: 'ReleaseUnknown', message: made };
  if (count('failed') > 0) return { outcome: 'Failed', reason: 'ReleaseFailed', message: made };
  if (count('skipped') > 0) return { outcome: 'Succeeded', reason: 'ReleasesSkipped', message: made };
  return { outcome: 'Succeeded', reason: 'MissionCompleted', message: made };
}

function planRelease(sortie: Sortie, order: ReleaseOrder, now: Instant): Plan {
  const view = sortie.weapons.get(order.weapon);
  const state = sortie.progress.releases.get(order.place);
  const at = now.wall;
  const { place } = order;
  if (view === undefined) throw new TypeError(`no weapon ${order.weapon}`);
  if (state === undefined) {
    if (sortie.mission.skipReleases.has(place))
      return record({ type: 'Skipped', at, place, message: sortie.texts.madeEarlier }, now);
    return record({ type: 'Waiting', at, place }, now);
  }
  switch (state.kind) {
    case 'waiting':
      return planWait(sortie, { order, view, since: state.since, now });
    case 'intended':
      return planLaunch(sortie, { order, view, state, now });
    default:
      return nothing;
  }
}

function planWait(
  sortie: Sortie,
  options: { readonly order: ReleaseOrder; readonly view: WeaponView; readonly since: Instant; readonly now: Instant },
): Plan {
  const { order, view, since, now } = options;
  const { mission, progress, authorizationsAt } = sortie;
  const { place, weapon, count } = order;
  const at = now.wall;
  const ready = bringOn([view], { now, waiting: true });
  if (view.status?.state === 'LAUNCHED' && view.status.remaining === 0 && isFresh(view, since)) {
    return record({ type: 'Failed', at, place, message: sortie.texts.tooFew(count, 0) }, now);
  }
  if (authorizationsAt < since.monotonic) return both(readNow, ready);
  const found = findAuthorization(sortie.authorizations, { weapon, count, used: progress.usedTokens });
  if (found !== undefined) {
    if (!isArmed(view) || view.busy !== undefined || view.status === undefined || !isFresh(view, since)) return ready;
    const { token, tokenId, jti, name } = found;
    const before = view.status.remaining;
    return record({ type: 'Intended', at, place, token, tokenId, jti, authorization: name, before }, now);
  }
  const until = since.monotonic + mission.authorization.waitSeconds * 1000;
  if (now.monotonic >= until) {
    // One more look than the clock says: a token that lies there already is not too late.
    if (authorizationsAt < until) return both(readNow, ready);
    const message = sortie.texts.noAuthorization({ weapon, count, seconds: mission.authorization.waitSeconds });
    if (mission.authorization.otherwise === 'Skip') return record({ type: 'Skipped', at, place, message }, now);
    return record({ type: 'Returning', at, outcome: 'Recalled', reason: 'AuthorizationTimeout', message }, now);
  }
  const nextRead = authorizationsAt + authorizationsEveryMs;
  if (now.monotonic >= nextRead) return within(both(readNow, ready), until);
  return within(ready, Math.min(nextRead, until));
}

function planLaunch(
  sortie: Sortie,
  options: {
    readonly order: ReleaseOrder;
    readonly view: WeaponView;
    readonly state: Extract<ReleaseState, { kind: 'intended' }>;
    readonly now: Instant;
  },
): Plan {
  const { order, view, state, now } = options;
  const { place, weapon, target, targetId, count } = order;
  if (view.busy !== undefined) return nothing;
  // A process that starts again does not know whether the weapon was asked: asking under the same key tells.
  const step = sortie.attempt?.place === place ? sortie.attempt.step : 'launch';
  if (now.monotonic < view.retryAt) return { actions: [], wakeAt: view.retryAt };
  if (step === 'lock') {
    if (!isArmed(view) || !Number.isFinite(view.statusAt)) return bringOn([view], { now, waiting: true });
    return call(weapon, { kind: 'lock', place, target });
  }
  const idempotencyKey = releaseKey(sortie.identity, place);
  return call(weapon, { kind: 'launch', place, targetId, count, idempotencyKey, authorization: state.token });
}

/**
 * Aborts what is LOCKED, and learns what became of a release that was asked for without an answer: once the weapon is
 * no longer LOCKED no launch can follow, so its count tells.
 */
function planReturn(sortie: Sortie, since: Instant, now: Instant): Plan {
  const { progress, patience } = sortie;
  const executed = progress.steps.MissionExecuted;
  if (executed !== undefined && executed.end === undefined) {
    return record({ type: 'StepEnded', at: now.wall, step: 'MissionExecuted' }, now);
  }
  const until = Math.min(
    since.monotonic + patience.returnMs,
    sortie.terminatedAt === undefined ? Number.POSITIVE_INFINITY : sortie.terminatedAt + patience.terminateMs,
  );
  const plans = [...sortie.weapons.values()].map((view) => settle(sortie, { view, since, now }));
  const decisions = plans.flatMap(({ actions }) => actions.filter((action) => action.kind === 'record'));
  if (decisions[0] !== undefined) return { actions: [decisions[0]], wakeAt: now.monotonic };
  const settled = plans.every(({ actions, wakeAt }) => actions.length === 0 && wakeAt === Number.POSITIVE_INFINITY);
  const busy = [...sortie.weapons.values()].some(
    (view) => view.busy !== undefined && isTouched(sortie, view.loadout.weapon),
  );
  if ((settled && !busy) || now.monotonic >= until) {
    const open = unresolved(sortie)[0];
    if (open !== undefined) {
      const message = sortie.weapons.get(open.weapon)?.lastError ?? '';
      return record({ type: 'Unknown', at: now.wall, place: open.place, message }, now);
    }
    return record({ type: 'Ended', at: now.wall, report: finalReport(sortie, now) }, now);
  }
  return within(plans.reduce(both, nothing), until);
}

function settle(
  sortie: Sortie,
  options: { readonly view: WeaponView; readonly since: Instant; readonly now: Instant },
): Plan {
  const { view, since, now } = options;
  const { weapon } = view.loadout;
  if (view.busy !== undefined || !isTouched(sortie, weapon)) return nothing;
  if (now.monotonic < view.retryAt) return { actions: [], wakeAt: view.retryAt };
  const { status } = view;
  if (status === undefined || !isFresh(view, since)) return call(weapon, { kind: 'status' });
  const open = unresolved(sortie).find((order) => order.weapon === weapon);
  if (status.state === 'LOCKED' || (open !== undefined && !view.aborted)) {
    return call(weapon, { kind: 'abort', reason: sortie.progress.returning?.reason ?? '' });
  }
  const state = open && sortie.progress.releases.get(open.place);
  if (open === undefined || state?.kind !== 'intended') return nothing;
  const { place, count } = open;
  const { remaining } = status;
  const at = now.wall;
  if (remaining === state.before)
    return record({ type: 'Failed', at, place, message: sortie.texts.abortedUnmade(remaining) }, now);
  if (remaining === state.before - count) return record({ type: 'Made', at, place, remaining, message: '' }, now);
  return record({ type: 'Unknown', at, place, message: sortie.texts.countUnclear(state.before, remaining) }, now);
}

/** Releases that were asked for and of which nothing is known. */
function unresolved({ mission, progress }: Sortie): readonly ReleaseOrder[] {
  return mission.phases.flatMap(({ releases }) =>
    releases.filter(({ place }) => progress.releases.get(place)?.kind === 'intended'),
  );
}

/** Whether a target may ever have been locked on this weapon: only then is there something to abort. */
function isTouched({ mission, progress }: Sortie, weapon: string): boolean {
  const refused = new Set(progress.refusals.map(({ place }) => place));
  return mission.phases.some(({ releases }) =>
    releases.some(({ place, weapon: of }) => {
      if (of !== weapon) return false;
      const kind = progress.releases.get(place)?.kind;
      return refused.has(place) || kind === 'intended' || kind === 'made' || kind === 'failed' || kind === 'unknown';
    }),
  );
}

function isFresh(view: WeaponView, since: Instant): boolean {
  return view.statusAt >= since.monotonic;
}

function bringOn(views: readonly WeaponView[], options: { readonly now: Instant; readonly waiting: boolean }): Plan {
  const { now, waiting } = options;
  const actions: Action[] = [];
  let wakeAt = Number.POSITIVE_INFINITY;
  for (const view of views) {
    const next = nextCall(view, { now: now.monotonic, waiting });
    if (next === undefined) wakeAt = Math.min(wakeAt, nextCallAt(view, { waiting }));
    else actions.push({ kind: 'call', weapon: view.loadout.weapon, call: next });
  }
  return { actions, wakeAt };
}

/** The deadline on the monotonic clock, as it looks now. */
function deadlineAt({ mission }: Sortie, now: Instant): number {
  return mission.deadline === undefined
    ? Number.POSITIVE_INFINITY
    : now.monotonic + Math.max(0, mission.deadline - now.wall);
}

const nothing: Plan = { actions: [], wakeAt: Number.POSITIVE_INFINITY };
const readNow: Plan = { actions: [{ kind: 'readAuthorizations' }], wakeAt: Number.POSITIVE_INFINITY };

function record(it: SortieRecord, now: Instant): Plan {
  return { actions: [{ kind: 'record', record: it }], wakeAt: now.monotonic };
}

function call(weapon: string, it: WeaponCall): Plan {
  return { actions: [{ kind: 'call', weapon, call: it }], wakeAt: Number.POSITIVE_INFINITY };
}

/** Two plans at once; where one of them writes a record, that alone. */
function both(a: Plan, b: Plan): Plan {
  const [written] = [...a.actions, ...b.actions].filter((action) => action.kind === 'record');
  const actions = written === undefined ? [...a.actions, ...b.actions] : [written];
  return { actions, wakeAt: Math.min(a.wakeAt, b.wakeAt) };
}

function within(it: Plan, wakeAt: number): Plan {
  return { ...it, wakeAt: Math.min(it.wakeAt, wakeAt) };
}
