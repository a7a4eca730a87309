import { type DestinationStream, destination as fileDestination, pino } from 'pino';
import type { Clock } from './clock.ts';
import type { Logger } from './log.ts';
import { systemClock } from './system-clock.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

/** Takes whole lines, each ending in a newline. */
export interface LogDestination {
  write(line: string): unknown;
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * Lines on stderr: JSON, or for people where stderr is a terminal (or `format: 'human'`).
 * `level` defaults to `info`.
 */
export function createLogger(options: {
  readonly name: string;
  readonly level?: LogLevel;
  readonly format?: 'json' | 'human';
  readonly destination?: LogDestination;
  /** Stamps the lines; the system's by default. */
  readonly clock?: Pick<Clock, 'now'>;
}): Logger {
  const clock = options.clock ?? systemClock;
  const format = options.format ?? (options.destination === undefined && process.stderr.isTTY ? 'human' : 'json');
  const target: LogDestination = options.destination ?? fileDestination({ fd: 2, sync: true });
  const stream: DestinationStream = {
    write: (line) => void target.write(format === 'human' ? humanLine(line) : line),
  };
  const base = pino(
    {
      level: options.level ?? 'info',
      base: { name: options.name },
      timestamp: () => `,"time":"${new Date(clock.now()).toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      messageKey: 'message',
    },
    stream,
  );
  const wrap = (logger: typeof base): Logger => ({
    debug: (message, fields) => logger.debug(plain(fields), message),
    info: (message, fields) => logger.info(plain(fields), message),
    warn: (message, fields) => logger.warn(plain(fields), message),
    error: (message, fields) => logger.error(plain(fields), message),
    with: (fields) => wrap(logger.child(plain(fields))),
  });
  return wrap(base);
}

/** Says nothing. */
export const silentLogger: Logger = Object.freeze({
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  with: () => silentLogger,
});

/** Errors as message, code and cause; everything else as it is. */
function plain(fields: Fields | undefined): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(fields ?? {}))
    result[key] = value instanceof Error ? errorText(value) : value;
  return result;
}

function errorText(error: Error): string {
  const code = 'code' in error && typeof error.code === 'string' ? ` (${error.code})` : '';
  const cause = error.cause instanceof Error ? `: ${errorText(error.cause)}` : '';
  return `${error.name}: ${error.message}${code}${cause}`;
}

function humanLine(line: string): string {
  const { time, level, name, message, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const rest = Object.entries(fields).map(([key, value]) => ` ${key}=${scalar(value)}`);
  const clockPart = String(time).slice(11, 23);
  return `${clockPart} ${String(level).toUpperCase().padEnd(5)} ${String(name)}: ${String(message)}${rest.join('')}\n`;
}

function scalar(value: unknown): string {
  if (typeof value !== 'string') return JSON.stringify(value);
  return /^[\w./:@%+-]+$/.test(value) ? value : JSON.stringify(value);
}
