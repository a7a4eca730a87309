import {
  CONFIG_MAPS,
  type ConfigMap,
  type KubernetesObject,
  type ResourceType,
  SECRETS,
  type Secret,
} from '@hardpoint/kubernetes';
import {
  type Client,
  type Clock,
  createInformer,
  type Logger,
  type Random,
  type RunningInformer,
} from '@hardpoint/machinery';

/** ConfigMaps and Secrets by name, each followed by one watch for as long as somebody uses it. */
export interface ObjectSource {
  /** undefined: there is none. Waits for the first look. */
  configMap(namespace: string, name: string, signal: AbortSignal): Promise<ConfigMap | undefined>;
  secret(namespace: string, name: string, signal: AbortSignal): Promise<Secret | undefined>;
  /** Keeps following the named objects, and calls `onChange` at each change, until disposed. */
  follow(options: {
    readonly namespace: string;
    readonly configMaps: readonly string[];
    readonly secrets: readonly string[];
    readonly onChange: () => void;
  }): Disposable;
}

interface Followed {
  readonly informer: RunningInformer<ConfigMap | Secret>;
  readonly stop: AbortController;
  users: number;
}

export function createObjectSource(options: {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly signal: AbortSignal;
}): ObjectSource {
  const followed = new Map<string, Followed>();
  const types: Record<'configMap' | 'secret', ResourceType<ConfigMap | Secret>> = {
    configMap: CONFIG_MAPS,
    secret: SECRETS,
  };

  const use = (kind: 'configMap' | 'secret', namespace: string, name: string): Followed => {
    const key = `${kind}/${namespace}/${name}`;
    let entry = followed.get(key);
    if (entry === undefined) {
      const stop = new AbortController();
      const informer = createInformer<ConfigMap | Secret>({
        ...options,
        type: types[kind],
        namespace,
        fieldSelector: `metadata.name=${name}`,
        signal: AbortSignal.any([stop.signal, options.signal]),
      });
      entry = { informer, stop, users: 0 };
      followed.set(key, entry);
    }
    return entry;
  };
  const release = (kind: 'configMap' | 'secret', namespace: string, name: string): void => {
    const key = `${kind}/${namespace}/${name}`;
    const entry = followed.get(key);
    if (entry === undefined || --entry.users > 0) return;
    entry.stop.abort();
    followed.delete(key);
  };
  const read = async <T extends KubernetesObject>(
    kind: 'configMap' | 'secret',
    namespace: string,
    name: string,
    signal: AbortSignal,
  ): Promise<T | undefined> => {
    const entry = use(kind, namespace, name);
    entry.users++;
    try {
      await entry.informer.synced(signal);
      return entry.informer.get(`${namespace}/${name}`) as T | undefined;
    } finally {
      release(kind, namespace, name);
    }
  };
  return {
    configMap: (namespace, name, signal) => read<ConfigMap>('configMap', namespace, name, signal),
    secret: (namespace, name, signal) => read<Secret>('secret', namespace, name, signal),
    follow({ namespace, configMaps, secrets, onChange }) {
      const stack = new DisposableStack();
      for (const [kind, names] of [
        ['configMap', configMaps],
        ['secret', secrets],
      ] as const) {
        for (const name of new Set(names)) {
          const entry = use(kind, namespace, name);
          entry.users++;
          stack.defer(() => release(kind, namespace, name));
          stack.use(entry.informer.subscribe(onChange));
        }
      }
      return stack;
    },
  };
}
