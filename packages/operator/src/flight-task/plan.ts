import {
  DEFAULTS,
  type FlightTask,
  type FlightTaskPhase,
  type FlightTaskStatus,
  STEPS,
  type Step,
  type Texts,
} from '@hardpoint/api';
import type { Pod, Stored } from '@hardpoint/kubernetes';
import { sortiePodName } from '../sortie-pod/build-pod.ts';
import { deadlineOf, MISSION_START_FUEL } from '../sortie-pod/mission.ts';
import type { SortieReport } from '../sortie-watch/sortie-report.ts';
import type { FinalReport } from './final-report.ts';
import { type AircraftFact, type PodFacts, podFacts } from './pod-facts.ts';
import { type Micros, readPreciseTime } from './precise-time.ts';
import { draftStatus, type StatusDraft } from './status-draft.ts';
import { mergeReleases, mergeWeapons, unaccountedReleases } from './stores.ts';

/** What the API and the sortie say, at one moment. */
export interface Observed {
  readonly task: Stored<FlightTask>;
  readonly now: Micros;
  /** The Pod of status.podRef; undefined where it is known not to be there. */
  readonly pod: Pod | undefined;
  /** Last form of a Pod that has gone. */
  readonly lastSeen: Pod | undefined;
  readonly aircraft: AircraftFact;
  /** Newest word of the sortie itself, of this Pod. */
  readonly report: SortieReport | undefined;
  /** Stores by Weapon for which a token was delivered to this Pod. */
  readonly delivered: ReadonlyMap<string, number>;
  readonly texts: Texts;
}

/** What has to be done beside writing status. */
export type Action =
  /** Resolve the loadout, build the Pod of `attempt` and create it. */
  | { readonly kind: 'launch'; readonly attempt: number }
  | { readonly kind: 'delete-pod'; readonly name: string; readonly uid: string }
  | { readonly kind: 'recall'; readonly podUID: string; readonly reason: string }
  | { readonly kind: 'watch'; readonly podUID: string; readonly address: string }
  | { readonly kind: 'unwatch' }
  /** A PodDisruptionBudget for a sortie in flight. */
  | { readonly kind: 'protect'; readonly pod: string; readonly podUID: string }
  | { readonly kind: 'unprotect'; readonly pod: string };

export interface Plan {
  readonly status: FlightTaskStatus;
  readonly actions: readonly Action[];
  readonly requeueAfterMs: number | undefined;
}

/** Steps that every attempt goes through anew. */
const ATTEMPT_STEPS: readonly Step[] = STEPS.slice(STEPS.indexOf('SidecarsInjected'));

/** Spare time after the deadline before the operator ends a sortie that does not end itself. ms. */
const DEADLINE_GRACE_MS = 30_000;

/** Whether a task is over: Succeeded or Failed. */
export function isOver(status: FlightTaskStatus | undefined): boolean {
  return status?.phase === 'Succeeded' || status?.phase === 'Failed';
}

/** Decides what becomes of a task (M3, M6). Pure. */
export function planFlightTask(observed: Observed): Plan {
  const { task } = observed;
  if (isOver(task.status)) return planAfterEnd(observed);
  const draft = draftStatus(task.status, observed.now, task.metadata.generation);
  if (task.status?.podRef?.uid === undefined && observed.pod === undefined) return planWithoutPod(observed, draft);
  const pod = observed.pod ?? observed.lastSeen;
  const facts = pod === undefined ? undefined : podFacts(pod, task.metadata.uid);
  return planWithPod(observed, draft, facts);
}

function planWithoutPod(observed: Observed, draft: StatusDraft): Plan {
  const { task, now, texts } = observed;
  const nothing: readonly Action[] = [];
  if (task.spec.recall) {
    finishTask(observed, draft, { phase: 'Failed', reason: 'Recalled', message: texts.task.recalled('spec.recall') });
    return { status: draft.done(), actions: nothing, requeueAfterMs: undefined };
  }
  if (deadlinePassed(observed)) {
    const message = texts.task.deadline(task.spec.deadlineSeconds ?? 0);
    finishTask(observed, draft, { phase: 'Failed', reason: 'DeadlineExceeded', message });
    return { status: draft.done(), actions: nothing, requeueAfterMs: undefined };
  }
  draft.begin('TaskCreated', Math.min(readPreciseTime(task.metadata.creationTimestamp) ?? now, now));
  draft.finish('TaskCreated', now, texts.task.step.TaskCreated);
  const attempt = task.status?.attempt ?? 0;
  return {
    status: draft.done(),
    actions: [{ kind: 'launch', attempt }],
    requeueAfterMs: untilDeadline(observed),
  };
}

function planWithPod(observed: Observed, draft: StatusDraft, facts: PodFacts | undefined): Plan {
  const { task, texts, aircraft } = observed;
  const actions: Action[] = [];
  const known = task.status ?? {};
  if (facts !== undefined) {
    draft.fields.podRef = { name: facts.name, uid: facts.uid };
    draft.fields.startTime ??= task.status?.startTime ?? observed.pod?.metadata?.creationTimestamp;
    draft.finish('PodCreated', observed.now, texts.task.step.PodCreated);
    if (facts.node !== undefined) draft.fields.aircraft = facts.node;
    noteProgress(observed, draft, facts);
  }
  const attempt = known.attempt ?? 0;
  const releases = mergeReleases({
    task,
    known: known.releases ?? [],
    live: observed.report,
    final: facts?.report,
    attempt,
  });
  draft.fields.releases = releases;
  noteStores(observed, draft, facts?.report);

  const gone = observed.pod === undefined || aircraft.kind === 'gone';
  if (gone || facts?.ended === true) {
    if (facts !== undefined) actions.push({ kind: 'unprotect', pod: facts.name });
    actions.push({ kind: 'unwatch' });
    return planEnd(observed, draft, facts, actions);
  }
  if (facts === undefined) return { status: draft.done(), actions, requeueAfterMs: undefined };
  return planLiving(observed, draft, facts, actions);
}

/** A sortie whose Pod lives, or may live. */
function planLiving(observed: Observed, draft: StatusDraft, facts: PodFacts, actions: Action[]): Plan {
  const { task, texts, aircraft, now } = observed;
  const waits: number[] = [];
  if (facts.running && facts.address !== undefined) {
    actions.push({ kind: 'watch', podUID: facts.uid, address: facts.address });
  }
  if (draft.isTrue('WeaponsReady')) actions.push({ kind: 'protect', pod: facts.name, podUID: facts.uid });
  draft.say(...livingPhase(observed, draft, facts));

  if (aircraft.kind === 'silent') {
    if (!draft.isTrue('AircraftLost')) {
      draft.set('AircraftLost', {
        status: 'True',
        reason: 'NodeNotReady',
        message: texts.task.aircraftSilent(aircraft.name),
      });
    }
    const since = readPreciseTime(draft.condition('AircraftLost')?.lastTransitionTime) ?? now;
    // A condition's time is cut to whole seconds: the one it lost may not make an aircraft lost too early.
    const leftMs = since / 1000 + 1000 + task.spec.lostAfterSeconds * 1000 - now / 1000;
    if (leftMs <= 0)
      draft.say('Lost', 'AircraftLost', texts.task.aircraftLost(aircraft.name, task.spec.lostAfterSeconds));
    else waits.push(leftMs + 10);
  } else if (draft.isTrue('AircraftLost') && aircraft.kind === 'heard') {
    draft.set('AircraftLost', {
      status: 'False',
      reason: 'NodeReady',
      message: texts.task.aircraftBack(aircraft.name),
    });
  }

  const deadlineMs = untilDeadline(observed);
  if (task.spec.recall) {
    if (facts.running) actions.push({ kind: 'recall', podUID: facts.uid, reason: 'spec.recall' });
    else if (facts.mainEndedAt === undefined && !facts.deleting) {
      actions.push({ kind: 'delete-pod', name: facts.name, uid: facts.uid });
    }
  } else if (deadlineMs !== undefined) {
    const overdueMs = -deadlineMs;
    if (deadlineMs > 0) waits.push(deadlineMs);
    else if (!facts.running && facts.mainEndedAt === undefined && !facts.deleting) {
      actions.push({ kind: 'delete-pod', name: facts.name, uid: facts.uid });
    } else if (overdueMs < DEADLINE_GRACE_MS) waits.push(DEADLINE_GRACE_MS - overdueMs);
    else if (facts.running && !facts.deleting) actions.push({ kind: 'delete-pod', name: facts.name, uid: facts.uid });
  }
  return {
    status: draft.done(),
    actions,
    requeueAfterMs: waits.length === 0 ? undefined : Math.max(1, Math.min(...waits)),
  };
}

/** Steps that the Pod's status and the sortie's reports show. */
function noteProgress(observed: Observed, draft: StatusDraft, facts: PodFacts): void {
  const { texts, report, now } = observed;
  const text = texts.task.step;
  // A kubelet writes whole seconds. Where the operator saw it happen its own clock says more, else the kubelet's word.
  const moment = (told: Micros): Micros => (now - told > 2_000_000 ? told : now);
  if (facts.preloadStartedAt !== undefined) draft.begin('WeaponsPreloaded', moment(facts.preloadStartedAt));
  if (facts.preloadedAt !== undefined) {
    draft.finish('WeaponsPreloaded', moment(facts.preloadedAt), text.WeaponsPreloaded);
    draft.begin('ContainersStarted', moment(facts.preloadedAt));
  }
  if (facts.containersStartedAt !== undefined && facts.preloadedAt !== undefined) {
    draft.finish('ContainersStarted', moment(facts.containersStartedAt), text.ContainersStarted);
  }
  for (const step of report?.steps ?? []) {
    const type = (['WeaponsInitialized', 'WeaponsReady', 'MissionExecuted'] as const).find((it) => it === step.name);
    if (type === undefined) continue;
    draft.begin(type, step.startedAt);
    if (step.endedAt !== undefined) draft.finish(type, step.endedAt, text[type]);
  }
  const succeeded = facts.report?.outcome === 'Succeeded';
  const allReady = facts.weapons > 0 && facts.readyWeapons === facts.weapons && facts.running;
  if (succeeded || allReady) {
    draft.finish('WeaponsInitialized', now, text.WeaponsInitialized);
    draft.finish('WeaponsReady', now, text.WeaponsReady);
  }
  if (succeeded) draft.finish('MissionExecuted', now, text.MissionExecuted);
  if (facts.mainEndedAt !== undefined && facts.report !== undefined) {
    draft.begin('TaskCompleted', moment(facts.mainEndedAt));
    if (succeeded) draft.finish('TaskCompleted', moment(facts.mainEndedAt), text.TaskCompleted);
    draft.begin('PodTerminated', moment(facts.mainEndedAt));
  }
  if (report !== undefined) {
    if (report.phase === undefined) delete draft.fields.missionPhase;
    else draft.fields.missionPhase = report.phase;
    if (report.zone !== '') draft.fields.zone = report.zone;
  }
  const { aircraft } = observed;
  // What the aircraft had before it burnt any; kept so that a restart of the operator does not count twice.
  if (draft.fields.fuelAtStart === undefined && aircraft.kind === 'heard' && aircraft.fuelLevel !== undefined) {
    draft.fields.fuelAtStart = aircraft.fuelLevel;
  }
  if (report !== undefined) draft.fields.fuelLevel = fuelLevel(draft.fields.fuelAtStart, report.fuel);
}

/** Fuel of the aircraft, whole percent: what it had at the start less what the mission burnt. */
function fuelLevel(atStart: number | undefined, reported: number): number {
  const burnt = MISSION_START_FUEL - reported;
  return Math.max(0, Math.min(100, Math.floor((atStart ?? MISSION_START_FUEL) - burnt)));
}

function noteStores(observed: Observed, draft: StatusDraft, final: FinalReport | undefined): void {
  const { task, report } = observed;
  const weapons = mergeWeapons({
    task,
    known: task.status?.weapons ?? [],
    releases: draft.fields.releases ?? [],
    live: report,
    final,
  });
  draft.fields.weapons = weapons;
  const ready = weapons.filter((it) => it.state === 'READY' || it.state === 'LOCKED' || it.state === 'LAUNCHED').length;
  const sum = (pick: (weapon: (typeof weapons)[number]) => number) => weapons.reduce((n, it) => n + pick(it), 0);
  draft.fields.ready = `${ready}/${weapons.length}`;
  draft.fields.used = `${sum((it) => it.released)}/${sum((it) => it.quantity)}`;
}

/** Phase of a living sortie, why, and what is to be said about it. */
function livingPhase(
  observed: Observed,
  draft: StatusDraft,
  facts: PodFacts,
): readonly [phase: FlightTaskPhase, reason: string, message: string] {
  const { texts, report } = observed;
  const trouble = facts.missingImages[0];
  if (facts.node === undefined) return ['Pending', 'WaitingForAircraft', texts.task.waitingForAircraft];
  if (facts.report !== undefined) return ['Flying', facts.report.reason, facts.report.message];
  if (report !== undefined && report.stage !== 'Mounting') {
    if (report.stage === 'Returning') return ['Flying', report.reason || 'Returning', report.message];
    const { waiting } = report;
    if (waiting === undefined) return ['Flying', 'Flying', texts.task.phase('Flying')];
    return ['Flying', 'WaitingForAuthorization', texts.task.waitingForAuthorization(waiting.weapon, waiting.count)];
  }
  if (draft.isTrue('WeaponsReady')) return ['Ready', 'WeaponsReady', texts.task.step.WeaponsReady];
  if (trouble !== undefined) {
    return ['Mounting', 'ImageMissing', texts.task.imageMissing(trouble.container, trouble.cause)];
  }
  if (facts.preloadFailure !== undefined && facts.preloadedAt === undefined) {
    return ['Mounting', 'PreloadFailed', facts.preloadFailure];
  }
  return ['Mounting', 'Mounting', texts.task.phase('Mounting')];
}

/** The Pod has ended, by its node's word or because its node has: what becomes of the task (M6). */
function planEnd(observed: Observed, draft: StatusDraft, facts: PodFacts | undefined, actions: Action[]): Plan {
  const { task, texts, now, aircraft } = observed;
  const attempt = task.status?.attempt ?? 0;
  const report = facts?.report;
  if (draft.isTrue('AircraftLost')) {
    draft.set('AircraftLost', {
      status: 'False',
      reason: 'PodEnded',
      message: texts.task.podGone,
    });
  }
  draft.finish('PodTerminated', now, texts.task.step.PodTerminated);
  const end = decideEnd(observed, facts, draft);
  if (end.retry && attempt < task.spec.retryLimit && !task.spec.recall && !deadlinePassed(observed)) {
    const next = attempt + 1;
    const message = `${texts.task.retry(next, task.spec.retryLimit)} (${end.message})`;
    draft.forget(ATTEMPT_STEPS, { reason: 'Retrying', message });
    draft.fields.attempt = next;
    draft.fields.podRef = { name: sortiePodName(task.metadata.name, next) };
    delete draft.fields.startTime;
    delete draft.fields.fuelAtStart;
    delete draft.fields.aircraft;
    draft.say('Pending', 'Retrying', message);
    return { status: draft.done(), actions, requeueAfterMs: 1 };
  }
  if (end.reason === 'ReleaseUnknown' && report === undefined) {
    draft.fields.releases = unaccountedReleases({
      task,
      known: draft.fields.releases ?? [],
      delivered: observed.delivered,
      attempt,
    });
    noteStores(observed, draft, report);
  }
  finishTask(observed, draft, end);
  const pod = observed.pod;
  // The Pod of an aircraft that is gone is asked to go, never forced.
  if (aircraft.kind === 'gone' && pod?.metadata?.uid !== undefined && pod.metadata.deletionTimestamp === undefined) {
    actions.push({ kind: 'delete-pod', name: pod.metadata.name ?? '', uid: pod.metadata.uid });
  }
  return { status: draft.done(), actions, requeueAfterMs: task.spec.ttlSecondsAfterFinished * 1000 };
}

interface End {
  readonly phase: 'Succeeded' | 'Failed';
  readonly reason: string;
  readonly message: string;
  /** Whether another attempt may mend it. */
  readonly retry: boolean;
}

function decideEnd(observed: Observed, facts: PodFacts | undefined, draft: StatusDraft): End {
  const { task, texts } = observed;
  const report = facts?.report;
  const weapons = draft.fields.weapons ?? [];
  const failed = (reason: string, message: string, retry: boolean): End => ({
    phase: 'Failed',
    reason,
    message,
    retry,
  });
  if (report !== undefined) {
    if (report.outcomes.some((phase) => phase.includes('U'))) {
      return failed('ReleaseUnknown', report.message || texts.task.releaseUnknown, false);
    }
    switch (report.outcome) {
      case 'Succeeded': {
        const sum = (pick: (weapon: (typeof weapons)[number]) => number) => weapons.reduce((n, it) => n + pick(it), 0);
        const message = texts.task.succeeded(
          sum((it) => it.released),
          sum((it) => it.quantity),
        );
        return { phase: 'Succeeded', reason: 'Completed', message, retry: false };
      }
      case 'Recalled':
      case 'DeadlineExceeded':
        return failed(report.reason || report.outcome, report.message, false);
      case 'Terminated':
      case 'Failed':
        return failed(report.reason || report.outcome, report.message, true);
      default:
        throw report.outcome satisfies never;
    }
  }
  if (observed.delivered.size > 0) return failed('ReleaseUnknown', texts.task.releaseUnknown, false);
  if (task.spec.recall) return failed('Recalled', texts.task.recalled('spec.recall'), false);
  if (deadlinePassed(observed)) {
    return failed('DeadlineExceeded', texts.task.deadline(task.spec.deadlineSeconds ?? 0), false);
  }
  if (observed.aircraft.kind === 'gone') {
    return failed('AircraftLost', texts.task.aircraftSilent(observed.aircraft.name), true);
  }
  if (facts?.preloadFailure !== undefined && facts.preloadedAt === undefined) {
    return failed('PreloadFailed', facts.preloadFailure, true);
  }
  if (facts?.failure !== undefined && facts.failure !== '') {
    return failed('PodFailed', texts.task.podFailed(facts.failure), true);
  }
  if (facts?.mainExitCode !== undefined) {
    return failed('PodFailed', texts.task.podFailed(`aircraft-control: exit code ${facts.mainExitCode}`), true);
  }
  return failed('PodGone', texts.task.podGone, true);
}

function finishTask(observed: Observed, draft: StatusDraft, end: Omit<End, 'retry'>): void {
  draft.say(end.phase, end.reason, end.message);
  draft.fields.completionTime = `${new Date(Math.floor(observed.now / 1000)).toISOString().slice(0, 19)}Z`;
  delete draft.fields.missionPhase;
  if (end.phase === 'Succeeded') draft.finish('TaskCompleted', observed.now, observed.texts.task.step.TaskCompleted);
  else draft.set('TaskCompleted', { status: 'False', reason: conditionReason(end.reason), message: end.message });
}

/** A reason as conditions allow it. */
export function conditionReason(reason: string): string {
  return /^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$/.test(reason) ? reason : 'Failed';
}

/** A finished task keeps its Pod for ttlSecondsAfterFinished. */
function planAfterEnd(observed: Observed): Plan {
  const { task, pod, now } = observed;
  const status = task.status ?? {};
  const actions: Action[] = [{ kind: 'unwatch' }];
  if (pod?.metadata?.uid === undefined || pod.metadata.deletionTimestamp !== undefined) {
    return { status, actions, requeueAfterMs: undefined };
  }
  const completed = readPreciseTime(status.completionTime) ?? now;
  const ttlMs = (task.spec.ttlSecondsAfterFinished ?? DEFAULTS.ttlSecondsAfterFinished) * 1000;
  const leftMs = completed / 1000 + ttlMs - now / 1000;
  if (leftMs > 0) return { status, actions, requeueAfterMs: leftMs };
  actions.push({ kind: 'delete-pod', name: pod.metadata.name ?? '', uid: pod.metadata.uid });
  return { status, actions, requeueAfterMs: undefined };
}

function untilDeadline(observed: Observed): number | undefined {
  const deadline = deadlineOf(observed.task);
  return deadline === undefined ? undefined : deadline - observed.now / 1000;
}

function deadlinePassed(observed: Observed): boolean {
  const left = untilDeadline(observed);
  return left !== undefined && left <= 0;
}
