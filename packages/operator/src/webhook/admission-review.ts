/** The person or account behind a request, as the API server knows it. */
export interface AdmissionUser {
  readonly username: string;
  readonly uid: string | undefined;
  readonly groups: readonly string[];
  readonly extra: Readonly<Record<string, readonly string[]>>;
}

/** One request of admission.k8s.io/v1, the part that is read here. */
export interface AdmissionRequest {
  readonly uid: string;
  readonly operation: string;
  readonly namespace: string;
  readonly name: string;
  readonly user: AdmissionUser;
  readonly object: unknown;
}

export interface JsonPatchOperation {
  readonly op: 'add' | 'replace';
  readonly path: string;
  readonly value: unknown;
}

/** What admission says. */
export type AdmissionVerdict =
  | { readonly kind: 'allowed'; readonly patch?: readonly JsonPatchOperation[]; readonly warnings?: readonly string[] }
  | { readonly kind: 'denied'; readonly code: number; readonly reason: string; readonly message: string };

/** Reads an AdmissionReview; undefined where it is none. */
export function readAdmissionReview(value: unknown): AdmissionRequest | undefined {
  const request = record(record(value)?.request);
  const user = record(request?.userInfo);
  if (request === undefined || typeof request.uid !== 'string' || typeof user?.username !== 'string') return undefined;
  return {
    uid: request.uid,
    operation: text(request.operation),
    namespace: text(request.namespace),
    name: text(request.name),
    user: {
      username: user.username,
      uid: typeof user.uid === 'string' && user.uid !== '' ? user.uid : undefined,
      groups: strings(user.groups),
      extra: Object.fromEntries(
        Object.entries(record(user.extra) ?? {}).map(([key, values]) => [key, strings(values)]),
      ),
    },
    object: request.object,
  };
}

/** The answer on the wire. */
export function writeAdmissionReview(uid: string, verdict: AdmissionVerdict): unknown {
  const base = { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview' };
  if (verdict.kind === 'denied') {
    const { code, reason, message } = verdict;
    return { ...base, response: { uid, allowed: false, status: { status: 'Failure', code, reason, message } } };
  }
  const patch =
    verdict.patch === undefined || verdict.patch.length === 0
      ? {}
      : { patchType: 'JSONPatch', patch: Buffer.from(JSON.stringify(verdict.patch)).toString('base64') };
  const warnings =
    verdict.warnings === undefined || verdict.warnings.length === 0 ? {} : { warnings: verdict.warnings };
  return { ...base, response: { uid, allowed: true, ...patch, ...warnings } };
}

/** A key as a JSON pointer's token (RFC 6901). */
export function pointerToken(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}

function record(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : undefined;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function strings(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((it) => typeof it === 'string') : [];
}
