/** One record of a CRI log. */
export interface CriLogLine {
  /** RFC 3339 with nine digits. */
  readonly time: string;
  readonly stream: string;
  /** A partial line has no line end. */
  readonly partial: boolean;
  readonly text: Buffer;
}

const SPACE = 32;
const TIME_LENGTH = 30;

/** Reads `TIME STREAM F|P TEXT`; undefined for what is not such a line. */
export function parseCriLine(line: Buffer): CriLogLine | undefined {
  const first = line.indexOf(SPACE);
  const second = line.indexOf(SPACE, first + 1);
  const third = line.indexOf(SPACE, second + 1);
  if (first !== TIME_LENGTH || second === -1 || third === -1) return undefined;
  return {
    time: line.toString('latin1', 0, first),
    stream: line.toString('latin1', first + 1, second),
    partial: line[second + 1] === 80,
    text: line.subarray(third + 1),
  };
}

/** Splits a log's bytes into whole lines and what is left after the last line end. */
export function splitLines(bytes: Buffer): { readonly lines: readonly Buffer[]; readonly rest: Buffer } {
  const lines: Buffer[] = [];
  let from = 0;
  for (let end = bytes.indexOf(10); end !== -1; end = bytes.indexOf(10, from)) {
    lines.push(bytes.subarray(from, end));
    from = end + 1;
  }
  return { lines, rest: bytes.subarray(from) };
}
