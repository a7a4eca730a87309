import { spawn } from 'node:child_process';
import { killGroup } from '../shim/contained-process.ts';
import type { ContainerSpec } from './container-runtime.ts';

const LONGEST_OUTPUT = 64 * 1024;

/**
 * Runs a command beside a container's processes: in its scratch root, with its environment. Rejects when it cannot be
 * started or the signal aborts; its whole process group has then been killed.
 */
export async function executeInContainer(options: {
  readonly spec: ContainerSpec;
  readonly command: readonly string[];
  readonly signal: AbortSignal;
}): Promise<{ readonly exitCode: number; readonly output: string }> {
  const { spec, command, signal } = options;
  signal.throwIfAborted();
  const [program = '', ...args] = command;
  const { promise, resolve, reject } = Promise.withResolvers<{ exitCode: number; output: string }>();
  const child = spawn(program, args, {
    cwd: spec.cwd,
    env: spec.env as NodeJS.ProcessEnv,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const abort = () => {
    if (child.pid !== undefined) killGroup(child.pid, 'SIGKILL');
    reject(signal.reason);
  };
  signal.addEventListener('abort', abort, { once: true });
  let output = '';
  const take = (chunk: Buffer) => {
    if (output.length < LONGEST_OUTPUT) output += chunk.toString('utf8');
  };
  child.stdout.on('data', take);
  child.stderr.on('data', take);
  child.once('error', reject);
  child.once('close', (code) => resolve({ exitCode: code ?? 137, output }));
  return await promise.finally(() => signal.removeEventListener('abort', abort));
}
