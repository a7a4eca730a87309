import type { Catalog } from '../kinds/catalog.ts';
import type { Kind } from '../kinds/kind.ts';
import { metadataOf, type Registry } from '../registry/registry.ts';
import { cloneJson, getOwn, type JsonObject, objectAt, StatusError, stringAt } from '../schema/contract.ts';
import { ChangeQueue } from './change-queue.ts';
import { systemRequest } from './system-request.ts';

const rootCaAnnotations = {
  'kubernetes.io/description':
    'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.',
};

/**
 * What every namespace has (a default ServiceAccount, the ConfigMap kube-root-ca.crt) and how one ends: its objects are
 * deleted, then the namespace.
 */
export function keepNamespaces(options: {
  readonly registry: Registry;
  readonly catalog: Catalog;
  /** PEM */
  readonly authority: string;
  readonly signal: AbortSignal;
}): { readonly settled: () => Promise<void> } {
  const { registry, catalog, signal } = options;
  const { store } = registry;
  const request = systemRequest('system:serviceaccount:kube-system:namespace-controller', signal);
  const kindOf = (kind: string): Kind => {
    const found = catalog.findByKind('', 'v1', kind);
    if (found === undefined) throw new Error(`no kind ${kind}`);
    return found;
  };
  const accounts = kindOf('ServiceAccount');
  const configMaps = kindOf('ConfigMap');
  const pods = kindOf('Pod');

  async function ensure(kind: Kind, namespace: string, name: string, fields: JsonObject): Promise<void> {
    if (store.latest(kind.storage, `${namespace}/${name}`) !== undefined) return;
    try {
      const object = { apiVersion: 'v1', kind: kind.kind, metadata: { name, namespace }, ...cloneJson(fields) };
      const fieldManager = kind === configMaps ? 'kube-controller-manager' : '';
      await registry.create(kind, { namespace, name }, object, { ...request(), fieldManager });
    } catch (error) {
      if (!(error instanceof StatusError && error.reason === 'AlreadyExists')) throw error;
    }
  }

  async function handle(name: string): Promise<void> {
    const namespace = store.get('namespaces', name);
    if (namespace === undefined) return;
    if (getOwn(metadataOf(namespace), 'deletionTimestamp') === undefined) {
      await ensure(accounts, name, 'default', {});
      await ensure(configMaps, name, 'kube-root-ca.crt', {
        metadata: { name: 'kube-root-ca.crt', namespace: name, annotations: { ...rootCaAnnotations } },
        data: { 'ca.crt': options.authority },
      });
      return;
    }
    const left = await empty(name);
    if (left > 0) throw new Error(`${left} objects are left`);
    const current = store.latest('namespaces', name);
    if (current === undefined) return;
    const next = cloneJson(current);
    next.spec = {};
    const finalizers = getOwn(metadataOf(next), 'finalizers');
    const done = !Array.isArray(finalizers) || finalizers.length === 0;
    await store.durable(store.write('namespaces', name, done ? undefined : next));
  }

  async function empty(namespace: string): Promise<number> {
    const seen = new Set<string>();
    let left = 0;
    for (const kind of catalog.all()) {
      if (!kind.namespaced || seen.has(kind.storage) || !kind.verbs.includes('delete')) continue;
      seen.add(kind.storage);
      for (const [, object] of store.list(kind.storage, `${namespace}/`)) {
        const metadata = metadataOf(object);
        const name = String(metadata.name);
        if (getOwn(metadata, 'deletionTimestamp') === undefined) {
          await registry
            .delete(
              kind,
              { namespace, name },
              { ...request(), gracePeriodSeconds: undefined, propagation: 'Background', preconditions: undefined },
            )
            .catch((error: unknown) => {
              if (!(error instanceof StatusError && error.reason === 'NotFound')) throw error;
            });
        }
      }
      left += store.list(kind.storage, `${namespace}/`).length;
    }
    return left;
  }

  const queue = new ChangeQueue({ handle, clock: registry.clock, log: registry.log, signal });
  const subscriptions = [
    store.subscribe('namespaces', (event) => queue.add(event.key)),
    store.subscribe(accounts.storage, (event) => {
      if (event.object === undefined) queue.add(event.key.split('/')[0] ?? '');
    }),
    store.subscribe(configMaps.storage, (event) => {
      if (event.object === undefined && event.key.endsWith('/kube-root-ca.crt'))
        queue.add(event.key.split('/')[0] ?? '');
    }),
    store.subscribe(pods.storage, (event) => {
      const namespace = event.key.split('/')[0] ?? '';
      const terminating =
        stringAt(objectAt(store.get('namespaces', namespace) ?? {}, 'status'), 'phase') === 'Terminating';
      if (event.object === undefined && terminating) queue.add(namespace);
    }),
  ];
  signal.addEventListener('abort', () => {
    for (const subscription of subscriptions) subscription[Symbol.dispose]();
  });
  for (const [name] of store.list('namespaces')) queue.add(name);
  return { settled: () => queue.settled() };
}

/** The namespaces every cluster begins with. */
export const firstNamespaces = ['default', 'kube-node-lease', 'kube-public', 'kube-system'] as const;
