import type { ObjectMeta } from './generated/types.ts';

/** Any object of the Kubernetes API: `apiVersion`, `kind`, `metadata` and fields of its own. */
export interface KubernetesObject {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata?: ObjectMeta | undefined;
}

/** An object as the server returns it: name, uid and resourceVersion are there. */
export type Stored<T extends KubernetesObject> = T & {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta & { name: string; uid: string; resourceVersion: string; creationTimestamp: string };
};

/** A list answer. `metadata.resourceVersion` is where a watch may start; `continue` is set while pages remain. */
export interface KubernetesList<T extends KubernetesObject> {
  apiVersion: string;
  kind: string;
  metadata: { resourceVersion?: string; continue?: string; remainingItemCount?: number };
  items: T[];
}

/** Where a kind is served. `T` is the type of its objects and exists at compile time only. */
export interface ResourceType<T extends KubernetesObject> {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  /** Plural, lower case: the word in the URL. */
  readonly resource: string;
  readonly kind: string;
  readonly namespaced: boolean;
  /** Never set: carries `T`. */
  readonly object?: T;
}

/** `v1`, or `group/version`. */
export function apiVersionOf(type: Pick<ResourceType<KubernetesObject>, 'group' | 'version'>): string {
  return type.group === '' ? type.version : `${type.group}/${type.version}`;
}

/** The URL path of a collection, an object or a subresource. Names are percent-encoded. */
export function pathOf(
  type: ResourceType<KubernetesObject>,
  place: { namespace?: string | undefined; name?: string | undefined; subresource?: string | undefined } = {},
): string {
  const base = type.group === '' ? `/api/${type.version}` : `/apis/${type.group}/${type.version}`;
  const scope = type.namespaced && place.namespace ? `/namespaces/${encodeURIComponent(place.namespace)}` : '';
  const name = place.name === undefined ? '' : `/${encodeURIComponent(place.name)}`;
  return `${base}${scope}/${type.resource}${name}${place.subresource === undefined ? '' : `/${place.subresource}`}`;
}

export function resourceType<T extends KubernetesObject>(
  group: string,
  version: string,
  resource: string,
  kind: string,
  scope: 'Namespaced' | 'Cluster' = 'Namespaced',
): ResourceType<T> {
  return Object.freeze({ group, version, resource, kind, namespaced: scope === 'Namespaced' });
}
