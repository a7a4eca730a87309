/** Microseconds since the epoch. */
export type Micros = number;

/** RFC 3339, UTC, six fractional digits. */
export function preciseTime(micros: Micros): string {
  const whole = Math.floor(micros / 1000);
  const rest = Math.floor(micros - whole * 1000);
  return `${new Date(whole).toISOString().slice(0, -1)}${String(rest).padStart(3, '0')}Z`;
}

/** The microseconds of an RFC 3339 time with up to six fractional digits; undefined where there is none. */
export function readPreciseTime(text: string | undefined): Micros | undefined {
  if (text === undefined) return undefined;
  const match = /^(.*?)(?:\.(\d{1,9}))?(Z|[+-]\d{2}:\d{2})$/.exec(text);
  if (match === null) return undefined;
  const seconds = Date.parse(`${match[1]}${match[3]}`);
  if (Number.isNaN(seconds)) return undefined;
  return seconds * 1000 + Number((match[2] ?? '').padEnd(6, '0').slice(0, 6));
}
