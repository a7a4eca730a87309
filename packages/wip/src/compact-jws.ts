import { sign, verify } from 'node:crypto';
import type { SigningKey } from './signing-key.ts';
import { isRecord, type Trust } from './trust.ts';

/** What a compact JWS proved to be. */
export type JwsVerdict =
  | { readonly kind: 'valid'; readonly claims: Readonly<Record<string, unknown>> }
  /** `malformed`: not of the form that is accepted here. `key`: not signed by a key that is believed. */
  | { readonly kind: 'malformed' | 'key'; readonly detail: string };

/** Longer tokens are not even read. Bytes. */
const maximumLength = 8192;

/** Header parameters through which a token would choose its own key or the meaning of its parts (RFC 7515 4.1). */
const forbidden = ['crit', 'b64', 'jwk', 'jku', 'x5u', 'x5c', 'zip', 'enc'] as const;

/** Signs claims as a compact JWS: `alg: EdDSA`, `kid` (RFC 7515, RFC 8037). */
export function signJws(key: SigningKey, claims: Readonly<Record<string, unknown>>): string {
  const header = encode({ alg: 'EdDSA', kid: key.kid, typ: 'JWT' });
  const signed = `${header}.${encode(claims)}`;
  return `${signed}.${sign(null, Buffer.from(signed), key.privateKey).toString('base64url')}`;
}

/**
 * Judges a compact JWS: exactly `alg: EdDSA`, a `kid` that is trusted, that key's signature, a payload that is a JSON
 * object. The payload is not read before the signature holds.
 */
export function verifyJws(token: string, trust: Trust): JwsVerdict {
  const malformed = (detail: string): JwsVerdict => ({ kind: 'malformed', detail });
  if (token.length > maximumLength) return malformed(`longer than ${maximumLength} bytes`);
  const parts = token.split('.');
  const [headerPart, payloadPart, signaturePart] = parts;
  if (parts.length !== 3 || headerPart === undefined || payloadPart === undefined || signaturePart === undefined)
    return malformed('not three parts separated by dots');
  const headerBytes = decode(headerPart);
  const payloadBytes = decode(payloadPart);
  const signature = decode(signaturePart);
  if (headerBytes === undefined || payloadBytes === undefined || signature === undefined)
    return malformed('not base64url');
  const header = parseObject(headerBytes);
  if (header === undefined) return malformed('the header is no JSON object');
  if (header.alg !== 'EdDSA') return malformed(`alg is ${JSON.stringify(header.alg) ?? 'absent'}, not "EdDSA"`);
  for (const name of forbidden) if (name in header) return malformed(`the header has ${name}`);
  const { kid } = header;
  if (typeof kid !== 'string' || kid === '') return malformed('the header has no kid');
  const key = trust.get(kid);
  if (key === undefined)
    return {
      kind: 'key',
      detail: trust.size === 0 ? 'no key is trusted here' : `kid ${JSON.stringify(kid)} is unknown`,
    };
  if (signature.length !== 64 || !verify(null, Buffer.from(`${headerPart}.${payloadPart}`), key, signature))
    return { kind: 'key', detail: `the signature is not that of ${JSON.stringify(kid)}` };
  const claims = parseObject(payloadBytes);
  return claims === undefined ? malformed('the payload is no JSON object') : { kind: 'valid', claims };
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

/** Strict base64url without padding; undefined where the text is another. */
function decode(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64url');
  return bytes.toString('base64url') === text ? bytes : undefined;
}

function parseObject(bytes: Buffer): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
