import type { Container, Probe } from '@hardpoint/kubernetes';
import type { Clock } from '@hardpoint/machinery';
import { checkProbe, type ExecuteInContainer, type ProbeAnswer } from './probe-check.ts';

export type ProbeKind = 'startup' | 'readiness' | 'liveness';
export type ProbeResult = 'success' | 'failure';

/**
 * A probe that has not passed yet is asked this often during its first period, and a failure then does not count: a
 * kubelet, too, asks anew at every change of the Pod's status, and what takes 150 ms to serve should not wait a second.
 */
const EAGER_MS = 100;

/**
 * Probes one running container until `signal` aborts: a kubelet's timings and thresholds. A startup or liveness probe
 * ends at its verdict. Never rejects.
 */
export async function runProbe(options: {
  readonly kind: ProbeKind;
  readonly probe: Probe;
  readonly container: Container;
  readonly podIp: string;
  /** Wall time, ms. */
  readonly startedAtMs: number;
  /** This agent saw the container start, so that its first period is the container's. */
  readonly fresh: boolean;
  readonly execute: ExecuteInContainer;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Resolves when the container counts as started. A startup probe does not wait for it. */
  readonly started: Promise<void>;
  readonly onResult: (result: ProbeResult) => void;
  readonly onFailure: (output: string) => void;
}): Promise<void> {
  const { kind, probe, clock, signal, onResult, onFailure } = options;
  const periodMs = (probe.periodSeconds ?? 10) * 1000;
  const failureThreshold = probe.failureThreshold ?? 3;
  const successThreshold = probe.successThreshold ?? 1;
  try {
    const delayMs = options.startedAtMs + (probe.initialDelaySeconds ?? 0) * 1000 - clock.now();
    if (delayMs > 0) await clock.sleep(delayMs, signal);
    if (kind !== 'startup') await Promise.race([options.started, aborted(signal)]);
    const begunMs = clock.monotonic();
    let eager = options.fresh && (probe.initialDelaySeconds ?? 0) === 0;
    let run = 0;
    let last: boolean | undefined;
    while (!signal.aborted) {
      const answer = await checkOnce(options);
      signal.throwIfAborted();
      if (eager && !answer.ok && clock.monotonic() - begunMs + EAGER_MS < periodMs) {
        await clock.sleep(EAGER_MS, signal);
        continue;
      }
      eager = false;
      run = answer.ok === last ? run + 1 : 1;
      last = answer.ok;
      if (!answer.ok) onFailure(answer.output);
      if (answer.ok && run >= successThreshold) {
        onResult('success');
        if (kind === 'startup') return;
      }
      if (!answer.ok && run >= failureThreshold) {
        onResult('failure');
        if (kind !== 'readiness') return;
      }
      await clock.sleep(periodMs, signal);
    }
  } catch (error) {
    if (!signal.aborted) onFailure(error instanceof Error ? error.message : String(error));
  }
}

async function checkOnce(options: {
  readonly probe: Probe;
  readonly container: Container;
  readonly podIp: string;
  readonly execute: ExecuteInContainer;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}): Promise<ProbeAnswer> {
  const { probe, container, podIp, execute, clock, signal } = options;
  const timeoutSeconds = probe.timeoutSeconds ?? 1;
  const timeout = new AbortController();
  using _ = clock.timer(timeoutSeconds * 1000, () => timeout.abort(new Error('probe timed out')));
  const either = AbortSignal.any([signal, timeout.signal]);
  return await checkProbe({ probe, container, podIp, execute, signal: either, timeoutSeconds });
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
