import { Gauge, Registry } from '@prometheus-io/client';
import type { PodWorker } from '../pod/pod-worker.ts';
import type { ContainerRuntime } from '../runtime/container-runtime.ts';

/** What runs, in the words of a kubelet's own metrics. */
export async function metricsText(workers: readonly PodWorker[], runtime: ContainerRuntime): Promise<string> {
  const registry = new Registry();
  const pods = new Gauge({
    name: 'kubelet_running_pods',
    help: 'Number of pods that have a running pod sandbox',
    registers: [registry],
  });
  const containers = new Gauge({
    name: 'kubelet_running_containers',
    help: 'Number of containers currently running',
    labelNames: ['container_state'],
    registers: [registry],
  });
  const records = runtime.list();
  const running = records.filter(({ phase }) => phase.kind === 'running');
  const uids = new Set(workers.map(({ uid }) => uid));
  pods.set(new Set(running.map(({ spec }) => spec.podUid).filter((uid) => uids.has(uid))).size);
  containers.set({ container_state: 'running' }, running.length);
  containers.set({ container_state: 'exited' }, records.length - running.length);
  return await registry.metrics();
}
