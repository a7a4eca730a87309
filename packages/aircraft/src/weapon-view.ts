import type { Loadout } from './mission.ts';
import type { WeaponAnswer, WeaponCall, WeaponStatus } from './weapon-link.ts';

/**
 * What is known of one weapon, and how far it has been brought: SelfCheck, then one Initialize, then READY. A weapon
 * that shows INITIALIZING after it was READY, that cannot be reached or that is in FAULT goes through all of it again;
 * its journal's count stands (W3).
 */
export interface WeaponView {
  readonly loadout: Loadout;
  /** The call under way: one at a time per weapon. */
  readonly busy: WeaponCall['kind'] | undefined;
  /** Passed a self-check since it last went wrong. */
  readonly checked: boolean;
  /** Answered Initialize since then; with its moment (monotonic ms). */
  readonly initializedAt: number | undefined;
  /** Has been READY since then. */
  readonly wasReady: boolean;
  /** Was READY at least once in this process. */
  readonly everReady: boolean;
  readonly everInitialized: boolean;
  readonly status: WeaponStatus | undefined;
  /** Monotonic ms of `status`. */
  readonly statusAt: number;
  /** No call before this moment (monotonic ms). */
  readonly retryAt: number;
  /** Calls in a row that failed. */
  readonly failures: number;
  /** Self-checks that failed, or FAULTs met, since it was last READY. */
  readonly faults: number;
  /** Since when it cannot be reached (monotonic ms). */
  readonly unreachableSince: number | undefined;
  readonly lastError: string;
  /** Why it will not serve this mission any more. */
  readonly lost: { readonly reason: string; readonly message: string } | undefined;
  /** While returning: has been aborted or found not LOCKED, and its status read after that. */
  readonly settled: boolean;
  readonly aborted: boolean;
}

/** Bounds of patience with a weapon. Milliseconds. */
export interface Patience {
  /** How long a weapon may be unreachable before the mission fails. */
  readonly unreachableMs: number;
  /** How long it may take from Initialize to READY. */
  readonly initializeMs: number;
  /** Self-checks that may fail, or FAULTs be met, one after another. */
  readonly faults: number;
  /** How long one call may take. */
  readonly callMs: number;
  /** How long locked weapons are waited for while returning. */
  readonly returnMs: number;
  /** The same after SIGTERM: less than the Pod's grace period. */
  readonly terminateMs: number;
  /** Launches asked without an answer before the sortie returns with that release unresolved. */
  readonly launchAttempts: number;
}

export const defaultPatience: Patience = {
  unreachableMs: 120_000,
  initializeMs: 60_000,
  faults: 3,
  callMs: 5_000,
  returnMs: 15_000,
  terminateMs: 5_000,
  launchAttempts: 30,
};

/** How often a weapon's status is read, ms: often while something waits for it, seldom otherwise. */
export const statusEveryMs = { waiting: 50, flying: 500 } as const;

export function newWeaponView(loadout: Loadout): WeaponView {
  return {
    loadout,
    busy: undefined,
    checked: false,
    initializedAt: undefined,
    wasReady: false,
    everReady: false,
    everInitialized: false,
    status: undefined,
    statusAt: Number.NEGATIVE_INFINITY,
    retryAt: Number.NEGATIVE_INFINITY,
    failures: 0,
    faults: 0,
    unreachableSince: undefined,
    lastError: '',
    lost: undefined,
    settled: false,
    aborted: false,
  };
}

/** Whether a target can be locked, and a store released. */
export function isArmed(view: WeaponView): boolean {
  return view.status?.state === 'READY' || view.status?.state === 'LOCKED';
}

/** Whether its mounting is over: it has been READY, or was found LOCKED or LAUNCHED by a process that starts again. */
export function isMounted(view: WeaponView): boolean {
  return view.wasReady;
}

/** The next call that brings the weapon on, or undefined: nothing to do but wait. */
export function nextCall(
  view: WeaponView,
  options: { readonly now: number; readonly waiting: boolean },
): WeaponCall | undefined {
  if (view.busy !== undefined || view.lost !== undefined || options.now < view.retryAt) return undefined;
  if (!view.checked) return { kind: 'selfCheck' };
  if (view.initializedAt === undefined) {
    return { kind: 'initialize', mountPoint: view.loadout.mountPoints, quantity: view.loadout.quantity };
  }
  return options.now >= statusDue(view, options) ? { kind: 'status' } : undefined;
}

/** When `nextCall` may have something new to say, monotonic ms. */
export function nextCallAt(view: WeaponView, options: { readonly waiting: boolean }): number {
  if (view.busy !== undefined || view.lost !== undefined) return Number.POSITIVE_INFINITY;
  if (!view.checked || view.initializedAt === undefined) return view.retryAt;
  return Math.max(view.retryAt, statusDue(view, options));
}

function statusDue(view: WeaponView, options: { readonly waiting: boolean }): number {
  const settling = options.waiting || !isArmed(view);
  return view.statusAt + (settling ? statusEveryMs.waiting : statusEveryMs.flying);
}

/** The view while `call` is under way. */
export function withCall(view: WeaponView, call: WeaponCall): WeaponView {
  return { ...view, busy: call.kind };
}

/** The view after an answer. `now` is monotonic ms. */
export function withAnswer(
  view: WeaponView,
  options: {
    readonly call: WeaponCall;
    readonly answer: WeaponAnswer;
    readonly now: number;
    readonly patience: Patience;
  },
): WeaponView {
  const { call, answer, now, patience } = options;
  const idle = { ...view, busy: undefined };
  if (answer.kind === 'error') return afterError(idle, { call, answer, now, patience });
  const reached = { ...idle, unreachableSince: undefined, failures: 0 };
  switch (call.kind) {
    case 'selfCheck':
      return answer.success
        ? { ...reached, checked: true }
        : afterFault(reached, { message: answer.message, now, patience });
    case 'initialize':
      return answer.success
        ? { ...reached, initializedAt: now, everInitialized: true, wasReady: false, statusAt: Number.NEGATIVE_INFINITY }
        : afterFault(reached, { message: answer.message, now, patience });
    case 'status':
      return answer.status === undefined ? reached : afterStatus(reached, { status: answer.status, now, patience });
    case 'abort':
      return {
        ...reached,
        aborted: answer.success,
        retryAt: answer.success ? view.retryAt : now + 200,
        statusAt: Number.NEGATIVE_INFINITY,
      };
    case 'lock':
    case 'launch':
      // What these mean is the release's affair; the weapon's state has changed in any case.
      return { ...reached, statusAt: Number.NEGATIVE_INFINITY };
    default:
      throw call satisfies never;
  }
}

function afterStatus(
  view: WeaponView,
  options: { readonly status: WeaponStatus; readonly now: number; readonly patience: Patience },
): WeaponView {
  const { status, now, patience } = options;
  const seen = { ...view, status, statusAt: now };
  switch (status.state) {
    case 'READY':
    case 'LOCKED':
    case 'LAUNCHED':
      return { ...seen, wasReady: true, everReady: true, faults: 0 };
    case 'FAULT':
      return afterFault(seen, { message: status.message, now, patience });
    case 'INITIALIZING': {
      // It began anew, and with nothing of what it was told.
      if (view.wasReady) return { ...seen, checked: false, initializedAt: undefined, wasReady: false };
      const since = view.initializedAt ?? now;
      if (now - since <= patience.initializeMs) return seen;
      return {
        ...seen,
        lost: { reason: 'WeaponNotReady', message: `still INITIALIZING after ${Math.round((now - since) / 1000)} s` },
      };
    }
    default:
      throw status.state satisfies never;
  }
}

/** FAULT, or a failed self-check: W5 lets a passed self-check and an Initialize bring it back. */
function afterFault(
  view: WeaponView,
  options: { readonly message: string; readonly now: number; readonly patience: Patience },
): WeaponView {
  const { message, now, patience } = options;
  const faults = view.faults + 1;
  const again = { ...view, faults, checked: false, initializedAt: undefined, lastError: message };
  if (faults >= patience.faults) return { ...again, lost: { reason: 'WeaponFault', message } };
  return { ...again, retryAt: now + 200 * 2 ** faults };
}

function afterError(
  view: WeaponView,
  options: {
    readonly call: WeaponCall;
    readonly answer: Extract<WeaponAnswer, { kind: 'error' }>;
    readonly now: number;
    readonly patience: Patience;
  },
): WeaponView {
  const { call, answer, now, patience } = options;
  const { code, message } = answer;
  const failures = view.failures + 1;
  const retryAt = now + Math.min(2_000, 50 * 2 ** Math.min(failures, 6));
  switch (code) {
    case 'UNAVAILABLE':
    case 'DEADLINE_EXCEEDED':
    case 'CANCELLED':
    case 'RESOURCE_EXHAUSTED':
    case 'INTERNAL':
    case 'UNKNOWN':
    case 'ABORTED': {
      const unreachableSince = view.unreachableSince ?? now;
      const gone = now - unreachableSince > patience.unreachableMs;
      return {
        ...view,
        failures,
        retryAt,
        unreachableSince,
        lastError: message,
        // A process that broke the connection may have been replaced by another: it is brought on from the start.
        checked: false,
        initializedAt: undefined,
        ...(gone ? { lost: { reason: 'WeaponUnreachable', message } } : {}),
      };
    }
    case 'FAILED_PRECONDITION':
      if (call.kind === 'abort') return { ...view, aborted: true, statusAt: Number.NEGATIVE_INFINITY };
      // Initialize in a state that does not take it: LOCKED or LAUNCHED after a crash of this process.
      if (call.kind === 'initialize')
        return { ...view, initializedAt: now, everInitialized: true, statusAt: Number.NEGATIVE_INFINITY };
      return { ...view, failures, retryAt, lastError: message, statusAt: Number.NEGATIVE_INFINITY };
    default:
      // Releases decide by themselves what a refusal of theirs means.
      if (call.kind === 'lock' || call.kind === 'launch') return { ...view, statusAt: Number.NEGATIVE_INFINITY };
      return {
        ...view,
        failures,
        retryAt,
        lastError: message,
        lost: { reason: 'WeaponRefused', message: `${call.kind}: ${code}: ${message}` },
      };
  }
}
