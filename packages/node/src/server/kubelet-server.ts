import type { Clock, Logger } from '@hardpoint/machinery';
import type { PodWorker } from '../pod/pod-worker.ts';
import type { ContainerRuntime } from '../runtime/container-runtime.ts';

export interface KubeletServer extends AsyncDisposable {
  readonly port: number;
}

export async function startKubeletServer(_options: {
  readonly host: string;
  readonly clientCa: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly runtime: ContainerRuntime;
  readonly workers: () => readonly PodWorker[];
  readonly worker: (namespace: string, name: string) => PodWorker | undefined;
}): Promise<KubeletServer> {
  return { port: 10250, [Symbol.asyncDispose]: async () => {} };
}
