import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { isRecord } from './trust.ts';
import { WipError } from './wip-error.ts';

/** An Ed25519 private key and the `kid` by which verifiers know its public half. */
export interface SigningKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
}

/** A fresh key; its `kid` is the RFC 7638 thumbprint of the public half. */
export function generateSigningKey(): SigningKey {
  const { privateKey } = generateKeyPairSync('ed25519');
  return { kid: thumbprint(privateKey), privateKey };
}

/**
 * Reads a private key: a JWK (its `kid`, or else the thumbprint) or PKCS#8 PEM (the thumbprint). Throws WipError
 * INVALID_ARGUMENT naming `source`.
 */
export function parseSigningKey(text: string, source: string): SigningKey {
  try {
    if (text.trimStart().startsWith('-----BEGIN')) {
      const privateKey = createPrivateKey(text);
      return { kid: thumbprint(privateKey), privateKey };
    }
    const jwk: unknown = JSON.parse(text);
    if (!isRecord(jwk) || jwk.kty !== 'OKP' || jwk.crv !== 'Ed25519' || typeof jwk.d !== 'string')
      throw new TypeError('no private Ed25519 JWK');
    const privateKey = createPrivateKey({ key: jwk, format: 'jwk' });
    return { kid: typeof jwk.kid === 'string' && jwk.kid !== '' ? jwk.kid : thumbprint(privateKey), privateKey };
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    throw new WipError({
      code: 'INVALID_ARGUMENT',
      message: `${source}: not an Ed25519 private key (JWK or PEM): ${problem}`,
      cause: error,
    });
  }
}

/** The private key as JWK JSON, as {@link parseSigningKey} reads it. Secret. */
export function formatSigningKey(key: SigningKey): string {
  return JSON.stringify({ ...key.privateKey.export({ format: 'jwk' }), kid: key.kid, alg: 'EdDSA', use: 'sig' });
}

/** The public halves as JWKS JSON, for WEAPON_TRUST and SORTIE_TRUST. */
export function formatTrust(keys: readonly SigningKey[]): string {
  return JSON.stringify({
    keys: keys.map(({ kid, privateKey }) => ({ ...publicJwk(privateKey), kid, alg: 'EdDSA', use: 'sig' })),
  });
}

function publicJwk(privateKey: KeyObject): { readonly kty: 'OKP'; readonly crv: 'Ed25519'; readonly x: string } {
  const { kty, crv, x } = createPublicKey(privateKey).export({ format: 'jwk' });
  if (kty !== 'OKP' || crv !== 'Ed25519' || x === undefined) throw new TypeError('not an Ed25519 key');
  return { kty, crv, x };
}

function thumbprint(privateKey: KeyObject): string {
  const { kty, crv, x } = publicJwk(privateKey);
  return createHash('sha256').update(JSON.stringify({ crv, kty, x })).digest('base64url');
}
