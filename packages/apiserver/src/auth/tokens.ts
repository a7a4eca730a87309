import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Clock } from '@hardpoint/machinery';
import type { User } from './user.ts';

/**
 * Bearer tokens of the server's own users (administrator, parts): a JWS with HMAC-SHA256 under a key that only the server
 * holds, so that they stay valid across restarts without being stored.
 */
export interface UserTokens {
  issue(user: User): string;
  /** Undefined: no such token. */
  verify(token: string): User | undefined;
}

const header = Buffer.from('{"alg":"HS256","typ":"user"}').toString('base64url');

export function userTokens(options: { readonly key: Buffer; readonly clock: Clock }): UserTokens {
  const sign = (text: string): Buffer => createHmac('sha256', options.key).update(text).digest();
  return {
    issue({ name, groups }) {
      const claims = { sub: name, groups, iat: Math.trunc(options.clock.now() / 1000) };
      const text = `${header}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}`;
      return `${text}.${sign(text).toString('base64url')}`;
    },
    verify(token) {
      const parts = token.split('.');
      const [head, claims = '', signature = ''] = parts;
      if (parts.length !== 3 || head !== header) return undefined;
      const given = Buffer.from(signature, 'base64url');
      const expected = sign(`${head}.${claims}`);
      if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
      const read: unknown = JSON.parse(Buffer.from(claims, 'base64url').toString('utf8'));
      if (typeof read !== 'object' || read === null || !('sub' in read) || typeof read.sub !== 'string')
        return undefined;
      const groups = 'groups' in read && Array.isArray(read.groups) ? read.groups.map(String) : [];
      return { name: read.sub, groups };
    },
  };
}
