import { createHash } from 'node:crypto';
import type { CustomVersion } from '../crd/custom-kinds.ts';
import { builtinDefinitions } from '../schema/builtin-kinds.ts';
import type { JsonObject } from '../schema/json.ts';
import { canonicalJson } from '../schema/json.ts';

/** A resource as the documents publish it. */
export interface PublishedResource {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
  readonly subresources: readonly { readonly name: string; readonly verbs: readonly string[] }[];
  /** Absent: a built-in. */
  readonly custom?: CustomVersion;
}

/** The OpenAPI v3 document of one group and version (`/openapi/v3/apis/apps/v1`). */
export function openApiV3Document(options: {
  readonly group: string;
  readonly version: string;
  readonly resources: readonly PublishedResource[];
}): JsonObject {
  void options;
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: 'unversioned' },
    paths: {},
    components: { schemas: builtinDefinitions as unknown as JsonObject },
  };
}

/** The OpenAPI v2 document of everything (`/openapi/v2`). */
export function openApiV2Document(options: { readonly resources: readonly PublishedResource[] }): JsonObject {
  void options;
  return { swagger: '2.0', info: { title: 'Kubernetes', version: 'unversioned' }, paths: {}, definitions: {} };
}

/** The hash in `/openapi/v3` (`?hash=…`) and in the documents' ETag. */
export function documentHash(document: JsonObject): string {
  return createHash('sha512').update(canonicalJson(document)).digest('hex').toUpperCase();
}
