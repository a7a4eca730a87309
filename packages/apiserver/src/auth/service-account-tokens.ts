import { createHash, createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import type { Clock, Random } from '@hardpoint/machinery';
import { getOwn, isObject, type Json, type JsonObject, objectAt, stringAt } from '../schema/contract.ts';
import type { Store } from '../store/store.ts';
import type { User } from './user.ts';

export const tokenIssuer = 'https://kubernetes.default.svc.cluster.local';
const defaultAudience = tokenIssuer;

export interface BoundObject {
  readonly kind: 'Pod' | 'Secret' | 'Node';
  readonly name: string;
  readonly uid: string;
  /** Pods: the node the Pod is on, where it is known. */
  readonly node?: { readonly name: string; readonly uid: string };
}

export interface VerifiedToken {
  readonly user: User;
  readonly audiences: readonly string[];
}

/** Service account tokens as TokenRequest makes them: ES256, bound, checked against the objects they name. */
export interface ServiceAccountTokens {
  issue(options: {
    readonly namespace: string;
    readonly name: string;
    readonly uid: string;
    readonly audiences: readonly string[];
    readonly seconds: number;
    readonly bound: BoundObject | undefined;
  }): { readonly token: string; readonly expiresAtMs: number };
  /** Undefined: not a valid token for one of `audiences` (none given: the API server's). */
  verify(token: string, audiences?: readonly string[]): VerifiedToken | undefined;
  /** The JWKS of `/openid/v1/jwks`. */
  readonly keys: JsonObject;
}

export function serviceAccountTokens(options: {
  /** PKCS #8 PEM, EC P-256. */
  readonly key: string;
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
}): ServiceAccountTokens {
  const { store, clock } = options;
  const privateKey = createPrivateKey(options.key);
  const publicKey = createPublicKey(privateKey);
  const jwk = publicKey.export({ format: 'jwk' });
  const kid = createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64url');

  function boundUser(claims: JsonObject, audiences: readonly string[]): VerifiedToken | undefined {
    const kubernetes = objectAt(claims, 'kubernetes.io');
    const namespace = stringAt(kubernetes, 'namespace') ?? '';
    const account = objectAt(kubernetes, 'serviceaccount');
    const name = stringAt(account, 'name') ?? '';
    if (!sameUid(store.get('serviceaccounts', `${namespace}/${name}`), account)) return undefined;
    const extra: Record<string, readonly string[]> = {
      'authentication.kubernetes.io/credential-id': [`JTI=${String(claims.jti)}`],
    };
    for (const kind of ['pod', 'secret'] as const) {
      const bound = getOwn(kubernetes, kind);
      if (!isObject(bound)) continue;
      const boundName = stringAt(bound, 'name') ?? '';
      if (!sameUid(store.get(`${kind}s`, `${namespace}/${boundName}`), bound)) return undefined;
      if (kind === 'pod') {
        extra['authentication.kubernetes.io/pod-name'] = [boundName];
        extra['authentication.kubernetes.io/pod-uid'] = [stringAt(bound, 'uid') ?? ''];
      }
    }
    const node = getOwn(kubernetes, 'node');
    if (isObject(node)) {
      extra['authentication.kubernetes.io/node-name'] = [stringAt(node, 'name') ?? ''];
      const uid = stringAt(node, 'uid');
      if (uid !== undefined) extra['authentication.kubernetes.io/node-uid'] = [uid];
    }
    const groups = ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'];
    const user = {
      name: `system:serviceaccount:${namespace}:${name}`,
      uid: stringAt(account, 'uid') ?? '',
      groups,
      extra,
    };
    return { user, audiences };
  }

  return {
    keys: { keys: [{ use: 'sig', kty: 'EC', kid, alg: 'ES256', crv: 'P-256', x: jwk.x ?? '', y: jwk.y ?? '' }] },
    issue({ namespace, name, uid, audiences, seconds, bound }) {
      const now = Math.trunc(clock.now() / 1000);
      const kubernetes: JsonObject = { namespace, serviceaccount: { name, uid } };
      if (bound !== undefined) {
        kubernetes[bound.kind.toLowerCase()] = { name: bound.name, uid: bound.uid };
        if (bound.node !== undefined) kubernetes.node = { ...bound.node };
      }
      const claims: JsonObject = {
        aud: audiences.length === 0 ? [defaultAudience] : [...audiences],
        exp: now + seconds,
        iat: now,
        iss: tokenIssuer,
        jti: options.random.uuid(),
        'kubernetes.io': kubernetes,
        nbf: now,
        sub: `system:serviceaccount:${namespace}:${name}`,
      };
      const text = `${encode({ alg: 'ES256', kid })}.${encode(claims)}`;
      const signature = sign('sha256', Buffer.from(text), { key: privateKey, dsaEncoding: 'ieee-p1363' });
      return { token: `${text}.${signature.toString('base64url')}`, expiresAtMs: (now + seconds) * 1000 };
    },
    verify(token, audiences = [defaultAudience]) {
      const parts = token.split('.');
      const [head = '', body = '', signature = ''] = parts;
      if (parts.length !== 3) return undefined;
      const header = decode(head);
      const claims = decode(body);
      if (header?.alg !== 'ES256' || claims === undefined || claims.iss !== tokenIssuer) return undefined;
      const signed = Buffer.from(`${head}.${body}`);
      const given = Buffer.from(signature, 'base64url');
      if (!verify('sha256', signed, { key: publicKey, dsaEncoding: 'ieee-p1363' }, given)) return undefined;
      const now = clock.now() / 1000;
      const { exp, nbf } = claims;
      if (typeof exp !== 'number' || exp <= now || (typeof nbf === 'number' && nbf > now + 60)) return undefined;
      const offered = Array.isArray(claims.aud) ? claims.aud.map(String) : [String(claims.aud)];
      const shared = audiences.filter((audience) => offered.includes(audience));
      return shared.length === 0 ? undefined : boundUser(claims, shared);
    },
  };
}

function sameUid(object: JsonObject | undefined, claim: JsonObject): boolean {
  return object !== undefined && stringAt(objectAt(object, 'metadata'), 'uid') === stringAt(claim, 'uid');
}

function encode(value: JsonObject): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function decode(part: string): JsonObject | undefined {
  try {
    const value = JSON.parse(Buffer.from(part, 'base64url').toString('utf8')) as Json;
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
