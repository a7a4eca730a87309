import type { Pod } from '@hardpoint/kubernetes';
import { type Informer, keyOf } from '@hardpoint/machinery';
import type { PodHost } from '../pod/pod-host.ts';
import { type PodWorker, startPodWorker } from '../pod/pod-worker.ts';

/** Has a worker for each Pod bound to a Node of this agent. */
export interface PodKeeper {
  worker(namespace: string, name: string): PodWorker | undefined;
  workers(): readonly PodWorker[];
  /** A Node has become this agent's: its Pods too. */
  look(): void;
  /** Works until `signal` aborts; the containers stay as they are then. Once only. */
  run(signal: AbortSignal): Promise<void>;
}

export function createPodKeeper(options: {
  readonly host: PodHost;
  readonly pods: Informer<Pod>;
  readonly hosts: (node: string) => boolean;
}): PodKeeper {
  const { host, pods, hosts } = options;
  const workers = new Map<string, PodWorker>();
  const byName = new Map<string, PodWorker>();
  let stop: AbortSignal | undefined;

  const take = (pod: Pod): void => {
    const uid = pod.metadata?.uid ?? '';
    const node = pod.spec?.nodeName ?? '';
    if (node === '' || !hosts(node) || stop === undefined) return;
    const known = workers.get(uid);
    if (known !== undefined) {
      known.update(pod);
      return;
    }
    const worker = startPodWorker({ host, pod, signal: stop });
    workers.set(uid, worker);
    const key = keyOf(pod);
    byName.set(key, worker);
    void worker.done.then(() => {
      workers.delete(uid);
      if (byName.get(key) === worker) byName.delete(key);
    });
  };
  const sweep = async (): Promise<void> => {
    const known = new Set(pods.list().map(({ metadata }) => metadata.uid));
    for (const { spec, phase } of host.runtime.list()) {
      if (known.has(spec.podUid)) continue;
      // Its Pod was deleted while no agent looked.
      if (phase.kind === 'running') await host.runtime.stop(spec.id, { graceMs: 2000 });
      await host.runtime.remove(spec.id);
      host.addresses.release(spec.podUid);
    }
  };
  return {
    worker: (namespace, name) => byName.get(`${namespace}/${name}`),
    workers: () => [...workers.values()],
    look() {
      for (const pod of pods.list()) if (!workers.has(pod.metadata.uid)) take(pod);
    },
    async run(signal) {
      stop = signal;
      using _exits = host.runtime.onExit((record) => workers.get(record.spec.podUid)?.exited(record));
      try {
        await pods.synced(signal);
        using _pods = pods.subscribe((change) => {
          if (change.type === 'deleted') workers.get(change.object.metadata.uid)?.forget();
          else {
            if (change.type === 'updated' && change.previous.metadata.uid !== change.object.metadata.uid) {
              workers.get(change.previous.metadata.uid)?.forget();
            }
            take(change.object);
          }
        });
        await sweep();
        await new Promise<void>((resolve) => {
          if (signal.aborted) resolve();
          signal.addEventListener('abort', () => resolve(), { once: true });
        });
      } catch (error) {
        if (!signal.aborted) throw error;
      }
      await Promise.all([...workers.values()].map(({ done }) => done));
    },
  };
}
