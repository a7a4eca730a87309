import { signJws, verifyJws } from './compact-jws.ts';
import type { SigningKey } from './signing-key.ts';
import type { Trust } from './trust.ts';

/** Why a Launch was refused, in the order in which the weapon looks (W6). */
export const refusalReasons = [
  'missing',
  'malformed',
  'key',
  'expired',
  'task',
  'weapon',
  'count',
  'replayed',
] as const;

export type RefusalReason = (typeof refusalReasons)[number];

/** What a launch token says, beside `iss: hardpoint` and `aud: weapon.launch`. */
export interface LaunchClaims {
  /** The person who authorised. */
  readonly sub: string;
  /** `namespace/name` of the FlightTask. */
  readonly task: string;
  readonly taskUID: string;
  /** The Weapon's name. */
  readonly weapon: string;
  /** Stores; a Launch must ask for exactly so many. */
  readonly count: number;
  /** Seconds since the epoch. */
  readonly iat: number;
  /** Seconds since the epoch. */
  readonly exp: number;
  /** The token's own identity: it is spent once. */
  readonly jti: string;
}

/** Against what a token is judged. */
export interface LaunchExpectation {
  readonly trust: Trust;
  /** ms since the epoch. */
  readonly nowMs: number;
  /** `namespace/name`; undefined where the weapon serves no task, and then every token is refused. */
  readonly task: string | undefined;
  /** Undefined where the weapon knows its task by name only (a weapon without a cluster). */
  readonly taskUID: string | undefined;
  readonly weapon: string;
  /** The request's. */
  readonly count: number;
  /** Whether a `jti` has been used up. */
  readonly spent: (jti: string) => boolean;
}

export type LaunchVerdict =
  | { readonly kind: 'authorised'; readonly claims: LaunchClaims }
  | {
      readonly kind: 'refused';
      readonly reason: RefusalReason;
      readonly detail: string;
      /** Of a token whose signature holds. */
      readonly jti?: string;
    };

const issuer = 'hardpoint';
const audience = 'weapon.launch';
/** How far two clocks may be apart (W6). Seconds. */
const leewaySeconds = 5;

/** Makes a launch token: a compact JWS of exactly W6's header and claims. */
export function signLaunchToken(options: { readonly key: SigningKey; readonly claims: LaunchClaims }): string {
  const { sub, task, taskUID, weapon, count, iat, exp, jti } = options.claims;
  return signJws(options.key, { iss: issuer, aud: audience, sub, task, taskUID, weapon, count, iat, exp, jti });
}

/** Judges a launch token (W6). The first check that fails gives the reason. */
export function verifyLaunchToken(token: string, expected: LaunchExpectation): LaunchVerdict {
  const refused = (reason: RefusalReason, detail: string): LaunchVerdict => ({ kind: 'refused', reason, detail });
  if (token === '') return refused('missing', 'the call carries no authorisation');
  const jws = verifyJws(token, expected.trust);
  if (jws.kind !== 'valid') return refused(jws.kind, jws.detail);
  const read = readClaims(jws.claims, expected.taskUID !== undefined);
  if (typeof read === 'string') return refused('malformed', read);
  return judge(read, jws.claims.nbf, expected);
}

function judge(claims: LaunchClaims, nbf: unknown, expected: LaunchExpectation): LaunchVerdict {
  const refused = (reason: RefusalReason, detail: string): LaunchVerdict => ({
    kind: 'refused',
    reason,
    detail,
    jti: claims.jti,
  });
  const now = expected.nowMs / 1000;
  if (!(claims.exp > now - leewaySeconds)) return refused('expired', `it ended ${iso(claims.exp)}`);
  if (typeof nbf === 'number' && nbf > now + leewaySeconds) return refused('expired', `it begins ${iso(nbf)}`);
  if (expected.task === undefined) return refused('task', 'this weapon serves no task');
  if (claims.task !== expected.task)
    return refused('task', `it is for ${quote(claims.task)}, this weapon serves ${quote(expected.task)}`);
  if (expected.taskUID !== undefined && claims.taskUID !== expected.taskUID)
    return refused('task', `it is for another ${quote(claims.task)} (UID ${quote(claims.taskUID)})`);
  if (claims.weapon !== expected.weapon)
    return refused('weapon', `it is for ${quote(claims.weapon)}, this is ${quote(expected.weapon)}`);
  if (claims.count !== expected.count)
    return refused('count', `it is for ${claims.count}, the call asks for ${expected.count}`);
  if (expected.spent(claims.jti)) return refused('replayed', `token ${quote(claims.jti)} has been spent`);
  return { kind: 'authorised', claims };
}

/** The claims, or what is wrong with them. `exp` and `iat` may be any JSON number, `aud` a list (RFC 7519). */
function readClaims(claims: Readonly<Record<string, unknown>>, needsTaskUID: boolean): LaunchClaims | string {
  const { iss, aud, sub, task, taskUID = needsTaskUID ? undefined : '', weapon, count, iat, exp, jti } = claims;
  if (iss !== issuer) return `iss is not "${issuer}"`;
  const audiences: readonly unknown[] = Array.isArray(aud) ? aud : [aud];
  if (!audiences.includes(audience)) return `aud is not "${audience}"`;
  if (typeof sub !== 'string' || sub === '') return 'sub is not a name';
  if (typeof task !== 'string') return 'task is not a text';
  if (typeof taskUID !== 'string') return 'taskUID is not a text';
  if (typeof weapon !== 'string') return 'weapon is not a text';
  if (typeof count !== 'number') return 'count is not a number';
  if (typeof iat !== 'number' || !Number.isFinite(iat)) return 'iat is not a number';
  if (typeof exp !== 'number' || !Number.isFinite(exp)) return 'exp is not a number';
  if (claims.nbf !== undefined && typeof claims.nbf !== 'number') return 'nbf is not a number';
  if (typeof jti !== 'string' || jti === '') return 'jti is not a name';
  return { sub, task, taskUID, weapon, count, iat, exp, jti };
}

function quote(text: string): string {
  return JSON.stringify(text.length > 128 ? `${text.slice(0, 128)}…` : text);
}

function iso(seconds: number): string {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? `at ${seconds}` : date.toISOString();
}
