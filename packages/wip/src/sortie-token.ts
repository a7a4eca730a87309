import { signJws, verifyJws } from './compact-jws.ts';
import type { SigningKey } from './signing-key.ts';
import type { Trust } from './trust.ts';

const issuer = 'hardpoint';

/** Makes the token with which the operator calls SortieService of one Pod (M5). Times in ms since the epoch. */
export function signSortieToken(options: {
  readonly key: SigningKey;
  readonly podUID: string;
  readonly nowMs: number;
  /** Default 60. */
  readonly ttlSeconds?: number;
}): string {
  const iat = Math.floor(options.nowMs / 1000);
  const exp = iat + (options.ttlSeconds ?? 60);
  return signJws(options.key, { iss: issuer, aud: options.podUID, sub: 'operator', iat, exp });
}

/** Judges such a token: undefined where it holds, else what is wrong with it. 5 s leeway. */
export function refuseSortieToken(
  token: string,
  expected: { readonly trust: Trust; readonly podUID: string; readonly nowMs: number },
): string | undefined {
  const jws = verifyJws(token, expected.trust);
  if (jws.kind !== 'valid') return `${jws.kind}: ${jws.detail}`;
  const { iss, aud, exp } = jws.claims;
  const audiences: readonly unknown[] = Array.isArray(aud) ? aud : [aud];
  if (iss !== issuer) return `malformed: iss is not "${issuer}"`;
  if (expected.podUID === '' || !audiences.includes(expected.podUID)) return 'malformed: aud is not this Pod';
  if (typeof exp !== 'number' || !(exp * 1000 > expected.nowMs - 5000)) return 'expired';
  return undefined;
}
