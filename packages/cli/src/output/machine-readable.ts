import { stringify } from 'yaml';

/** An answer for scripts, with a line feed at its end. */
export function machineReadable(value: unknown, format: 'json' | 'yaml'): string {
  return format === 'json' ? `${JSON.stringify(value, null, 2)}\n` : stringify(value, { lineWidth: 0 });
}
