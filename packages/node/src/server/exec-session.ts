import { spawn } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';
import type { Writable } from 'node:stream';
import type { ContainerSpec } from '../runtime/container-runtime.ts';
import { killGroup } from '../shim/contained-process.ts';

export interface ExecRequest {
  readonly command: readonly string[];
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly tty: boolean;
}

/** Where a session's bytes go. */
export interface ExecOutput {
  stdout(chunk: Buffer): void;
  stderr(chunk: Buffer): void;
}

export interface ExecSession {
  input(chunk: Buffer): void;
  endInput(): void;
  resize(size: { readonly columns: number; readonly rows: number }): void;
  /** Ends the command and its process group. */
  kill(): void;
  /** Resolves with the exit code when all output has been handed on; rejects where the command cannot be started. */
  readonly ended: Promise<number>;
}

/** Runs a command in a container's scratch root with its environment; programs are the host's, found on the container's PATH. */
export async function startExec(options: {
  readonly spec: ContainerSpec;
  readonly request: ExecRequest;
  readonly output: ExecOutput;
}): Promise<ExecSession> {
  const { spec, request } = options;
  const [name = '', ...args] = request.command;
  const program = await findProgram(name, spec);
  return request.tty ? await startTerminal(program, args, options) : startPlain(program, args, options);
}

async function findProgram(name: string, spec: ContainerSpec): Promise<string> {
  const paths = name.includes('/')
    ? [isAbsolute(name) ? name : join(spec.cwd, name)]
    : (spec.env.PATH ?? '').split(delimiter).map((folder) => join(folder, name));
  for (const path of paths) {
    if (
      await access(path, constants.X_OK).then(
        () => true,
        () => false,
      )
    )
      return path;
  }
  const why = name.includes('/') ? `stat ${name}: no such file or directory` : 'executable file not found in $PATH';
  throw new Error(`exec failed: unable to start container process: exec: "${name}": ${why}`);
}

function startPlain(
  program: string,
  args: readonly string[],
  options: { readonly spec: ContainerSpec; readonly request: ExecRequest; readonly output: ExecOutput },
): ExecSession {
  const { spec, request, output } = options;
  const child = spawn(program, args, {
    cwd: spec.cwd,
    env: spec.env as NodeJS.ProcessEnv,
    detached: true,
    stdio: [request.stdin ? 'pipe' : 'ignore', request.stdout ? 'pipe' : 'ignore', request.stderr ? 'pipe' : 'ignore'],
  });
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  child.once('error', reject);
  child.stdout?.on('data', (chunk: Buffer) => output.stdout(chunk));
  child.stderr?.on('data', (chunk: Buffer) => output.stderr(chunk));
  child.once('close', (code, signal) => resolve(code ?? (signal === 'SIGTERM' ? 143 : 137)));
  const stdin: Writable | null = child.stdin;
  stdin?.on('error', () => {});
  return {
    input: (chunk) => void stdin?.write(chunk),
    endInput: () => void stdin?.end(),
    resize: () => {},
    kill: () => {
      if (child.pid !== undefined && child.exitCode === null) killGroup(child.pid, 'SIGKILL');
    },
    ended: promise,
  };
}

async function startTerminal(
  program: string,
  args: readonly string[],
  options: { readonly spec: ContainerSpec; readonly output: ExecOutput },
): Promise<ExecSession> {
  const { spec, output } = options;
  // A native module that only terminals need.
  const { spawn: spawnTerminal } = await import('@lydell/node-pty');
  const terminal = spawnTerminal(program, [...args], {
    name: 'xterm',
    cols: 80,
    rows: 24,
    cwd: spec.cwd,
    env: { TERM: 'xterm', ...spec.env },
    encoding: null,
  });
  const { promise, resolve } = Promise.withResolvers<number>();
  const decoder = new TextDecoder();
  let over = false;
  terminal.onData((data: string | Buffer) => output.stdout(Buffer.from(data)));
  terminal.onExit(({ exitCode, signal }) => {
    over = true;
    resolve(signal === undefined || signal === 0 ? exitCode : 128 + signal);
  });
  return {
    input: (chunk) => terminal.write(decoder.decode(chunk, { stream: true })),
    // A terminal has no end of input but this character.
    endInput: () => terminal.write('\x04'),
    resize: ({ columns, rows }) => {
      if (!over && columns > 0 && rows > 0) terminal.resize(columns, rows);
    },
    kill: () => {
      if (!over) killGroup(terminal.pid, 'SIGKILL');
    },
    ended: promise,
  };
}
