import { type FileHandle, open, stat } from 'node:fs/promises';
import type { Clock } from '@hardpoint/machinery';
import { type CriLogLine, parseCriLine, splitLines } from './cri-log-line.ts';

/** What `kubectl logs` can ask for. */
export interface LogRequest {
  readonly follow: boolean;
  readonly timestamps: boolean;
  /** undefined: all. */
  readonly tailLines: number | undefined;
  /** Lines of this time and later, ms since the epoch. */
  readonly sinceMs: number | undefined;
  readonly limitBytes: number | undefined;
  readonly stream: 'stdout' | 'stderr' | undefined;
}

const POLL_MS = 100;

/**
 * The text of a CRI log, piece by piece. With `follow` it goes on until `isOver` says that nothing more will come, or
 * the signal aborts; a file set aside by rotation is read to its end first. A file that is not there is empty.
 */
export async function* readLog(options: {
  readonly file: string;
  readonly request: LogRequest;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly isOver: () => boolean;
}): AsyncGenerator<Buffer> {
  const { file, request, clock, signal, isOver } = options;
  let left = request.limitBytes ?? Number.POSITIVE_INFINITY;
  const cut = (text: Buffer): Buffer => {
    const kept = text.length > left ? text.subarray(0, left) : text;
    left -= kept.length;
    return kept;
  };
  const wanted = (line: CriLogLine): boolean =>
    (request.stream === undefined || line.stream === request.stream) &&
    (request.sinceMs === undefined || Date.parse(line.time) >= request.sinceMs);
  const print = (line: CriLogLine): Buffer =>
    Buffer.concat([
      request.timestamps ? Buffer.from(`${line.time} `) : Buffer.alloc(0),
      line.text,
      line.partial ? Buffer.alloc(0) : Buffer.from('\n'),
    ]);

  let handle = await open(file, 'r').catch(() => undefined);
  try {
    let rest: Buffer = Buffer.alloc(0);
    let first = true;
    while (left > 0) {
      // Asked before reading: what was written before the end is then still read.
      const over = isOver();
      handle ??= await open(file, 'r').catch(() => undefined);
      const bytes = Buffer.concat([rest, handle === undefined ? Buffer.alloc(0) : await readOn(handle)]);
      const split = splitLines(bytes);
      rest = Buffer.from(split.rest);
      let lines = split.lines
        .map(parseCriLine)
        .filter((line) => line !== undefined)
        .filter(wanted);
      if (first && request.tailLines !== undefined) lines = tail(lines, request.tailLines);
      first = false;
      const text = cut(Buffer.concat(lines.map(print)));
      if (text.length > 0) yield text;
      if (!request.follow || over || signal.aborted) return;
      if (bytes.length > 0 && lines.length > 0) continue;
      if (handle !== undefined && (await rotated(handle, file))) {
        await handle.close();
        handle = undefined;
        continue;
      }
      await clock.sleep(POLL_MS, signal).catch(() => {});
    }
  } finally {
    await handle?.close();
  }
}

/** The last `count` lines; pieces of one line count once. */
function tail(lines: readonly CriLogLine[], count: number): CriLogLine[] {
  let at = lines.length;
  for (let whole = 0; at > 0; at--) {
    if (lines[at - 2]?.partial === true && at >= 2) continue;
    if (whole === count) break;
    whole++;
  }
  return count === 0 ? [] : lines.slice(at);
}

async function readOn(handle: FileHandle): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for (;;) {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(64 * 1024), 0, 64 * 1024, null);
    if (bytesRead === 0) return Buffer.concat(chunks);
    chunks.push(buffer.subarray(0, bytesRead));
  }
}

async function rotated(handle: FileHandle, file: string): Promise<boolean> {
  const now = await stat(file).catch(() => undefined);
  return now !== undefined && now.ino !== (await handle.stat()).ino;
}
