import {
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';

export type LogStream = 'stdout' | 'stderr';

/** Writes what a container prints as the container runtimes do: one line each `TIME STREAM F|P TEXT`. */
export interface CriLogWriter {
  write(stream: LogStream, chunk: Uint8Array): void;
  /** Writes what stands without a line end, as a partial line, and closes the file. */
  close(): void;
}

/** A kubelet's defaults: containerLogMaxSize 10Mi, containerLogMaxFiles 5. */
const LARGEST_FILE = 10 * 1024 * 1024;
const MOST_FILES = 5;
/** A longer line is cut into partial ones. */
const LONGEST_LINE = 16 * 1024;
const LINE_END = 10;

/** `now` gives RFC 3339 times with nine digits. A file that has grown too large is set aside under `<file>.<time>`. */
export function createCriLogWriter(options: {
  readonly file: string;
  readonly now: () => string;
  readonly largestFile?: number;
}): CriLogWriter {
  const { file, now, largestFile = LARGEST_FILE } = options;
  mkdirSync(dirname(file), { recursive: true });
  let descriptor = openSync(file, 'a', 0o640);
  let size = fstatSync(descriptor).size;
  const open: Record<LogStream, Buffer> = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };

  const rotate = (): void => {
    closeSync(descriptor);
    const stamp = now().replace(/\D/g, '').slice(0, 17);
    if (existsSync(file)) renameSync(file, `${file}.${stamp}`);
    const old = readdirSync(dirname(file))
      .filter((name) => name.startsWith(`${basename(file)}.`))
      .sort();
    for (const name of old.slice(0, Math.max(0, old.length - (MOST_FILES - 1)))) {
      rmSync(join(dirname(file), name), { force: true });
    }
    descriptor = openSync(file, 'a', 0o640);
    size = 0;
  };
  const line = (stream: LogStream, tag: 'F' | 'P', text: Buffer): void => {
    const record = Buffer.concat([Buffer.from(`${now()} ${stream} ${tag} `), text, Buffer.from('\n')]);
    if (size > 0 && size + record.length > largestFile) rotate();
    size += writeSync(descriptor, record);
  };
  return {
    write(stream, chunk) {
      let rest = Buffer.concat([open[stream], chunk]);
      for (;;) {
        const end = rest.indexOf(LINE_END);
        if (end === -1 ? rest.length < LONGEST_LINE : end <= LONGEST_LINE) {
          if (end === -1) break;
          line(stream, 'F', rest.subarray(0, end));
          rest = rest.subarray(end + 1);
        } else {
          line(stream, 'P', rest.subarray(0, LONGEST_LINE));
          rest = rest.subarray(LONGEST_LINE);
        }
      }
      open[stream] = Buffer.from(rest);
    },
    close() {
      for (const stream of ['stdout', 'stderr'] as const) {
        if (open[stream].length > 0) line(stream, 'P', open[stream]);
      }
      closeSync(descriptor);
    },
  };
}
