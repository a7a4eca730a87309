import type { Clock } from '@hardpoint/machinery';
import type { ContainerPhase, ContainerRecord, ContainerRuntime, ContainerSpec } from './container-runtime.ts';
import { createRecordStore } from './record-store.ts';

/** What becomes of a virtual container: it runs for so long and ends so, or runs until it is stopped. */
export type VirtualStage =
  | { readonly kind: 'ends'; readonly afterMs: number; readonly exitCode: number }
  | { readonly kind: 'runs' };

/** A container with a MISSION flies its phases; another runs until it is stopped. Init containers end at once. */
export function missionStage(spec: ContainerSpec, role: ContainerRole): VirtualStage {
  if (role === 'init') return { kind: 'ends', afterMs: 0, exitCode: 0 };
  const mission = spec.env.MISSION;
  if (role === 'sidecar' || mission === undefined) return { kind: 'runs' };
  return { kind: 'ends', afterMs: missionDurationMs(mission), exitCode: 0 };
}

export type ContainerRole = 'init' | 'sidecar' | 'main';

function missionDurationMs(mission: string): number {
  const parsed = JSON.parse(mission) as { phases?: readonly { durationSeconds?: number }[] };
  const seconds = (parsed.phases ?? []).reduce((sum, phase) => sum + (phase.durationSeconds ?? 0), 0);
  return Math.round(seconds * 1000);
}

/** Containers that exist as entries and timers only. */
export function createVirtualRuntime(options: {
  readonly clock: Clock;
  /** The container's part in its Pod, which a spec does not say. */
  readonly roleOf: (spec: ContainerSpec) => ContainerRole;
  readonly stage?: (spec: ContainerSpec, role: ContainerRole) => VirtualStage;
}): ContainerRuntime {
  const { clock, roleOf, stage = missionStage } = options;
  const records = createRecordStore();
  const timers = new Map<string, Disposable>();
  const listeners = new Set<(record: ContainerRecord) => void>();

  const end = (id: string, exitCode: number): void => {
    timers.get(id)?.[Symbol.dispose]();
    timers.delete(id);
    const record = records.get(id);
    if (record === undefined || record.phase.kind === 'exited') return;
    const { startedAtMs } = record.phase;
    const phase: ContainerPhase = { kind: 'exited', startedAtMs, finishedAtMs: clock.now(), exitCode };
    const after = { spec: record.spec, phase };
    records.set(after);
    for (const listener of listeners) listener(after);
  };
  return {
    scheme: 'virtual',
    version: 'virtual://0.1.0',
    real: false,
    list: (podUid) => records.list(podUid),
    get: (id) => records.get(id),
    async start(spec) {
      const record: ContainerRecord = { spec, phase: { kind: 'running', startedAtMs: clock.now() } };
      const becomes = stage(spec, roleOf(spec));
      records.set(record);
      if (becomes.kind === 'ends') {
        timers.set(
          spec.id,
          clock.timer(becomes.afterMs, () => end(spec.id, becomes.exitCode)),
        );
      }
      return record;
    },
    async stop(id) {
      end(id, 0);
    },
    async remove(id) {
      records.delete(id);
    },
    onExit(listener) {
      listeners.add(listener);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
    async [Symbol.asyncDispose]() {
      for (const timer of timers.values()) timer[Symbol.dispose]();
      timers.clear();
    },
  };
}
