import { type ChildProcess, spawn } from 'node:child_process';
import { constants as access, accessSync, mkdirSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter, isAbsolute, join } from 'node:path';
import type { Clock } from '@hardpoint/machinery';
import { type CriLogWriter, createCriLogWriter } from '../logs/cri-log-writer.ts';
import type { ContainerSpec } from '../runtime/container-runtime.ts';

/** How long an ended container's output may stay open because something outside its process group holds it, ms. */
const DRAIN_MS = 200;

export interface ContainedProcess {
  readonly pid: number;
  readonly startedAtMs: number;
  /** Resolves when the process and its whole group have ended. Never rejects. */
  readonly ended: Promise<{ readonly exitCode: number; readonly finishedAtMs: number }>;
  kill(signal: NodeJS.Signals): void;
}

/** Sends a signal to a process group; false where there is none any more. */
export function killGroup(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(-pid, signal);
    return true;
  } catch {
    return false;
  }
}

/** When a process began, in the system's own words; empty where it has ended or the system does not say. */
export function processStart(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // Ended, but nobody has asked for its exit code yet.
    return fields[0] === 'Z' ? '' : (fields[19] ?? '');
  } catch {
    return '';
  }
}

function findProgram(name: string, path: string, cwd: string): string {
  if (name.includes('/')) {
    const file = isAbsolute(name) ? name : join(cwd, name);
    accessSync(file, access.X_OK);
    return file;
  }
  for (const folder of path.split(delimiter)) {
    try {
      const file = join(folder, name);
      accessSync(file, access.X_OK);
      return file;
    } catch {}
  }
  throw new Error(`exec: "${name}": executable file not found in $PATH`);
}

/**
 * Starts a container's process as the leader of its own group, its output going to the CRI log. Rejects where the
 * program cannot be started.
 */
export async function startContained(options: {
  readonly spec: ContainerSpec;
  readonly clock: Clock;
}): Promise<ContainedProcess> {
  const { spec, clock } = options;
  const [program = '', ...args] = spec.argv;
  const file = findProgram(program, spec.env.PATH ?? '', spec.cwd);
  mkdirSync(spec.cwd, { recursive: true });
  const now = () => `${new Date(clock.now()).toISOString().slice(0, -1)}000000Z`;
  const log = createCriLogWriter({ file: spec.logFile, now });
  let child: ChildProcess;
  try {
    child = spawn(file, args, {
      argv0: program,
      cwd: spec.cwd,
      env: spec.env as NodeJS.ProcessEnv,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', reject);
    });
  } catch (error) {
    log.close();
    throw error;
  }
  const pid = child.pid ?? 0;
  return {
    pid,
    startedAtMs: clock.now(),
    ended: ended({ child, pid, log, clock }),
    kill: (signal) => void killGroup(pid, signal),
  };
}

function ended(options: {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly log: CriLogWriter;
  readonly clock: Clock;
}): ContainedProcess['ended'] {
  const { child, pid, log, clock } = options;
  const { promise, resolve } = Promise.withResolvers<{ exitCode: number; finishedAtMs: number }>();
  let result: { exitCode: number; finishedAtMs: number } | undefined;
  let guard: Disposable | undefined;
  let closed = false;
  const finish = (): void => {
    if (closed || result === undefined) return;
    closed = true;
    guard?.[Symbol.dispose]();
    log.close();
    resolve(result);
  };
  child.stdout?.on('data', (chunk: Buffer) => closed || log.write('stdout', chunk));
  child.stderr?.on('data', (chunk: Buffer) => closed || log.write('stderr', chunk));
  child.on('error', () => {});
  child.once('exit', (code, signal) => {
    const exitCode = code ?? 128 + (signal === null ? 0 : (constants.signals[signal] ?? 0));
    result = { exitCode, finishedAtMs: clock.now() };
    killGroup(pid, 'SIGKILL');
    guard = clock.timer(DRAIN_MS, finish);
  });
  child.once('close', finish);
  return promise;
}
