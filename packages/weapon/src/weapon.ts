import type { Behaviour, Texts, WeaponState } from '@hardpoint/api';
import type { Clock, Logger, Random } from '@hardpoint/machinery';
import {
  type AbortRequest,
  type InitRequest,
  type LaunchRequest,
  type LockRequest,
  StatusResponse_WeaponState as stateNumber,
  WipError,
} from '@hardpoint/wip';
import { decideLaunch, type LaunchAuthority } from './decide-launch.ts';
import type { Journal } from './journal/journal.ts';
import type { InitializeArguments, Ledger, LedgerChange } from './ledger.ts';
import { createSerialQueue } from './serial-queue.ts';
import { createFaultPlan, type DueFault } from './simulated-faults.ts';
import { callOutcomes, type Standing, type StatefulCall } from './standing.ts';
import { checkTarget } from './target.ts';
import { createTelemetryHub, type TelemetryHub } from './telemetry.ts';
import { createThermometer } from './temperature.ts';

/** What the weapon is, from its environment. */
export interface WeaponIdentity extends LaunchAuthority {
  readonly weaponType: string;
  readonly aircraftType: string;
  /** MOUNT_POINTS as it stands: what Initialize must say. */
  readonly mountPoints: string;
  /** QUANTITY: the most that Initialize may say. */
  readonly quantity: number;
}

export interface Outcome {
  readonly success: boolean;
  readonly message: string;
}

export interface WeaponStatus {
  readonly state: WeaponState;
  readonly remainingCount: number;
  /** Degrees Celsius: the hottest mount point's last sample. */
  readonly temperature: number;
  readonly selfCheckPassed: boolean;
  readonly message: string;
}

/** The simulator itself, without any server. Calls reject with {@link WipError}. */
export interface Weapon extends AsyncDisposable {
  readonly ledger: Ledger;
  readonly telemetry: TelemetryHub;
  /** The last sample, one per mount point. */
  readonly temperatures: readonly { readonly mountPoint: string; readonly celsius: number }[];
  initialize(request: Pick<InitRequest, 'mountPoint' | 'quantity' | 'config'>): Promise<Outcome>;
  /** The same object until something in it changes. */
  status(): WeaponStatus;
  lockTarget(request: Pick<LockRequest, 'target'>): Promise<Outcome>;
  launch(
    request: Pick<LaunchRequest, 'targetId' | 'count' | 'idempotencyKey' | 'authorization'>,
  ): Promise<Outcome & { readonly remainingCount: number }>;
  abort(request: Pick<AbortRequest, 'reason'>): Promise<Outcome>;
  selfCheck(): Promise<Outcome>;
  /** Called with the state now and after each change of it. */
  onState(listener: (state: WeaponState) => void): void;
}

export interface WeaponOptions {
  readonly identity: WeaponIdentity;
  readonly behaviour: Behaviour;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly texts: Texts;
  /** Ends the process at once, as a simulated crash does. */
  readonly crash: () => void;
}

/** Between tries to leave LAUNCHED while the journal cannot be written. */
const resetRetryMs = 1000;

/** A weapon as its journal left it. Runs until disposed. */
export function createWeapon(options: WeaponOptions): Weapon {
  const { identity, behaviour, journal, clock, log } = options;
  const texts = options.texts.weapon;
  const mountPoints = identity.mountPoints.split(',').map((name) => name.trim());
  const telemetry = createTelemetryHub({ clock, run: journal.ledger.run });
  const thermometer = createThermometer({
    behaviour: behaviour.temperature,
    mountPoints: mountPoints.length,
    random: options.random,
  });
  const faults = createFaultPlan(behaviour.faults);
  /** One change at a time: what is decided on a ledger is written before the next is decided. */
  const inTurn = createSerialQueue();
  const closing = new AbortController();
  const listeners: ((state: WeaponState) => void)[] = [];
  let celsius = thermometer.sample(clock.monotonic());
  let initializing: { readonly args: InitializeArguments; readonly outcome: Promise<Outcome> } | undefined;
  let resetTimer: Disposable | undefined;
  /** The last answer of status(), and of what it was made. */
  let status: Partial<{ ledger: Ledger; celsius: readonly number[] }> & { told: WeaponStatus } = {
    told: { state: 'INITIALIZING', remainingCount: 0, temperature: 0, selfCheckPassed: false, message: '' },
  };

  /** Writes a change and tells of what followed; a journal that cannot be written ends the call, nothing being changed. */
  const commit = async (change: LedgerChange): Promise<void> => {
    const before = journal.ledger.standing;
    try {
      await journal.write(change);
    } catch (error) {
      log.error('journal cannot be written', { error });
      const problem = error instanceof Error ? error.message : String(error);
      throw new WipError({ code: 'UNAVAILABLE', message: `journal: ${problem}`, cause: error });
    }
    const { standing } = journal.ledger;
    if (before.kind === standing.kind) return;
    const message = standing.kind === 'FAULT' ? standing.cause : '';
    telemetry.tell({
      case: 'stateChange',
      value: { from: stateNumber[before.kind], to: stateNumber[standing.kind], message },
    });
    for (const listener of listeners) listener(standing.kind);
    armReset();
  };

  const stand = (standing: Standing, more: { readonly selfCheckPassed?: boolean } = {}): Promise<void> =>
    commit({ kind: 'standing', standing, ...more });

  /** LAUNCHED goes by itself to READY while stores remain (W5). */
  const armReset = (afterMs = behaviour.resetSeconds * 1000): void => {
    resetTimer?.[Symbol.dispose]();
    resetTimer = undefined;
    const { standing, remaining } = journal.ledger;
    if (standing.kind !== 'LAUNCHED' || remaining === 0 || closing.signal.aborted) return;
    resetTimer = clock.timer(afterMs, () => {
      inTurn(async () => {
        if (journal.ledger.standing.kind === 'LAUNCHED') await stand({ kind: 'READY' });
      }).catch(() => armReset(Math.max(afterMs, resetRetryMs)));
    });
  };

  const takeSample = (): void => {
    celsius = thermometer.sample(clock.monotonic());
    const { standing, remaining, selfCheckPassed } = journal.ledger;
    telemetry.tell({
      case: 'sample',
      value: {
        state: stateNumber[standing.kind],
        remainingCount: remaining,
        temperatures: mountPoints.map((mountPoint, at) => ({ mountPoint, celsius: celsius[at] ?? 0 })),
        selfCheckPassed,
      },
    });
  };

  const refuseState = (call: StatefulCall): void => {
    const state = journal.ledger.standing.kind;
    if (callOutcomes[state][call] === 'refused')
      throw new WipError({ code: 'FAILED_PRECONDITION', message: texts.wrongState(call, state) });
  };

  /** Never answers; the call ends when its client gives up or the weapon does. */
  const hang = (): Promise<never> =>
    new Promise((_, reject) => {
      const stop = () => reject(new WipError({ code: 'UNAVAILABLE', message: 'the weapon ends' }));
      if (closing.signal.aborted) stop();
      else closing.signal.addEventListener('abort', stop, { once: true });
    });

  /**
   * Carries a simulated fault out, in turn. Gives what is to be awaited out of turn, so that a call that hangs does not
   * hold up those behind it; that gives the message with which the call is to fail.
   */
  const suffer = async (due: DueFault): Promise<() => Promise<string>> => {
    const { action, message = `simulated ${action}` } = due.fault;
    if (due.once) await commit({ kind: 'fired', index: due.index });
    log.warn('simulated fault', { trigger: due.fault.trigger, action, message });
    switch (action) {
      case 'crash':
        options.crash();
        return hang;
      case 'hang':
        return hang;
      case 'fault':
        if (journal.ledger.standing.kind !== 'FAULT') await stand({ kind: 'FAULT', cause: message, lasting: false });
        return async () => message;
      case 'fail':
        return async () => message;
      default:
        return action satisfies never;
    }
  };
  const meet = async (due: DueFault): Promise<string> => (await inTurn(() => suffer(due)))();

  /** The check itself: a journal that was lost fails it for good, a simulated fault this once. */
  const check = async (): Promise<string | undefined> => {
    await clock.sleep(behaviour.selfCheckSeconds * 1000, closing.signal);
    const { standing, fired } = journal.ledger;
    if (standing.kind === 'FAULT' && standing.lasting) return standing.cause;
    const due = faults.next('SelfCheck', fired);
    return due === undefined ? undefined : meet(due);
  };

  const runInitialize = async (args: InitializeArguments): Promise<Outcome> => {
    const recovering = journal.ledger.standing.kind === 'FAULT';
    log.info(texts.initializing(identity.weaponType, args.mountPoint, args.quantity));
    await clock.sleep(behaviour.initializeSeconds * 1000, closing.signal);
    const due = faults.next('Initialize', journal.ledger.fired);
    if (due !== undefined) return { success: false, message: await meet(due) };
    const failure = recovering ? await check() : undefined;
    return inTurn(async () => {
      const { standing } = journal.ledger;
      if (failure !== undefined) {
        if (standing.kind !== 'FAULT') await stand({ kind: 'FAULT', cause: failure, lasting: false });
        return { success: false, message: texts.selfCheckFailed(failure) };
      }
      // A self-check that failed meanwhile counts more than an initialisation that began before it.
      if (standing.kind === 'FAULT' && !recovering) return { success: false, message: standing.cause };
      const first = journal.ledger.initialized === undefined ? { initialized: args } : {};
      await commit({ kind: 'standing', standing: { kind: 'READY' }, selfCheckPassed: true, ...first });
      return { success: true, message: texts.initialized };
    });
  };

  const weapon: Weapon = {
    get ledger() {
      return journal.ledger;
    },
    telemetry,
    get temperatures() {
      return mountPoints.map((mountPoint, at) => ({ mountPoint, celsius: celsius[at] ?? 0 }));
    },

    async initialize({ mountPoint, quantity, config }) {
      if (mountPoint !== identity.mountPoints)
        throw invalid(`mount_point is ${JSON.stringify(mountPoint)}, not ${JSON.stringify(identity.mountPoints)}`);
      if (quantity < 1 || quantity > identity.quantity)
        throw invalid(`quantity must be 1 to ${identity.quantity}, not ${quantity}`);
      const args: InitializeArguments = { mountPoint, quantity, config: { ...config } };
      const state = journal.ledger.standing.kind;
      const wrongState = () =>
        new WipError({ code: 'FAILED_PRECONDITION', message: texts.wrongState('Initialize', state) });
      const said = initializing?.args ?? journal.ledger.initialized;
      if (said !== undefined && !sameArguments(said, args)) throw wrongState();
      if (callOutcomes[state].Initialize === 'repeat') return { success: true, message: texts.initialized };
      if (initializing !== undefined) return initializing.outcome;
      const outcome = runInitialize(args).finally(() => {
        initializing = undefined;
      });
      initializing = { args, outcome };
      return outcome;
    },

    status() {
      const { ledger } = journal;
      if (status.ledger === ledger && status.celsius === celsius) return status.told;
      const { standing, remaining, selfCheckPassed } = ledger;
      const told: WeaponStatus = {
        state: standing.kind,
        remainingCount: remaining,
        temperature: Math.max(...celsius),
        selfCheckPassed,
        message: standing.kind === 'FAULT' ? standing.cause : texts.normal,
      };
      status = { ledger, celsius, told };
      return told;
    },

    async lockTarget({ target }) {
      const checked = checkTarget(target);
      const answer = await inTurn(async () => {
        refuseState('LockTarget');
        const due = faults.next('LockTarget', journal.ledger.fired);
        if (due !== undefined) return suffer(due);
        log.info(texts.locking(checked.latitude, checked.longitude, checked.altitude));
        if (journal.ledger.standing.kind !== 'LOCKED') await stand({ kind: 'LOCKED' });
        return undefined;
      });
      if (answer !== undefined) return { success: false, message: await answer() };
      return { success: true, message: texts.locked };
    },

    async launch(request) {
      const answer = await inTurn(async () => {
        const decision = decideLaunch({
          ledger: journal.ledger,
          request,
          authority: identity,
          nowMs: clock.now(),
          texts: options.texts,
        });
        switch (decision.kind) {
          case 'repeat':
            return decision.answer;
          case 'error':
            throw decision.error;
          case 'unauthorised': {
            const { reason, detail, jti = '' } = decision;
            const message = texts.launchRefused(reason);
            log.warn('launch refused', { reason, detail, jti, key: request.idempotencyKey });
            telemetry.tell({
              case: 'refusal',
              value: { idempotencyKey: request.idempotencyKey, reason, jti, count: request.count, message: detail },
            });
            // It stays refused also where the journal cannot count it.
            await commit({ kind: 'refused', reason }).catch(() => {});
            throw new WipError({ code: 'PERMISSION_DENIED', message, refusal: reason });
          }
          case 'answer': {
            const { change } = decision;
            if (change.answer.success) {
              const due = faults.next('Launch', journal.ledger.fired);
              if (due !== undefined) return suffer(due);
              log.info(texts.launching(request.targetId, request.count));
            }
            const first = journal.ledger.released;
            await commit(change);
            if (change.answer.success) {
              const { count, remaining, targetId } = change.answer;
              thermometer.released({ first, count, nowMs: clock.monotonic() });
              telemetry.tell({
                case: 'release',
                value: {
                  idempotencyKey: change.key,
                  jti: change.jti ?? '',
                  targetId,
                  count,
                  remainingCount: remaining,
                },
              });
            }
            return change.answer;
          }
          default:
            return decision satisfies never;
        }
      });
      if (typeof answer === 'function')
        return { success: false, message: await answer(), remainingCount: journal.ledger.remaining };
      return { success: answer.success, message: answer.message, remainingCount: answer.remaining };
    },

    async abort({ reason }) {
      await inTurn(async () => {
        refuseState('Abort');
        log.info('launch aborted', { reason });
        await stand({ kind: 'READY' });
      });
      return { success: true, message: texts.aborted };
    },

    async selfCheck() {
      const failure = await check();
      return inTurn(async () => {
        const { standing, selfCheckPassed } = journal.ledger;
        if (failure === undefined) {
          if (!selfCheckPassed) await stand(standing, { selfCheckPassed: true });
          return { success: true, message: texts.selfCheckPassed };
        }
        if (standing.kind !== 'FAULT')
          await stand({ kind: 'FAULT', cause: failure, lasting: false }, { selfCheckPassed: false });
        else if (selfCheckPassed) await stand(standing, { selfCheckPassed: false });
        return { success: false, message: texts.selfCheckFailed(failure) };
      });
    },

    onState(listener) {
      listeners.push(listener);
      listener(journal.ledger.standing.kind);
    },

    async [Symbol.asyncDispose]() {
      closing.abort(new WipError({ code: 'UNAVAILABLE', message: 'the weapon ends' }));
      resetTimer?.[Symbol.dispose]();
      sampling[Symbol.dispose]();
      for (const timer of timed) timer[Symbol.dispose]();
      await initializing?.outcome.catch(() => {});
      await inTurn(async () => {});
    },
  };

  const timed = faults.timed(journal.ledger.fired).map((due) =>
    clock.timer(due.afterMs, () => {
      inTurn(() => suffer(due)).catch((error: unknown) => log.error('simulated fault failed', { error }));
    }),
  );
  const sampling = every(clock, behaviour.telemetryIntervalSeconds * 1000, takeSample);
  takeSample();
  armReset();
  return weapon;
}

/** Calls `act` each `ms`, on time by the monotonic clock however long a call takes. */
function every(clock: Clock, ms: number, act: () => void): Disposable {
  const start = clock.monotonic();
  let count = 0;
  let timer: Disposable;
  const arm = (): void => {
    const now = clock.monotonic();
    count = Math.max(count + 1, Math.ceil((now - start) / ms));
    timer = clock.timer(start + count * ms - now, () => {
      act();
      arm();
    });
  };
  arm();
  return { [Symbol.dispose]: () => timer[Symbol.dispose]() };
}

function invalid(message: string): WipError {
  return new WipError({ code: 'INVALID_ARGUMENT', message });
}

function sameArguments(a: InitializeArguments, b: InitializeArguments): boolean {
  const keys = Object.keys(a.config);
  return (
    a.mountPoint === b.mountPoint &&
    a.quantity === b.quantity &&
    keys.length === Object.keys(b.config).length &&
    keys.every((key) => a.config[key] === b.config[key])
  );
}
