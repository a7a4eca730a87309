import type { Container, Pod } from '@hardpoint/kubernetes';
import type { Clock, Logger } from '@hardpoint/machinery';
import type { ExecuteInContainer } from '../probe/probe-check.ts';
import type { ContainerRecord, ContainerRuntime } from '../runtime/container-runtime.ts';
import { runHook } from './lifecycle-hook.ts';
import type { PodEvents } from './pod-events.ts';
import { terminationOrder } from './termination-order.ts';

/** Every container is given at least this between SIGTERM and SIGKILL, ms (minimumGracePeriodInSeconds). */
const LEAST_GRACE_MS = 2000;

/** Ends containers as a kubelet does: Event, preStop hook, its turn, SIGTERM, SIGKILL. */
export interface PodEnding {
  /** Ends these containers within the grace, in their order; resolves when all have ended. A second, shorter call hastens the first. */
  endAll(pod: Pod, records: readonly ContainerRecord[], graceMs: number): Promise<void>;
  /** Ends one, outside any order. */
  endOne(options: {
    readonly pod: Pod;
    readonly container: Container;
    readonly record: ContainerRecord;
    readonly graceMs: number;
    readonly note: string;
  }): Promise<void>;
}

export function createPodEnding(options: {
  readonly runtime: ContainerRuntime;
  readonly clock: Clock;
  readonly log: Logger;
  readonly events: PodEvents;
  readonly podIp: () => string;
  readonly executeIn: (record: ContainerRecord) => ExecuteInContainer;
  readonly signal: AbortSignal;
}): PodEnding {
  const { runtime, clock, log, events, podIp, executeIn, signal } = options;
  const announced = new Set<string>();
  const ended = new Map<string, PromiseWithResolvers<void>>();
  const endOf = (id: string): PromiseWithResolvers<void> => {
    let end = ended.get(id);
    if (end === undefined) {
      end = Promise.withResolvers<void>();
      ended.set(id, end);
    }
    return end;
  };

  const preStop = async (container: Container, record: ContainerRecord, graceMs: number): Promise<void> => {
    const handler = container.lifecycle?.preStop;
    if (handler === undefined || graceMs <= 0) return;
    const timeout = new AbortController();
    using _ = clock.timer(graceMs, () => timeout.abort(new Error('grace period is over')));
    const either = AbortSignal.any([signal, timeout.signal]);
    try {
      await runHook({ handler, container, podIp: podIp(), execute: executeIn(record), clock, signal: either });
    } catch (error) {
      if (signal.aborted) throw error;
      events.container(container, 'Warning', 'FailedPreStopHook', 'PreStopHook failed');
      log.debug('preStop hook failed', { container: container.name, error });
    }
  };
  const end = async (args: {
    readonly container: Container;
    readonly record: ContainerRecord;
    readonly deadlineMs: number;
    readonly note: string;
    readonly turn: Promise<unknown>;
  }): Promise<void> => {
    const { container, record, deadlineMs, note, turn } = args;
    const { id } = record.spec;
    const left = () => deadlineMs - clock.monotonic();
    try {
      if (!announced.has(id)) {
        announced.add(id);
        events.container(container, 'Normal', 'Killing', note);
        await preStop(container, record, left());
      }
      if (left() > 0) {
        const waited = Promise.withResolvers<void>();
        using _ = clock.timer(left(), waited.resolve);
        await Promise.race([turn, waited.promise]);
      }
      await runtime.stop(id, { graceMs: Math.max(left(), LEAST_GRACE_MS), signal });
    } finally {
      endOf(id).resolve();
    }
  };

  return {
    async endAll(pod, records, graceMs) {
      const deadlineMs = clock.monotonic() + graceMs;
      const order = terminationOrder(pod);
      const all = [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])];
      const idOf = (name: string) => records.find(({ spec }) => spec.container === name)?.spec.id;
      await Promise.all(
        records.map((record) => {
          const name = record.spec.container;
          const container = all.find((each) => each.name === name) ?? { name };
          const before = (order.get(name) ?? []).map(idOf).filter((id) => id !== undefined);
          const turn = Promise.all(before.map((id) => endOf(id).promise));
          return end({ container, record, deadlineMs, note: `Stopping container ${name}`, turn });
        }),
      );
    },
    async endOne({ container, record, graceMs, note }) {
      const deadlineMs = clock.monotonic() + graceMs;
      await end({ container, record, deadlineMs, note, turn: Promise.resolve() });
    },
  };
}
