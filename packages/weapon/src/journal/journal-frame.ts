import { crc32 } from 'node:zlib';

/**
 * A journal file is a row of frames. A frame is a header of 27 bytes, `LLLLLLLL HHHHHHHH PPPPPPPP ` in hexadecimal
 * digits (length of the payload in bytes, CRC-32 of that length's eight digits, CRC-32 of the payload), the payload
 * (JSON) and a line feed. The length has a checksum of its own, so that a damaged length cannot pass for a frame that
 * was cut short.
 */
const headerLength = 27;
const lineFeed = 0x0a;

/** What a file's bytes hold. */
export type FrameReading =
  /** `size` bytes hold whole frames; what lies behind (a write cut short by a crash, never answered) is to be cut off. */
  | { readonly kind: 'readable'; readonly payloads: readonly string[]; readonly size: number; readonly torn: boolean }
  | { readonly kind: 'corrupt'; readonly at: number; readonly problem: string };

/** One payload as a frame. */
export function frameOf(payload: string): Buffer {
  const bytes = Buffer.from(payload);
  const length = hex(bytes.length);
  const header = `${length} ${hex(crc32(length))} ${hex(crc32(bytes))} `;
  return Buffer.concat([Buffer.from(header, 'latin1'), bytes, Buffer.of(lineFeed)]);
}

/** Reads frames up to the end, to a write cut short, or to the first damage. */
export function readFrames(file: Uint8Array): FrameReading {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  const payloads: string[] = [];
  let at = 0;
  const corrupt = (problem: string): FrameReading => ({ kind: 'corrupt', at, problem });
  const torn = (): FrameReading => ({ kind: 'readable', payloads, size: at, torn: true });
  while (at < bytes.length) {
    if (bytes.length - at < headerLength) return torn();
    const header = bytes.toString('latin1', at, at + headerLength);
    if (!/^[0-9a-f]{8} [0-9a-f]{8} [0-9a-f]{8} $/.test(header)) return corrupt('no header of a record');
    const [length = '', lengthSum = '', payloadSum = ''] = header.split(' ');
    if (hex(crc32(length)) !== lengthSum) return corrupt('wrong checksum of a length');
    const start = at + headerLength;
    const end = start + Number.parseInt(length, 16);
    if (end >= bytes.length) return torn();
    const payload = bytes.subarray(start, end);
    if (hex(crc32(payload)) !== payloadSum) return corrupt('wrong checksum of a record');
    if (bytes[end] !== lineFeed) return corrupt('no line feed behind a record');
    payloads.push(payload.toString('utf8'));
    at = end + 1;
  }
  return { kind: 'readable', payloads, size: at, torn: false };
}

function hex(value: number): string {
  return value.toString(16).padStart(8, '0');
}
