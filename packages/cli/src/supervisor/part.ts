import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import type { Clock } from '@hardpoint/machinery';

export interface PartOptions {
  /** `apiserver`, `operator`, `scheduler`, `node`. */
  readonly name: string;
  /** Asked at each start. */
  readonly command: () => readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Where its standard output and error go, appended, mode 0600. */
  readonly logFile: string;
  readonly clock: Clock;
  /** Told of each unexpected end and of each start that follows it. */
  readonly onRestart?: (event: { readonly name: string; readonly ended: string; readonly afterMs: number }) => void;
}

export type ReadyFacts = Readonly<Record<string, unknown>>;

type Stage =
  | { readonly is: 'idle' }
  | { readonly is: 'running'; readonly child: ChildProcess; readonly since: number; ready: boolean }
  | { readonly is: 'waiting'; readonly timer: Disposable }
  | { readonly is: 'stopped' };

const firstBackOffMs = 100;
const longestBackOffMs = 5_000;
const settledAfterMs = 20_000;

/**
 * One supervised child process: started, restarted with back-off when it ends by itself, stopped on request. The child
 * leads a process group of its own, so that a terminal's Ctrl-C reaches the supervisor only.
 */
export class Part {
  readonly name: string;
  readonly #options: PartOptions;
  #stage: Stage = { is: 'idle' };
  #backOffMs = firstBackOffMs;
  #goSaid = false;
  #lastEnd = 'did not start';
  #facts: ReadyFacts | undefined;
  #waiters: { resolve: (facts: ReadyFacts) => void; reject: (error: Error) => void }[] = [];
  #ends = 0;
  #wasReady = false;

  constructor(options: PartOptions) {
    this.name = options.name;
    this.#options = options;
  }

  /** The process id while it runs. */
  get pid(): number | undefined {
    return this.#stage.is === 'running' ? this.#stage.child.pid : undefined;
  }

  start(): void {
    if (this.#stage.is !== 'idle') return;
    this.#spawn();
  }

  /** Lets the part begin: it loads its modules before that, so that starting several costs the time of one. */
  go(): void {
    this.#goSaid = true;
    if (this.#stage.is === 'running') this.#tell('go');
  }

  /** What the part said when it was ready; rejects when it ended `tries` times before that. */
  ready(options: { readonly tries: number }): Promise<ReadyFacts> {
    if (this.#facts !== undefined) return Promise.resolve(this.#facts);
    if (this.#ends >= options.tries) return Promise.reject(this.#failure());
    return new Promise((resolve, reject) => {
      this.#waiters.push({
        resolve,
        reject: (error) => {
          if (this.#ends >= options.tries || this.#stage.is === 'stopped') reject(error);
          else this.#waiters.push({ resolve, reject });
        },
      });
    });
  }

  /** Asks politely, waits `graceMs`, then kills. Resolves when the process has ended. */
  async stop(options: { readonly graceMs: number; readonly ask: 'drain' | 'SIGTERM' }): Promise<void> {
    const stage = this.#stage;
    if (stage.is === 'waiting') stage.timer[Symbol.dispose]();
    this.#stage = { is: 'stopped' };
    for (const waiter of this.#waiters.splice(0)) waiter.reject(new Error(`${this.name} was stopped`));
    if (stage.is !== 'running') return;
    const { child } = stage;
    const ended = new Promise<void>((resolve) => {
      if (child.exitCode !== null || child.signalCode !== null) resolve();
      else child.once('exit', () => resolve());
    });
    // A part that was never told to go has nothing to drain.
    if (options.ask === 'drain' && this.#goSaid && child.connected) child.send('drain', () => {});
    else child.kill('SIGTERM');
    using _timer = this.#options.clock.timer(options.graceMs, () => child.kill('SIGKILL'));
    await ended;
  }

  #spawn(): void {
    const { env, cwd, logFile, clock } = this.#options;
    const [program, ...args] = this.#options.command();
    const log = openSync(logFile, 'a', 0o600);
    const child = spawn(program, args, {
      cwd,
      env: { ...env, HARDPOINT_SUPERVISED: '1' },
      stdio: ['ignore', log, log, 'ipc'],
      detached: true,
    });
    closeSync(log);
    const stage = { is: 'running' as const, child, since: clock.monotonic(), ready: false };
    this.#stage = stage;
    child.on('message', (message: { type?: string; facts?: ReadyFacts }) => {
      if (message.type !== 'ready') return;
      stage.ready = true;
      this.#wasReady = true;
      this.#facts = message.facts ?? {};
      for (const waiter of this.#waiters.splice(0)) waiter.resolve(this.#facts);
    });
    child.once('error', (error) => this.#ended(stage, `could not be started: ${error.message}`));
    child.once('exit', (code, signal) =>
      this.#ended(stage, signal === null ? `ended with code ${code}` : `ended by ${signal}`),
    );
    if (this.#goSaid) this.#tell('go');
  }

  #tell(message: string): void {
    if (this.#stage.is === 'running' && this.#stage.child.connected) this.#stage.child.send(message, () => {});
  }

  #ended(stage: Stage & { is: 'running' }, how: string): void {
    if (this.#stage !== stage) return;
    this.#lastEnd = how;
    this.#ends += 1;
    this.#facts = undefined;
    const ranMs = this.#options.clock.monotonic() - stage.since;
    if (ranMs > settledAfterMs) this.#backOffMs = firstBackOffMs;
    const afterMs = this.#backOffMs;
    this.#backOffMs = Math.min(longestBackOffMs, this.#backOffMs * 2);
    this.#stage = {
      is: 'waiting',
      timer: this.#options.clock.timer(afterMs, () => {
        this.#spawn();
      }),
    };
    for (const waiter of this.#waiters.splice(0)) waiter.reject(this.#failure());
    // What never got ready is told by whoever waits for it.
    if (this.#wasReady) this.#options.onRestart?.({ name: this.name, ended: how, afterMs });
  }

  #failure(): Error {
    return new Error(`${this.name} ${this.#lastEnd}; its log: ${this.#options.logFile}`);
  }
}
