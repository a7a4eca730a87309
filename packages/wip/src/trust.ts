import { createPublicKey, type KeyObject } from 'node:crypto';
import { WipError } from './wip-error.ts';

/** The public keys that a verifier believes, by `kid`. Empty: nothing is believed. */
export type Trust = ReadonlyMap<string, KeyObject>;

/** Believes nothing. */
export const noTrust: Trust = new Map();

/**
 * Reads a JWKS (RFC 7517) of Ed25519 public keys (RFC 8037), each with a `kid`. Keys of other kinds are passed over, as
 * the RFC asks. Throws WipError INVALID_ARGUMENT, naming `source`, where the text is no JWKS, a key cannot be read, two
 * keys share a `kid`, or a private key lies among them.
 */
export function parseTrust(text: string, source: string): Trust {
  const refuse = (problem: string, cause?: unknown) =>
    new WipError({ code: 'INVALID_ARGUMENT', message: `${source}: ${problem}`, cause });
  let set: unknown;
  try {
    set = JSON.parse(text);
  } catch (error) {
    throw refuse('not a JWKS: no valid JSON', error);
  }
  const keys = isRecord(set) ? set.keys : undefined;
  if (!Array.isArray(keys)) throw refuse('not a JWKS: it has no list "keys"');
  const trust = new Map<string, KeyObject>();
  for (const [index, key] of keys.entries()) {
    if (!isRecord(key)) throw refuse(`keys[${index}] is not an object`);
    if (key.d !== undefined) throw refuse(`keys[${index}] is a private key; only public keys belong here`);
    if (key.kty !== 'OKP' || key.crv !== 'Ed25519') continue;
    if (key.use !== undefined && key.use !== 'sig') continue;
    if (key.alg !== undefined && key.alg !== 'EdDSA' && key.alg !== 'Ed25519') continue;
    const { kid, x } = key;
    if (typeof kid !== 'string' || kid === '') throw refuse(`keys[${index}] has no kid`);
    if (typeof x !== 'string') throw refuse(`keys[${index}] has no x`);
    if (trust.has(kid)) throw refuse(`two keys have the kid ${JSON.stringify(kid)}`);
    try {
      trust.set(kid, createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' }));
    } catch (error) {
      throw refuse(`keys[${index}].x is no Ed25519 public key`, error);
    }
  }
  return trust;
}

/** Whether `value` is a JSON object. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
