import { createHash, randomBytes, randomUUID } from 'node:crypto';
import type { Random } from './random.ts';

/** Without vowels and look-alikes: what Kubernetes appends for `generateName`. */
const SUFFIX_ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

function randomOver(next: () => number, uuid: () => string): Random {
  const integer = (bound: number): number => Math.floor(next() * bound);
  return Object.freeze({
    next,
    integer,
    uuid,
    suffix(length: number): string {
      let text = '';
      while (text.length < length) text += SUFFIX_ALPHABET[integer(SUFFIX_ALPHABET.length)];
      return text;
    },
  });
}

/** From the system's cryptographic generator. */
export const systemRandom: Random = randomOver(() => {
  const bytes = randomBytes(8);
  return ((bytes.readUInt32LE(0) >>> 5) * 2 ** 26 + (bytes.readUInt32LE(4) >>> 6)) / 2 ** 53;
}, randomUUID);

/** The same seed gives the same numbers and identities. Not for secrets. */
export function seededRandom(seed: number | string): Random {
  const digest = createHash('sha256')
    .update(`${typeof seed}:${seed}`)
    .digest();
  // The sfc32 generator: small, fast, period of about 2^128.
  let a = digest.readUInt32LE(0);
  let b = digest.readUInt32LE(4);
  let c = digest.readUInt32LE(8);
  let counter = digest.readUInt32LE(12);
  const word = (): number => {
    const result = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + result) | 0;
    return result >>> 0;
  };
  for (let turn = 0; turn < 12; turn += 1) word();
  const uuid = (): string => {
    const bytes = Buffer.alloc(16);
    for (let at = 0; at < 16; at += 4) bytes.writeUInt32LE(word(), at);
    bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
    bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
    const hex = bytes.toString('hex');
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  };
  return randomOver(() => ((word() >>> 5) * 2 ** 26 + (word() >>> 6)) / 2 ** 53, uuid);
}
