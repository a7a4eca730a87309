/** One request of a case, and how its answer is read. */
export interface Step {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS' | 'HEAD';
  /**
   * `{ns}` is the case's own namespace, `{id}` a word of the case's own for names of cluster-scoped objects, `{webhook}`
   * the test webhook's URL; `{{N.path}}` a value from the answer to step N, such as `{{0.body.metadata.uid}}`.
   * All of them also in bodies.
   */
  readonly path: string;
  readonly body?: unknown;
  /** Sent as it stands, without JSON encoding. */
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Another user than the administrator, by impersonation. */
  readonly as?: { readonly user: string; readonly group?: string };
  /** Reads a watch: until so many events have come, or nothing more comes for a while. */
  readonly events?: number;
  /** Asks again until the answer has this status, for what a server does in the background. The last answer counts. */
  readonly untilStatus?: number;
  /** Done, but its answer is not compared. */
  readonly silent?: boolean;
}

export interface Case {
  /** Unique. `area: what`. */
  readonly name: string;
  readonly steps: readonly Step[];
}

/** An answer, masked. */
export interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly warning?: string;
  readonly body: unknown;
}

export function get(path: string, extra: Partial<Step> = {}): Step {
  return { method: 'GET', path, ...extra };
}

export function post(path: string, body: unknown, extra: Partial<Step> = {}): Step {
  return { method: 'POST', path, body, ...extra };
}

export function put(path: string, body: unknown, extra: Partial<Step> = {}): Step {
  return { method: 'PUT', path, body, ...extra };
}

export function del(path: string, body?: unknown, extra: Partial<Step> = {}): Step {
  return { method: 'DELETE', path, ...(body === undefined ? {} : { body }), ...extra };
}

const PATCH_TYPES = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
} as const;

export function patch(path: string, type: keyof typeof PATCH_TYPES, body: unknown, extra: Partial<Step> = {}): Step {
  return { method: 'PATCH', path, body, ...extra, headers: { 'content-type': PATCH_TYPES[type], ...extra.headers } };
}

/** The path of a namespaced core collection in the case's namespace. */
export function core(resource: string): string {
  return `/api/v1/namespaces/{ns}/${resource}`;
}

export const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';

export function table(path: string): Step {
  return get(path, { headers: { accept: TABLE } });
}

export function configMap(name: string, data: Record<string, string> = { a: '1' }, metadata: object = {}): object {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ...metadata }, data };
}

export function pod(name: string, spec: object = {}, metadata: object = {}): object {
  const containers = [{ name: 'main', image: 'registry.mil/aircraft/aircraft-control:v1.0' }];
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, ...metadata }, spec: { containers, ...spec } };
}

export function node(name: string, metadata: object = {}): object {
  return { apiVersion: 'v1', kind: 'Node', metadata: { name, ...metadata } };
}
