import { PODS, type Pod } from '@hardpoint/kubernetes';
import { type Client, createInformer, type Informer, keyOf } from '@hardpoint/machinery';
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
  readonly client: Client;
  readonly host: PodHost;
  readonly hosts: (node: string) => boolean;
}): PodKeeper {
  const { client, host, hosts } = options;
  const workers = new Map<string, PodWorker>();
  let pods: Informer<Pod> | undefined;
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
    void worker.done.then(() => workers.delete(uid));
  };
  const sweep = async (): Promise<void> => {
    const known = new Set((pods?.list() ?? []).map(({ metadata }) => metadata.uid));
    for (const { spec, phase } of host.runtime.list()) {
      if (known.has(spec.podUid)) continue;
      // Its Pod was deleted while no agent looked.
      if (phase.kind === 'running') await host.runtime.stop(spec.id, { graceMs: 2000 });
      await host.runtime.remove(spec.id);
      host.addresses.release(spec.podUid);
    }
  };
  return {
    worker: (namespace, name) => [...workers.values()].find((each) => keyOf(each.current()) === `${namespace}/${name}`),
    workers: () => [...workers.values()],
    look() {
      for (const pod of pods?.list() ?? []) if (!workers.has(pod.metadata.uid)) take(pod);
    },
    async run(signal) {
      stop = signal;
      const informer = createInformer({ ...host, client, type: PODS, signal });
      pods = informer;
      using _exits = host.runtime.onExit((record) => workers.get(record.spec.podUid)?.exited(record));
      try {
        await informer.synced(signal);
        using _pods = informer.subscribe((change) => {
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
      await informer.done;
    },
  };
}
