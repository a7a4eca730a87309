/** The most bytes of UTF-8 that an Event's note may have (the API server's limit). */
export const LONGEST_NOTE_BYTES = 1024;

const MARK = '…';

/** `text`, cut at a character's boundary to at most `limit` bytes of UTF-8; a cut text ends in `…`. */
export function cutToBytes(text: string, limit: number = LONGEST_NOTE_BYTES): string {
  const bytes = Buffer.from(text, 'utf8');
  // What is no Unicode (a lone surrogate) becomes U+FFFD here, as it does on the wire.
  if (bytes.length <= limit) return bytes.toString('utf8');
  let end = limit - Buffer.byteLength(MARK);
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return `${bytes.toString('utf8', 0, end)}${MARK}`;
}
