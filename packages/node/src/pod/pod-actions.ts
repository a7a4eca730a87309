import type { Container, Pod } from '@hardpoint/kubernetes';
import type { ContainerRecord } from '../runtime/container-runtime.ts';
import { initRestartsAfter, isSidecar, restartsAfter } from './restart-rule.ts';

export interface ProbeResults {
  /** undefined: has not passed or failed for good yet. */
  readonly startup: 'success' | 'failure' | undefined;
  readonly liveness: 'success' | 'failure' | undefined;
}

export interface KillAction {
  readonly record: ContainerRecord;
  readonly container: Container;
  readonly probe: 'startup' | 'liveness';
  readonly message: string;
}

export interface PodActions {
  /** In the order they are to be started. */
  readonly start: readonly Container[];
  readonly kill: readonly KillAction[];
  /** Nothing more will run: end what is left (sidecars), the Pod is finished. */
  readonly finish: boolean;
}

/**
 * What to do next for a Pod that is to run, by the rules of a kubelet (computePodActions, Kubernetes 1.37). Pure.
 * `records` are the Pod's containers in the runtime, oldest first.
 */
export function podActions(options: {
  readonly pod: Pod;
  readonly records: readonly ContainerRecord[];
  readonly probes: (record: ContainerRecord) => ProbeResults;
}): PodActions {
  const { pod, records, probes } = options;
  const latest = (name: string) => records.findLast((record) => record.spec.container === name);
  const start: Container[] = [];
  const kill: KillAction[] = [];

  const main = pod.spec?.containers ?? [];
  const mainStarted = main.some(({ name }) => latest(name) !== undefined);
  let initialized = true;
  for (const container of pod.spec?.initContainers ?? []) {
    const record = latest(container.name);
    if (record === undefined) {
      if (mainStarted && !isSidecar(container)) continue;
      start.push(container);
      if (mainStarted) continue;
      initialized = false;
      break;
    }
    if (isSidecar(container)) {
      if (record.phase.kind === 'exited') {
        start.push(container);
        continue;
      }
      const results = probes(record);
      if (container.startupProbe !== undefined && results.startup !== 'success') {
        if (results.startup === 'failure') {
          const message = `Init container ${container.name} failed startup probe`;
          kill.push({ record, container, probe: 'startup', message });
        }
        if (mainStarted) continue;
        initialized = false;
        break;
      }
      if (results.liveness === 'failure') {
        const message = `Init container ${container.name} failed liveness probe`;
        kill.push({ record, container, probe: 'liveness', message });
      }
      continue;
    }
    if (mainStarted) continue;
    if (record.phase.kind === 'exited' && record.phase.exitCode === 0) continue;
    initialized = false;
    if (record.phase.kind === 'exited') {
      const { exitCode } = record.phase;
      if (!initRestartsAfter({ pod, container, exitCode })) return { start: [], kill: [], finish: true };
      start.push(container);
    }
    break;
  }
  if (!initialized) return { start, kill, finish: false };

  let kept = 0;
  const starting: Container[] = [];
  for (const container of main) {
    const record = latest(container.name);
    if (record === undefined) {
      starting.push(container);
      continue;
    }
    if (record.phase.kind === 'exited') {
      if (restartsAfter({ pod, container, exitCode: record.phase.exitCode })) starting.push(container);
      continue;
    }
    kept++;
    const results = probes(record);
    const failed = results.liveness === 'failure' ? 'liveness' : results.startup === 'failure' ? 'startup' : undefined;
    if (failed === undefined) continue;
    const again = (container.restartPolicy ?? pod.spec?.restartPolicy ?? 'Always') !== 'Never';
    const message = `Container ${container.name} failed ${failed} probe${again ? ', will be restarted' : ''}`;
    kill.push({ record, container, probe: failed, message });
  }
  if (kept === 0 && starting.length === 0) return { start: [], kill: [], finish: true };
  return { start: [...start, ...starting], kill, finish: false };
}
