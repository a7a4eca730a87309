import type { Clock } from '@hardpoint/machinery';
import type { AuthorizationsFile } from './authorizations.ts';
import type { FinalReport } from './final-report.ts';
import type { Journal } from './journal.ts';
import type { Mission } from './mission.ts';
import { type Action, plan } from './plan.ts';
import type { Instant } from './progress.ts';
import {
  answered,
  authorizationsRead,
  calling,
  recalled,
  recorded,
  refusalSeen,
  resumeSortie,
  type Sortie,
  type SortieIdentity,
} from './sortie.ts';
import { narrate } from './sortie-narration.ts';
import type { SortieTexts } from './sortie-texts.ts';
import type { WeaponCall, WeaponLink } from './weapon-link.ts';
import { defaultPatience, type Patience } from './weapon-view.ts';

export interface SortieRunnerOptions {
  readonly identity: SortieIdentity;
  readonly mission: Mission;
  readonly journal: Journal;
  /** By the Weapon's name. */
  readonly links: ReadonlyMap<string, WeaponLink>;
  readonly readAuthorizations: () => Promise<AuthorizationsFile>;
  readonly clock: Clock;
  readonly texts: SortieTexts;
  /** One line for people. */
  readonly say: (line: string) => void;
  readonly patience?: Partial<Patience>;
}

/** A sortie that is being flown: carries out what `plan` says and tells it what came of it. */
export interface SortieRunner {
  /** The sortie as it stands; a new object after every change. */
  readonly sortie: Sortie;
  /**
   * Flies until the outcome is written down. `terminate` aborting means SIGTERM: locked weapons are aborted and the
   * sortie ends. Rejects where the journal cannot be written: then the process must end and be started again.
   */
  run(terminate: AbortSignal): Promise<FinalReport>;
  /** Calls the sortie back; false where its outcome was decided already. */
  recall(message: string): boolean;
  /** Calls `listener` after every change, until disposed. */
  subscribe(listener: () => void): Disposable;
}

export function createSortieRunner(options: SortieRunnerOptions): SortieRunner {
  return new Runner(options);
}

class Runner implements SortieRunner {
  readonly #options: SortieRunnerOptions;
  readonly #patience: Patience;
  readonly #listeners = new Set<() => void>();
  readonly #calls = new Set<Promise<void>>();
  #sortie: Sortie;
  #news = false;
  #wake: (() => void) | undefined;
  #authorizationsProblem: string | undefined;

  constructor(options: SortieRunnerOptions) {
    const { identity, mission, journal, texts } = options;
    this.#options = options;
    this.#patience = { ...defaultPatience, ...options.patience };
    this.#sortie = resumeSortie({
      identity,
      mission,
      texts,
      patience: this.#patience,
      records: journal.records,
      now: this.#now(),
    });
  }

  get sortie(): Sortie {
    return this.#sortie;
  }

  async run(terminate: AbortSignal): Promise<FinalReport> {
    const stop = new AbortController();
    const onTerminate = () => this.#recall('Terminated', this.#options.texts.terminated);
    if (terminate.aborted) onTerminate();
    terminate.addEventListener('abort', onTerminate, { once: true });
    for (const [weapon, link] of this.#options.links) this.#track(this.#readRefusals(weapon, link, stop.signal));
    try {
      return await this.#fly(stop.signal);
    } finally {
      terminate.removeEventListener('abort', onTerminate);
      stop.abort();
      await Promise.all(this.#calls);
    }
  }

  async #fly(signal: AbortSignal): Promise<FinalReport> {
    for (;;) {
      this.#news = false;
      const { actions, wakeAt } = plan(this.#sortie, this.#now());
      let again = false;
      for (const action of actions) {
        if (action.kind === 'end') return action.report;
        again = (await this.#act(action, signal)) || again;
      }
      if (!again) await this.#rest(wakeAt);
    }
  }

  /** Whether there is something new to plan with. */
  async #act(action: Exclude<Action, { kind: 'end' }>, signal: AbortSignal): Promise<boolean> {
    switch (action.kind) {
      case 'record': {
        const now = this.#now();
        await this.#options.journal.append(action.record);
        this.#change(recorded(this.#sortie, action.record, now));
        return true;
      }
      case 'readAuthorizations': {
        const { authorizations, problem } = await this.#options.readAuthorizations();
        if (problem !== undefined && problem !== this.#authorizationsProblem) {
          this.#options.say(this.#options.texts.authorizationsUnreadable(problem));
        }
        this.#authorizationsProblem = problem;
        this.#change(authorizationsRead(this.#sortie, authorizations, this.#now()));
        return true;
      }
      case 'call':
        this.#change(calling(this.#sortie, action.weapon, action.call));
        this.#track(this.#call(action.weapon, action.call, signal));
        return false;
      default:
        throw action satisfies never;
    }
  }

  async #call(weapon: string, call: WeaponCall, signal: AbortSignal): Promise<void> {
    const { links, clock } = this.#options;
    const link = links.get(weapon);
    if (link === undefined) throw new TypeError(`no link to ${weapon}`);
    const controller = new AbortController();
    const stop = () => controller.abort();
    signal.addEventListener('abort', stop, { once: true });
    // A self-check or an Initialize may take long by itself; the others answer at once or not at all.
    const patient = call.kind === 'selfCheck' || call.kind === 'initialize';
    using _ = clock.timer(patient ? this.#patience.initializeMs : this.#patience.callMs, stop);
    const answer = await link.call(call, controller.signal);
    signal.removeEventListener('abort', stop);
    if (signal.aborted) return;
    this.#change(answered(this.#sortie, { weapon, call, answer, now: this.#now() }));
    this.#tell();
  }

  async #readRefusals(weapon: string, link: WeaponLink, signal: AbortSignal): Promise<void> {
    try {
      while (!signal.aborted) {
        for await (const refusal of link.refusals(signal)) {
          this.#change(refusalSeen(this.#sortie, weapon, refusal, this.#now()));
          this.#tell();
        }
        await this.#options.clock.sleep(500, signal);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  recall(message: string): boolean {
    if (this.#sortie.progress.returning !== undefined) return false;
    this.#recall('Recalled', message);
    return true;
  }

  #recall(cause: 'Recalled' | 'Terminated', message: string): void {
    this.#change(recalled(this.#sortie, { cause, message, now: this.#now() }));
    this.#tell();
  }

  subscribe(listener: () => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) };
  }

  #now(): Instant {
    const { clock } = this.#options;
    return { wall: clock.now(), monotonic: clock.monotonic() };
  }

  #change(next: Sortie): void {
    const before = this.#sortie;
    this.#sortie = next;
    for (const line of narrate(before, next)) this.#options.say(line);
    for (const listener of this.#listeners) listener();
  }

  #tell(): void {
    this.#news = true;
    this.#wake?.();
  }

  async #rest(wakeAt: number): Promise<void> {
    if (this.#news) return;
    const { clock } = this.#options;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      if (wakeAt === Number.POSITIVE_INFINITY) return;
      const timer = clock.timer(Math.max(0, wakeAt - clock.monotonic()), resolve);
      this.#wake = () => {
        timer[Symbol.dispose]();
        resolve();
      };
    });
    this.#wake = undefined;
  }

  #track(work: Promise<void>): void {
    const tracked = work.finally(() => this.#calls.delete(tracked));
    this.#calls.add(tracked);
  }
}
