import { Counter, Gauge, Histogram, Registry } from '@prometheus-io/client';
import type { QueueName } from './framework/scheduling-queue.ts';

export type AttemptResult = 'scheduled' | 'unschedulable' | 'error';

/** The scheduler's own metrics, in a registry of their own. Durations are seconds. */
export interface SchedulerMetrics {
  readonly registry: Registry;
  attempt(profile: string, result: AttemptResult, seconds: number): void;
  algorithm(profile: string, seconds: number): void;
  binding(profile: string, seconds: number): void;
  /** From the Pod's first coming into the queue to its being bound. */
  placed(profile: string, attempts: number, seconds: number): void;
  claimRefused(): void;
}

const SECONDS = [0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.256, 0.512, 1, 2, 4, 8, 16];

/** Names follow kube-scheduler's with the prefix hardpoint_. */
export function createSchedulerMetrics(options: {
  readonly registry?: Registry | undefined;
  readonly pending: () => Readonly<Record<QueueName, number>>;
}): SchedulerMetrics {
  const registry = options.registry ?? new Registry();
  const registers = [registry];
  const attempts = new Counter({
    name: 'hardpoint_scheduler_schedule_attempts_total',
    help: 'Attempts to place a Pod, by result.',
    labelNames: ['profile', 'result'],
    registers,
  });
  const durations = new Histogram({
    name: 'hardpoint_scheduler_scheduling_attempt_duration_seconds',
    help: 'Duration of an attempt, binding included.',
    labelNames: ['profile', 'result'],
    buckets: SECONDS,
    registers,
  });
  const algorithm = new Histogram({
    name: 'hardpoint_scheduler_scheduling_algorithm_duration_seconds',
    help: 'Duration of filtering and scoring.',
    labelNames: ['profile'],
    buckets: SECONDS,
    registers,
  });
  const binding = new Histogram({
    name: 'hardpoint_scheduler_binding_duration_seconds',
    help: 'Duration of the binding cycle, claim and record included.',
    labelNames: ['profile'],
    buckets: SECONDS,
    registers,
  });
  const waited = new Histogram({
    name: 'hardpoint_scheduler_pod_scheduling_duration_seconds',
    help: 'From the first sight of a Pod to its Binding.',
    labelNames: ['profile'],
    buckets: [...SECONDS, 32, 64, 128, 256, 512],
    registers,
  });
  const tries = new Histogram({
    name: 'hardpoint_scheduler_pod_scheduling_attempts',
    help: 'Attempts it took to place a Pod.',
    labelNames: ['profile'],
    buckets: [1, 2, 4, 8, 16],
    registers,
  });
  const claims = new Counter({
    name: 'hardpoint_scheduler_claims_refused_total',
    help: 'Aircraft that another scheduler had claimed first.',
    registers,
  });
  new Gauge({
    name: 'hardpoint_scheduler_pending_pods',
    help: 'Pods that wait, by queue.',
    labelNames: ['queue'],
    registers,
    collect() {
      for (const [queue, count] of Object.entries(options.pending())) this.set({ queue }, count);
    },
  });
  return {
    registry,
    attempt(profile, result, seconds) {
      attempts.inc({ profile, result });
      durations.observe({ profile, result }, seconds);
    },
    algorithm: (profile, seconds) => algorithm.observe({ profile }, seconds),
    binding: (profile, seconds) => binding.observe({ profile }, seconds),
    placed(profile, attemptCount, seconds) {
      waited.observe({ profile }, seconds);
      tries.observe({ profile }, attemptCount);
    },
    claimRefused: () => claims.inc(),
  };
}
