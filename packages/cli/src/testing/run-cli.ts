import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';
import { findInstallation } from '../installation.ts';

/** Killed where it still runs when disposed, so that a failing test leaves nothing running. */
export interface CliRun extends AsyncDisposable {
  readonly child: ChildProcess;
  /** Everything printed so far. */
  stdout(): string;
  stderr(): string;
  /** Resolves when it has ended: its code, or 128 + signal where a signal killed it. */
  readonly ended: Promise<number>;
  /** Resolves when what was printed matches; rejects when it ended without. */
  printed(pattern: RegExp): Promise<void>;
}

/** Runs the bundled `hardpoint` as a process. */
export function runCli(
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> } = {},
): CliRun {
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', findInstallation().bundle('hardpoint'), ...args],
    {
      cwd: options.cwd,
      env: { ...process.env, LANG: 'C', LC_ALL: '', KUBECONFIG: '', HARDPOINT_LOCALE: '', ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let stdout = '';
  let stderr = '';
  const waiters: { pattern: RegExp; resolve: () => void; reject: (error: Error) => void }[] = [];
  const look = (): void => {
    for (const waiter of [...waiters]) {
      if (!waiter.pattern.test(stdout + stderr)) continue;
      waiters.splice(waiters.indexOf(waiter), 1);
      waiter.resolve();
    }
  };
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk;
    look();
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk;
    look();
  });
  const ended = new Promise<number>((resolve) => {
    child.on('close', (code, signal) => {
      for (const waiter of waiters.splice(0)) {
        waiter.reject(new Error(`ended without printing ${waiter.pattern}:\n${stdout}\n${stderr}`));
      }
      resolve(code ?? (signal === null ? 1 : 128 + constants.signals[signal]));
    });
  });
  return {
    child,
    stdout: () => stdout,
    stderr: () => stderr,
    ended,
    printed: (pattern) =>
      new Promise((resolve, reject) => {
        waiters.push({ pattern, resolve, reject });
        look();
      }),
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
      await ended;
    },
  };
}
