import type { Container, Pod } from '@hardpoint/kubernetes';
import type { Clock } from '@hardpoint/machinery';
import type { ProbeResults } from '../pod/pod-actions.ts';
import type { ProbeVerdict } from '../pod/pod-status.ts';
import type { ContainerRecord } from '../runtime/container-runtime.ts';
import type { ExecuteInContainer } from './probe-check.ts';
import { type ProbeKind, type ProbeResult, runProbe } from './probe-worker.ts';

/** The probes of one running container. */
export interface ContainerProbes extends Disposable {
  readonly results: ProbeResults;
  readonly verdict: ProbeVerdict;
}

/**
 * Starts the probes a container asks for. `before` is what its status said when this agent found it running already: it
 * then keeps started and ready until a probe says otherwise, as with a kubelet that comes back.
 */
export function startContainerProbes(options: {
  readonly pod: Pod;
  readonly container: Container;
  readonly record: ContainerRecord;
  readonly podIp: string;
  readonly before: ProbeVerdict | undefined;
  /** False in a runtime whose containers have no sockets: every probe then passes at once. */
  readonly real: boolean;
  readonly execute: ExecuteInContainer;
  readonly clock: Clock;
  readonly onChange: () => void;
  readonly onFailure: (kind: ProbeKind, output: string) => void;
}): ContainerProbes {
  const { container, record, before, real, clock, onChange } = options;
  const stop = new AbortController();
  const started = Promise.withResolvers<void>();
  const probes: Record<ProbeKind, Container['startupProbe']> = {
    startup: real ? container.startupProbe : undefined,
    readiness: real ? container.readinessProbe : undefined,
    liveness: real ? container.livenessProbe : undefined,
  };
  const results: Record<ProbeKind, ProbeResult | undefined> = {
    startup: probes.startup === undefined || before?.started === true ? 'success' : undefined,
    readiness: probes.readiness === undefined || before?.ready === true ? 'success' : undefined,
    liveness: undefined,
  };
  if (results.startup === 'success') started.resolve();

  for (const kind of ['startup', 'readiness', 'liveness'] as const) {
    const probe = probes[kind];
    if (probe === undefined || (kind === 'startup' && results.startup === 'success')) continue;
    void runProbe({
      ...options,
      kind,
      probe,
      startedAtMs: record.phase.startedAtMs,
      fresh: before === undefined,
      signal: stop.signal,
      started: started.promise,
      clock,
      onResult: (result) => {
        if (results[kind] === result) return;
        results[kind] = result;
        if (kind === 'startup' && result === 'success') started.resolve();
        onChange();
      },
      onFailure: (output) => options.onFailure(kind, output),
    });
  }
  return {
    results,
    get verdict() {
      return { started: results.startup === 'success', ready: results.readiness === 'success' };
    },
    [Symbol.dispose]: () => stop.abort(new Error('the container is no longer probed')),
  };
}
