import type { KubernetesList, KubernetesObject, ResourceType, Stored } from '@hardpoint/kubernetes';

export interface Place {
  readonly name: string;
  /** Needed for namespaced kinds. */
  readonly namespace?: string | undefined;
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

export interface WriteOptions extends CallOptions {
  readonly fieldManager?: string;
  readonly dryRun?: boolean;
  readonly fieldValidation?: 'Strict' | 'Warn' | 'Ignore';
  /** `status`, `scale`, …: the write goes to that subresource. */
  readonly subresource?: string;
}

export interface ListOptions extends CallOptions {
  /** All namespaces where absent. */
  readonly namespace?: string | undefined;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly limit?: number;
  readonly continue?: string;
  readonly resourceVersion?: string;
  readonly resourceVersionMatch?: 'Exact' | 'NotOlderThan';
}

export interface WatchOptions extends CallOptions {
  readonly namespace?: string | undefined;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly resourceVersion?: string;
  readonly allowWatchBookmarks?: boolean;
  readonly timeoutSeconds?: number;
}

export type WatchEvent<T extends KubernetesObject> =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: Stored<T> }
  | { readonly type: 'BOOKMARK'; readonly object: { metadata: { resourceVersion: string } } };

export interface DeleteOptions extends CallOptions {
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: 'Background' | 'Foreground' | 'Orphan';
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
}

/**
 * A typed client of a Kubernetes API over any Transport. Every method rejects with an ApiError. `get` of what is not
 * there rejects with code NotFound.
 */
export interface Client {
  get<T extends KubernetesObject>(type: ResourceType<T>, place: Place, options?: CallOptions): Promise<Stored<T>>;
  list<T extends KubernetesObject>(type: ResourceType<T>, options?: ListOptions): Promise<KubernetesList<Stored<T>>>;
  /** Yields until the server ends the watch. An ERROR event is thrown as an ApiError (410 has code Expired or Gone). */
  watch<T extends KubernetesObject>(type: ResourceType<T>, options?: WatchOptions): AsyncIterable<WatchEvent<T>>;
  /** apiVersion and kind are filled in. The namespace is the object's. */
  create<T extends KubernetesObject>(type: ResourceType<T>, object: T, options?: WriteOptions): Promise<Stored<T>>;
  /** PUT: the object's resourceVersion, where set, must still be the current one (else code Conflict). */
  update<T extends KubernetesObject>(type: ResourceType<T>, object: T, options?: WriteOptions): Promise<Stored<T>>;
  patch<T extends KubernetesObject>(
    type: ResourceType<T>,
    place: Place,
    patch: { readonly type: 'json' | 'merge' | 'strategic'; readonly body: unknown },
    options?: WriteOptions,
  ): Promise<Stored<T>>;
  /** Server-side apply. The object carries its name and namespace. */
  apply<T extends KubernetesObject>(
    type: ResourceType<T>,
    object: T,
    options: WriteOptions & { readonly fieldManager: string; readonly force?: boolean },
  ): Promise<Stored<T>>;
  /** Resolves also where the object stays for its finalizers. */
  delete<T extends KubernetesObject>(type: ResourceType<T>, place: Place, options?: DeleteOptions): Promise<void>;
  /** POST to a subresource (`binding`, `token`, `eviction`); the answer as it came. */
  createSubresource<R = unknown>(
    type: ResourceType<KubernetesObject>,
    place: Place,
    subresource: string,
    body: unknown,
    options?: CallOptions,
  ): Promise<R>;
  /** Any other path; a JSON answer is parsed, another is text. */
  raw(request: {
    readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
    readonly path: string;
    readonly body?: unknown;
    readonly signal?: AbortSignal;
  }): Promise<unknown>;
}
