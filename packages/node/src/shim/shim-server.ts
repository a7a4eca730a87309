import { chmodSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import type { Clock } from '@hardpoint/machinery';
import type { ContainerPhase, ContainerSpec } from '../runtime/container-runtime.ts';
import { type ContainedProcess, killGroup, processStart, startContained } from './contained-process.ts';
import {
  createLineReader,
  SHIM_RECORDS,
  SHIM_SOCKET,
  type ShimMessage,
  type ShimRecord,
  type ShimRequest,
} from './shim-protocol.ts';

/** What ended while no shim watched has this exit code, as a kubelet gives to a container it cannot find. */
const LOST_EXIT_CODE = 137;

/**
 * Holds the containers of one node agent, which comes and goes. Works in the current folder, the node's data folder.
 * Resolves when it was told to end, when no agent has been connected for `orphanedAfterMs`, when `signal` aborts, or at
 * once when another shim serves this folder. All containers have then ended.
 */
export async function serveShim(options: {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly orphanedAfterMs: number;
}): Promise<void> {
  const { clock, orphanedAfterMs } = options;
  if (await served()) return;
  const records = loadRecords(clock);
  const processes = new Map<string, ContainedProcess>();
  const done = Promise.withResolvers<void>();
  let agent: Socket | undefined;
  let ending: Promise<void> | undefined;
  let orphaned: Disposable | undefined;

  const tell = (socket: Socket | undefined, message: ShimMessage): void => {
    if (socket !== undefined && !socket.destroyed) socket.write(`${JSON.stringify(message)}\n`);
  };
  const start = async (spec: ContainerSpec): Promise<ShimRecord> => {
    if (ending !== undefined) throw new Error('the shim is ending');
    const known = records.get(spec.id);
    if (known !== undefined) return known;
    let contained: ContainedProcess;
    try {
      contained = await startContained({ spec, clock });
    } catch (error) {
      const failed: ShimRecord = { spec, phase: notStarted(error, clock), pid: 0, pidStart: '' };
      records.set(spec.id, failed);
      save(failed);
      return failed;
    }
    const record: ShimRecord = {
      spec,
      phase: { kind: 'running', startedAtMs: contained.startedAtMs },
      pid: contained.pid,
      pidStart: processStart(contained.pid),
    };
    records.set(spec.id, record);
    processes.set(spec.id, contained);
    save(record);
    void contained.ended.then(({ exitCode, finishedAtMs }) => {
      const phase: ContainerPhase = { kind: 'exited', startedAtMs: contained.startedAtMs, finishedAtMs, exitCode };
      processes.delete(spec.id);
      const after = { ...record, phase };
      records.set(spec.id, after);
      save(after);
      tell(agent, { exited: spec.id, phase });
    });
    return record;
  };
  const stop = async (id: string, graceMs: number): Promise<void> => {
    const contained = processes.get(id);
    if (contained === undefined) return;
    contained.kill(graceMs > 0 ? 'SIGTERM' : 'SIGKILL');
    using _ = clock.timer(graceMs, () => contained.kill('SIGKILL'));
    await contained.ended;
  };
  const end = (graceMs: number): Promise<void> => {
    ending ??= Promise.all([...processes.keys()].map((id) => stop(id, graceMs))).then(() => {});
    return ending;
  };
  const answer = async (request: ShimRequest): Promise<unknown> => {
    switch (request.call) {
      case 'start':
        return await start(request.spec);
      case 'stop':
        return await stop(request.id, request.graceMs);
      case 'remove':
        if (processes.has(request.id)) throw new Error('the container still runs');
        records.delete(request.id);
        return rmSync(recordFile(request.id), { force: true });
      case 'list':
        return [...records.values()];
      case 'end':
        return await end(request.graceMs);
      default:
        request satisfies never;
    }
  };
  const watchOrphan = (): void => {
    orphaned?.[Symbol.dispose]();
    orphaned = clock.timer(orphanedAfterMs, () => done.resolve());
  };

  const server = createServer((socket) => {
    agent?.destroy();
    agent = socket;
    orphaned?.[Symbol.dispose]();
    socket.on('error', () => {});
    socket.on('close', () => {
      if (agent !== socket) return;
      agent = undefined;
      watchOrphan();
    });
    const read = createLineReader<ShimRequest>((request) => {
      const { sequence } = request;
      answer(request)
        .then(
          (result) => tell(socket, { sequence, result: result ?? null }),
          (error: unknown) => tell(socket, { sequence, error: error instanceof Error ? error.message : String(error) }),
        )
        .finally(() => {
          if (request.call === 'end') socket.end(() => done.resolve());
        });
    });
    socket.on('data', (chunk) => {
      try {
        read(chunk);
      } catch {
        socket.destroy();
      }
    });
  });
  rmSync(SHIM_SOCKET, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(SHIM_SOCKET, resolve);
  });
  chmodSync(SHIM_SOCKET, 0o600);
  watchOrphan();
  options.signal.addEventListener('abort', () => done.resolve(), { once: true });
  await done.promise;
  orphaned?.[Symbol.dispose]();
  await end(2000);
  server.close();
  agent?.destroy();
  rmSync(SHIM_SOCKET, { force: true });
}

/** A container runtime gives code 128 to what it could not start. */
function notStarted(error: unknown, clock: Clock): ContainerPhase {
  const message = error instanceof Error ? error.message : String(error);
  return { kind: 'exited', startedAtMs: 0, finishedAtMs: clock.now(), exitCode: 128, error: message };
}

/** Whether a shim answers on the socket already. */
function served(): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(SHIM_SOCKET);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

function recordFile(id: string): string {
  return join(SHIM_RECORDS, `${id.slice(0, 24)}.json`);
}

function save(record: ShimRecord): void {
  const file = recordFile(record.spec.id);
  writeFileSync(`${file}.new`, JSON.stringify(record), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/** The records of an earlier shim. What it left running has nobody to read its output or exit code: it is ended here. */
function loadRecords(clock: Clock): Map<string, ShimRecord> {
  mkdirSync(SHIM_RECORDS, { recursive: true, mode: 0o700 });
  const records = new Map<string, ShimRecord>();
  for (const name of readdirSync(SHIM_RECORDS).filter((each) => each.endsWith('.json'))) {
    let record: ShimRecord;
    try {
      record = JSON.parse(readFileSync(join(SHIM_RECORDS, name), 'utf8')) as ShimRecord;
    } catch {
      rmSync(join(SHIM_RECORDS, name), { force: true });
      continue;
    }
    if (record.phase.kind === 'running') {
      if (record.pidStart !== '' && processStart(record.pid) === record.pidStart) killGroup(record.pid, 'SIGKILL');
      const { startedAtMs } = record.phase;
      const phase = { kind: 'exited', startedAtMs, finishedAtMs: clock.now(), exitCode: LOST_EXIT_CODE } as const;
      record = { ...record, phase };
      save(record);
    }
    records.set(record.spec.id, record);
  }
  return records;
}
