import type { Clock, Reconcile } from '@hardpoint/machinery';
import { Counter, Histogram, Registry } from '@prometheus-io/client';

/** The operator's own metrics (O1). One registry per operator, none is global. */
export interface OperatorMetrics {
  /** A reconcile that is counted and timed. */
  observe(controller: string, reconcile: Reconcile): Reconcile;
  launchRefused(reason: string): void;
  admission(webhook: string, verdict: 'allowed' | 'denied' | 'failed'): void;
  /** In Prometheus' text format. */
  text(): Promise<string>;
}

export function createMetrics(clock: Clock): OperatorMetrics {
  const registry = new Registry();
  const registers = [registry];
  const reconciles = new Counter({
    name: 'hardpoint_operator_reconcile_total',
    help: 'Reconciles by controller and result',
    labelNames: ['controller', 'result'],
    registers,
  });
  const seconds = new Histogram({
    name: 'hardpoint_operator_reconcile_seconds',
    help: 'Duration of reconciles',
    labelNames: ['controller'],
    buckets: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5],
    registers,
  });
  const refused = new Counter({
    name: 'hardpoint_operator_launch_refused_total',
    help: 'Launches that weapons refused, by reason',
    labelNames: ['reason'],
    registers,
  });
  const admissions = new Counter({
    name: 'hardpoint_operator_admission_total',
    help: 'Admission requests by webhook and verdict',
    labelNames: ['webhook', 'verdict'],
    registers,
  });
  return {
    observe: (controller, reconcile) => async (key, signal) => {
      const begun = clock.monotonic();
      let result = 'error';
      try {
        const answer = await reconcile(key, signal);
        result = 'done';
        return answer;
      } finally {
        reconciles.inc({ controller, result });
        seconds.observe({ controller }, (clock.monotonic() - begun) / 1000);
      }
    },
    launchRefused: (reason) => refused.inc({ reason }),
    admission: (webhook, verdict) => admissions.inc({ webhook, verdict }),
    text: () => registry.metrics(),
  };
}
