import type { CustomVersion } from '../crd/custom-kinds.ts';

/** A resource as the documents publish it. */
export interface PublishedResource {
  readonly group: string;
  readonly version: string;
  /** Plural: the word in the URL. */
  readonly resource: string;
  readonly kind: string;
  readonly namespaced: boolean;
  /** Discovery's verbs: create, delete, deletecollection, get, list, patch, update, watch. */
  readonly verbs: readonly string[];
  readonly subresources: readonly { readonly name: string; readonly verbs: readonly string[] }[];
  /** Absent: a built-in. */
  readonly custom?: CustomVersion;
}
