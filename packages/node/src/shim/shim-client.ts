import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Clock } from '@hardpoint/machinery';
import { NodeError } from '../node-error.ts';
import type { ContainerPhase, ContainerSpec } from '../runtime/container-runtime.ts';
import { createLineReader, SHIM_SOCKET, type ShimMessage, type ShimRecord, type ShimRequest } from './shim-protocol.ts';

/** A Unix socket's path ends at 107 bytes. */
const LONGEST_SOCKET_PATH = 100;
const CONNECT_TRIES = 200;
const CONNECT_PAUSE_MS = 20;

export interface ShimClient extends AsyncDisposable {
  start(spec: ContainerSpec): Promise<ShimRecord>;
  stop(id: string, graceMs: number): Promise<void>;
  remove(id: string): Promise<void>;
  list(): Promise<readonly ShimRecord[]>;
  /** Ends all containers and the shim. */
  end(graceMs: number): Promise<void>;
  /** Resolves when the connection is gone. */
  readonly closed: Promise<void>;
}

/** The shim's program: beside this file in the sources, in the bundle's folder or the one above otherwise. */
export function shimProgram(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  const candidates = [join(here, 'main.ts'), join(here, 'shim.mjs'), join(here, '..', 'shim.mjs')];
  const found = candidates.find((file) => existsSync(file));
  if (found === undefined) throw new NodeError('ShimUnreachable', `the shim's program is not beside ${here}`);
  return found;
}

/** Calls `use` with a path to the socket that is short enough, wherever the data folder lies. */
function withSocketPath<R>(dataDir: string, use: (path: string) => Promise<R>): Promise<R> {
  const file = join(dataDir, SHIM_SOCKET);
  const near = relative(process.cwd(), file);
  const short = near.length < file.length ? near : file;
  if (Buffer.byteLength(short) <= LONGEST_SOCKET_PATH) return use(short);
  const descriptor = openSync(dataDir, 'r');
  return use(`/proc/self/fd/${descriptor}/${SHIM_SOCKET}`).finally(() => closeSync(descriptor));
}

function dial(dataDir: string): Promise<Socket> {
  return withSocketPath(
    dataDir,
    (path) =>
      new Promise((resolve, reject) => {
        const socket = connect(path);
        socket.once('connect', () => resolve(socket));
        socket.once('error', reject);
      }),
  );
}

/** Connects to the data folder's shim where one runs, else answers undefined. */
export async function connectRunningShim(options: {
  readonly dataDir: string;
  readonly onExit: (id: string, phase: ContainerPhase) => void;
}): Promise<ShimClient | undefined> {
  let socket: Socket;
  try {
    socket = await dial(options.dataDir);
  } catch {
    return undefined;
  }
  return clientOn(socket, options.onExit);
}

/** Connects to the data folder's shim and starts it first where none runs. */
export async function connectShim(options: {
  readonly dataDir: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly orphanedAfterMs: number;
  /** Program and first arguments; default: this package's. */
  readonly shim?: readonly string[] | undefined;
  readonly onExit: (id: string, phase: ContainerPhase) => void;
}): Promise<ShimClient> {
  const { dataDir, clock, signal, orphanedAfterMs } = options;
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const running = await connectRunningShim(options);
  if (running !== undefined) return running;
  const log = openSync(join(dataDir, 'shim.log'), 'a', 0o600);
  const command = options.shim ?? [process.execPath, '--disable-warning=ExperimentalWarning', shimProgram()];
  const [program = process.execPath, ...first] = command;
  const child = spawn(program, [...first, '--data', dataDir, '--orphaned-after-ms', String(orphanedAfterMs)], {
    detached: true,
    stdio: ['ignore', 'ignore', log],
  });
  child.on('error', () => {});
  child.unref();
  closeSync(log);
  for (let tries = 0; tries < CONNECT_TRIES; tries++) {
    await clock.sleep(CONNECT_PAUSE_MS, signal);
    const client = await connectRunningShim(options);
    if (client !== undefined) return client;
  }
  throw new NodeError('ShimUnreachable', `the shim of ${dataDir} did not start: see ${join(dataDir, 'shim.log')}`);
}

type Call = ShimRequest extends infer R ? (R extends ShimRequest ? Omit<R, 'sequence'> : never) : never;

function clientOn(socket: Socket, onExit: (id: string, phase: ContainerPhase) => void): ShimClient {
  const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: unknown) => void }>();
  const closed = Promise.withResolvers<void>();
  let sequence = 0;
  const read = createLineReader<ShimMessage>((message) => {
    if ('exited' in message) return onExit(message.exited, message.phase);
    const call = waiting.get(message.sequence);
    waiting.delete(message.sequence);
    if ('error' in message) call?.reject(new NodeError('StartFailed', message.error));
    else call?.resolve(message.result);
  });
  socket.on('data', (chunk) => {
    try {
      read(chunk);
    } catch {
      socket.destroy();
    }
  });
  socket.on('error', () => {});
  socket.on('close', () => {
    for (const { reject } of waiting.values()) {
      reject(new NodeError('ShimUnreachable', 'the connection to the shim was lost'));
    }
    waiting.clear();
    closed.resolve();
  });
  const call = (request: Call): Promise<unknown> => {
    if (socket.destroyed)
      return Promise.reject(new NodeError('ShimUnreachable', 'the connection to the shim is closed'));
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    waiting.set(++sequence, { resolve, reject });
    socket.write(`${JSON.stringify({ sequence, ...request })}\n`);
    return promise;
  };
  return {
    start: async (spec) => (await call({ call: 'start', spec })) as ShimRecord,
    stop: async (id, graceMs) => void (await call({ call: 'stop', id, graceMs })),
    remove: async (id) => void (await call({ call: 'remove', id })),
    list: async () => (await call({ call: 'list' })) as readonly ShimRecord[],
    end: async (graceMs) => void (await call({ call: 'end', graceMs })),
    closed: closed.promise,
    async [Symbol.asyncDispose]() {
      socket.destroy();
      await closed.promise;
    },
  };
}
