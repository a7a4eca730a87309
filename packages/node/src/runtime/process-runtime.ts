import type { Clock, Logger } from '@hardpoint/machinery';
import { NodeError } from '../node-error.ts';
import { connectRunningShim, connectShim, type ShimClient } from '../shim/shim-client.ts';
import type { ContainerPhase, ContainerRecord, ContainerRuntime } from './container-runtime.ts';
import { createRecordStore } from './record-store.ts';

/** What a container ended by a lost shim is said to have ended with. */
const LOST_EXIT_CODE = 137;

const REACH_TRIES = 50;
const REACH_PAUSE_MS = 100;

/**
 * Containers as processes below a shim that outlives this one. Rejects where no shim can be reached or started.
 * Disposal ends all containers where `whenDisposed` says so, and leaves them to the next agent otherwise.
 */
export async function createProcessRuntime(options: {
  readonly dataDir: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
  /** Without an agent for so long, the shim ends all containers and itself. */
  readonly orphanedAfterMs: number;
  /** Program and first arguments of the shim; default: the one that comes with this package. */
  readonly shim?: readonly string[] | undefined;
  readonly whenDisposed: () => 'end-containers' | 'leave-containers';
  /** What containers get at disposal between SIGTERM and SIGKILL. */
  readonly endGraceMs: number;
}): Promise<ContainerRuntime> {
  const { clock, log, signal } = options;
  const records = createRecordStore();
  const listeners = new Set<(record: ContainerRecord) => void>();
  const exited = new Map<string, PromiseWithResolvers<void>>();
  const early = new Map<string, ContainerPhase>();
  let disposed = false;

  const onExit = (id: string, phase: ContainerPhase): void => {
    const record = records.get(id);
    if (record === undefined) {
      // Told in one breath with the answer to its start, which has not been read yet.
      early.set(id, phase);
      return;
    }
    if (record.phase.kind === 'exited') return;
    const after: ContainerRecord = { spec: record.spec, phase };
    records.set(after);
    exited.get(id)?.resolve();
    exited.delete(id);
    for (const listener of listeners) listener(after);
  };
  const take = async (shim: ShimClient): Promise<void> => {
    const listed = await shim.list();
    const there = new Set(listed.map(({ spec }) => spec.id));
    for (const { spec, phase } of listed) {
      const known = records.get(spec.id);
      if (known === undefined) records.set({ spec, phase });
      else if (phase.kind === 'exited') onExit(spec.id, phase);
    }
    for (const record of records.list()) {
      if (there.has(record.spec.id) || record.phase.kind === 'exited') continue;
      const { startedAtMs } = record.phase;
      onExit(record.spec.id, { kind: 'exited', startedAtMs, finishedAtMs: clock.now(), exitCode: LOST_EXIT_CODE });
    }
  };
  /** A shim that is being killed may still take a connection: what is lost at once is tried again. */
  const reach = async (): Promise<ShimClient> => {
    for (let tries = 1; ; tries++) {
      const shim = await connectShim({ ...options, onExit });
      try {
        await take(shim);
        return shim;
      } catch (error) {
        await shim[Symbol.asyncDispose]();
        if (tries === REACH_TRIES) throw error;
        await clock.sleep(REACH_PAUSE_MS, signal);
      }
    }
  };
  const open = async (): Promise<ShimClient> => {
    const shim = await reach();
    void shim.closed.then(() => {
      if (disposed || signal.aborted) return;
      log.error('the shim is gone, starting another');
      current = open();
      current.catch((error: unknown) => log.error('no shim', { error }));
    });
    return shim;
  };
  let current = open();
  await current;

  return {
    scheme: 'hardpoint',
    version: 'hardpoint://0.1.0',
    real: true,
    list: (podUid) => records.list(podUid),
    get: (id) => records.get(id),
    async start(spec) {
      const shim = await current;
      const started = await shim.start(spec);
      const record: ContainerRecord = { spec, phase: early.get(spec.id) ?? started.phase };
      early.delete(spec.id);
      records.set(record);
      return record;
    },
    async stop(id, { graceMs }) {
      const record = records.get(id);
      if (record === undefined || record.phase.kind === 'exited') return;
      const gone = exited.get(id) ?? Promise.withResolvers<void>();
      exited.set(id, gone);
      try {
        await (await current).stop(id, graceMs);
      } catch (error) {
        if (!(error instanceof NodeError) || error.code !== 'ShimUnreachable') throw error;
      }
      await gone.promise;
    },
    async remove(id) {
      await (await current).remove(id);
      records.delete(id);
    },
    onExit(listener) {
      listeners.add(listener);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
    async [Symbol.asyncDispose]() {
      disposed = true;
      const shim = await current.catch(() => undefined);
      if (shim === undefined) return;
      if (options.whenDisposed() === 'end-containers') await shim.end(options.endGraceMs).catch(() => {});
      await shim[Symbol.asyncDispose]();
    },
  };
}

/** Ends all containers of a data folder and its shim, where one runs: for a supervisor whose agent is gone. */
export async function endContainers(options: { readonly dataDir: string; readonly graceMs: number }): Promise<void> {
  const shim = await connectRunningShim({ dataDir: options.dataDir, onExit: () => {} });
  if (shim === undefined) return;
  await using _ = shim;
  await shim.end(options.graceMs);
}
