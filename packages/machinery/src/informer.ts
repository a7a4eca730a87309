import type { KubernetesObject, Stored } from '@hardpoint/kubernetes';

export type Change<T extends KubernetesObject> =
  | { readonly type: 'added'; readonly object: Stored<T> }
  | { readonly type: 'updated'; readonly object: Stored<T>; readonly previous: Stored<T> }
  | { readonly type: 'deleted'; readonly object: Stored<T> };

/** What the informer holds. Objects are shared and frozen by convention: never change one. Keys are `namespace/name`, or `name` for cluster-scoped kinds. */
export interface Lister<T extends KubernetesObject> {
  get(key: string): Stored<T> | undefined;
  /** In key order. */
  list(): readonly Stored<T>[];
  byIndex(index: string, value: string): readonly Stored<T>[];
}

/** A cache of one kind that follows the server: list, then watch with bookmarks, relist on 410 and broken streams. */
export interface Informer<T extends KubernetesObject> extends Lister<T> {
  /** Called in order, once per change, never concurrently; a late subscriber first gets `added` for what is there. */
  subscribe(listener: (change: Change<T>) => void): Disposable;
  /** Resolves after the first full list. */
  synced(signal?: AbortSignal): Promise<void>;
  /** The resourceVersion of the newest change seen, `''` before the first list. */
  resourceVersion(): string;
}
