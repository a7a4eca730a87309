import type { LaunchAuthorizationSpec } from '@hardpoint/api';
import { type SigningKey, signJws, type Trust, verifyJws } from '@hardpoint/wip';

/** How far an authorisation's creation may lie from its admission. Seconds. */
const LEEWAY_SECONDS = 60;

const AUDIENCE = 'hardpoint.admission';

/** What admission vouches for: who asked for what, in which namespace. */
interface Admitted {
  readonly namespace: string;
  readonly spec: LaunchAuthorizationSpec;
}

function claimsOf({ namespace, spec }: Admitted): Readonly<Record<string, unknown>> {
  return {
    iss: 'hardpoint',
    aud: AUDIENCE,
    namespace,
    task: spec.taskRef.name,
    weapon: spec.weapon,
    count: spec.count,
    ttlSeconds: spec.ttlSeconds,
    sub: spec.requestedBy ?? '',
  };
}

/**
 * The value of annotation airforce.mil/admission-proof: admission's signature under what it let pass. Without it
 * `requestedBy` would be anybody's word wherever the webhook was not in place, and no token is issued.
 */
export function signAdmission(options: {
  readonly key: SigningKey;
  readonly admitted: Admitted;
  readonly nowMs: number;
}): string {
  return signJws(options.key, { ...claimsOf(options.admitted), iat: Math.floor(options.nowMs / 1000) });
}

/** Whether the proof is this operator's, for exactly this object, and as old as the object is. */
export function isAdmitted(options: {
  readonly proof: string | undefined;
  readonly admitted: Admitted;
  readonly createdMs: number;
  readonly trust: Trust;
}): boolean {
  if (options.proof === undefined || options.admitted.spec.requestedBy === undefined) return false;
  const jws = verifyJws(options.proof, options.trust);
  if (jws.kind !== 'valid') return false;
  const wanted = claimsOf(options.admitted);
  if (!Object.entries(wanted).every(([claim, value]) => jws.claims[claim] === value)) return false;
  const { iat } = jws.claims;
  return typeof iat === 'number' && Math.abs(iat - options.createdMs / 1000) <= LEEWAY_SECONDS;
}
