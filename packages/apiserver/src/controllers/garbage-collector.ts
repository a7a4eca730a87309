import type { Catalog } from '../kinds/catalog.ts';
import { objectsAt } from '../kinds/fields.ts';
import type { Kind } from '../kinds/kind.ts';
import { metadataOf, type Registry } from '../registry/registry.ts';
import type { WriteRequest } from '../registry/write-options.ts';
import { cloneJson, getOwn, type JsonObject, StatusError } from '../schema/contract.ts';
import type { StoreEvent } from '../store/store.ts';
import { ChangeQueue } from './change-queue.ts';
import { systemRequest } from './system-request.ts';

interface Node {
  readonly storage: string;
  readonly key: string;
}

/**
 * Deletes what lost its last owner; carries out foreground and orphan deletions. One index from owner uid to dependents,
 * kept by the store's commits.
 */
export function collectGarbage(options: {
  readonly registry: Registry;
  readonly catalog: Catalog;
  readonly signal: AbortSignal;
}): void {
  const { registry, catalog, signal } = options;
  const { store } = registry;
  const anonymous = systemRequest('system:serviceaccount:kube-system:generic-garbage-collector', signal);
  /** Tracked, so that what is taken away is nobody's field any more. */
  const request = (): WriteRequest => ({ ...anonymous(), fieldManager: 'kube-controller-manager' });
  /** By owner uid, then `storage key`. */
  const dependents = new Map<string, Map<string, Node>>();
  const subscribed = new Map<string, Disposable>();
  /** Uids of live objects. */
  const alive = new Map<string, Node>();

  const idOf = ({ storage, key }: Node): string => `${storage} ${key}`;

  function ownersOf(object: JsonObject | undefined): JsonObject[] {
    return object === undefined ? [] : objectsAt(metadataOf(object), 'ownerReferences');
  }

  function follow(storage: string, event: StoreEvent): void {
    const node: Node = { storage, key: event.key };
    const { previous, object } = event;
    for (const owner of ownersOf(previous)) {
      const set = dependents.get(String(owner.uid));
      set?.delete(idOf(node));
      if (set?.size === 0) dependents.delete(String(owner.uid));
    }
    for (const owner of ownersOf(object)) {
      const uid = String(owner.uid);
      let set = dependents.get(uid);
      if (set === undefined) {
        set = new Map();
        dependents.set(uid, set);
      }
      set.set(idOf(node), node);
    }
    if (previous !== undefined) alive.delete(String(metadataOf(previous).uid));
    if (object !== undefined) {
      const metadata = metadataOf(object);
      alive.set(String(metadata.uid), node);
      if (ownersOf(object).length > 0 || getOwn(metadata, 'deletionTimestamp') !== undefined) queue.add(idOf(node));
    } else if (previous !== undefined) {
      for (const dependent of dependents.get(String(metadataOf(previous).uid))?.values() ?? [])
        queue.add(idOf(dependent));
      // What waited in the foreground for this one may go on.
      for (const owner of ownersOf(previous)) {
        const waiting = alive.get(String(owner.uid));
        if (waiting !== undefined) queue.add(idOf(waiting));
      }
    }
  }

  function kindOf(storage: string): Kind | undefined {
    return catalog.all().find((kind) => kind.storage === storage && kind.convert === undefined);
  }

  async function handle(id: string): Promise<void> {
    const space = id.indexOf(' ');
    const node: Node = { storage: id.slice(0, space), key: id.slice(space + 1) };
    const object = store.get(node.storage, node.key);
    const kind = kindOf(node.storage);
    if (object === undefined || kind === undefined) return;
    const metadata = metadataOf(object);
    const finalizers = Array.isArray(metadata.finalizers) ? metadata.finalizers.map(String) : [];
    if (getOwn(metadata, 'deletionTimestamp') !== undefined) {
      if (finalizers.includes('orphan')) await orphan(kind, node, object);
      else if (finalizers.includes('foregroundDeletion')) await foreground(kind, node, object);
      return;
    }
    const owners = ownersOf(object);
    if (owners.length === 0) return;
    const waiting = owners.filter((owner) => {
      const found = alive.get(String(owner.uid));
      const live = found === undefined ? undefined : store.get(found.storage, found.key);
      const names = live === undefined ? undefined : metadataOf(live).finalizers;
      return (
        live !== undefined &&
        getOwn(metadataOf(live), 'deletionTimestamp') !== undefined &&
        Array.isArray(names) &&
        names.includes('foregroundDeletion')
      );
    });
    const solid = owners.filter((owner) => exists(owner, object) && !waiting.includes(owner));
    if (solid.length === owners.length) return;
    if (solid.length > 0) {
      await rewrite(kind, node, (next) => {
        metadataOf(next).ownerReferences = solid.map((owner) => cloneJson(owner));
      });
      return;
    }
    const policy =
      waiting.length > 0 && (dependents.get(String(metadata.uid))?.size ?? 0) > 0 ? 'Foreground' : 'Background';
    await remove(kind, object, policy);
  }

  /** Whether the owner is there: of that uid, and (namespaced) in the dependent's own namespace. */
  function exists(owner: JsonObject, dependent: JsonObject): boolean {
    const found = alive.get(String(owner.uid));
    if (found === undefined) return unknownKind(owner);
    const live = store.get(found.storage, found.key);
    if (live === undefined) return false;
    const namespace = getOwn(metadataOf(live), 'namespace');
    return namespace === undefined || namespace === getOwn(metadataOf(dependent), 'namespace');
  }

  /** An owner whose kind is not served cannot be judged: the dependent stays. */
  function unknownKind(owner: JsonObject): boolean {
    const apiVersion = String(owner.apiVersion);
    const slash = apiVersion.indexOf('/');
    const group = slash === -1 ? '' : apiVersion.slice(0, slash);
    return (
      catalog.findByKind(group, slash === -1 ? apiVersion : apiVersion.slice(slash + 1), String(owner.kind)) ===
      undefined
    );
  }

  async function orphan(kind: Kind, node: Node, object: JsonObject): Promise<void> {
    const uid = String(metadataOf(object).uid);
    for (const dependent of [...(dependents.get(uid)?.values() ?? [])]) {
      const dependentKind = kindOf(dependent.storage);
      if (dependentKind === undefined) continue;
      await rewrite(dependentKind, dependent, (next) => {
        const metadata = metadataOf(next);
        const kept = objectsAt(metadata, 'ownerReferences').filter((owner) => owner.uid !== uid);
        if (kept.length === 0) delete metadata.ownerReferences;
        else metadata.ownerReferences = kept;
      });
    }
    await dropFinalizer(kind, node, 'orphan');
  }

  async function foreground(kind: Kind, node: Node, object: JsonObject): Promise<void> {
    const uid = String(metadataOf(object).uid);
    const blocking = [...(dependents.get(uid)?.values() ?? [])].filter((dependent) => {
      const live = store.get(dependent.storage, dependent.key);
      return ownersOf(live).some((owner) => owner.uid === uid && owner.blockOwnerDeletion === true);
    });
    for (const dependent of dependents.get(uid)?.values() ?? []) queue.add(idOf(dependent));
    if (blocking.length === 0) await dropFinalizer(kind, node, 'foregroundDeletion');
  }

  async function dropFinalizer(kind: Kind, node: Node, finalizer: string): Promise<void> {
    await rewrite(kind, node, (next) => {
      const metadata = metadataOf(next);
      const kept = (Array.isArray(metadata.finalizers) ? metadata.finalizers : []).filter((name) => name !== finalizer);
      if (kept.length === 0) delete metadata.finalizers;
      else metadata.finalizers = kept;
    });
  }

  async function rewrite(kind: Kind, { key }: Node, change: (next: JsonObject) => void): Promise<void> {
    const slash = key.indexOf('/');
    const place = kind.namespaced
      ? { namespace: key.slice(0, slash), name: key.slice(slash + 1) }
      : { namespace: '', name: key };
    await registry
      .update(
        kind,
        { ...place, subresource: '' },
        (live) => {
          const next = cloneJson(live ?? {});
          change(next);
          delete metadataOf(next).resourceVersion;
          if (kind.strategy.allowUnconditionalUpdate === false)
            metadataOf(next).resourceVersion = metadataOf(live ?? {}).resourceVersion ?? '';
          return next;
        },
        request(),
      )
      .catch(ignoreMissing);
  }

  async function remove(kind: Kind, object: JsonObject, propagation: 'Background' | 'Foreground'): Promise<void> {
    const metadata = metadataOf(object);
    const place = { namespace: kind.namespaced ? String(metadata.namespace) : '', name: String(metadata.name) };
    await registry
      .delete(kind, place, {
        ...request(),
        gracePeriodSeconds: undefined,
        propagation: Array.isArray(metadata.finalizers) && metadata.finalizers.length > 0 ? undefined : propagation,
        preconditions: { uid: String(metadata.uid) },
      })
      .catch(ignoreMissing);
  }

  const queue = new ChangeQueue({ handle, clock: registry.clock, log: registry.log, signal });

  function subscribeAll(): void {
    for (const kind of catalog.all()) {
      if (subscribed.has(kind.storage) || kind.storage === 'events' || !kind.verbs.includes('delete')) continue;
      const { storage } = kind;
      subscribed.set(
        storage,
        store.subscribe(storage, (event) => follow(storage, event)),
      );
      for (const [key, object] of store.list(storage))
        follow(storage, { revision: 0, key, previous: undefined, object });
    }
  }
  subscribeAll();
  const definitions = store.subscribe('customresourcedefinitions.apiextensions.k8s.io', subscribeAll);
  signal.addEventListener('abort', () => {
    definitions[Symbol.dispose]();
    for (const subscription of subscribed.values()) subscription[Symbol.dispose]();
  });
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof StatusError && (error.reason === 'NotFound' || error.reason === 'Conflict'))) throw error;
}
