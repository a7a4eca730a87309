const pattern = /^(\d{4}-\d{2}-\d{2})[Tt](\d{2}:\d{2}:\d{2})(?:[.,](\d+))?(?:[Zz]|([+-])(\d{2}):(\d{2}))$/;

/**
 * An RFC 3339 time as the server writes it back: UTC, whole seconds (`Time`) or microseconds (`MicroTime`). Undefined
 * where the text is no time.
 */
export function canonicalTime(text: string, precision: 'seconds' | 'micros'): string | undefined {
  const match = pattern.exec(text);
  if (match === null) return undefined;
  const [, day, clock, fraction = '', sign, hours, minutes] = match;
  const ms = Date.parse(`${day}T${clock}Z`);
  if (Number.isNaN(ms)) return undefined;
  const offset = sign === undefined ? 0 : (Number(hours) * 60 + Number(minutes)) * 60_000 * (sign === '-' ? -1 : 1);
  const whole = new Date(ms - offset).toISOString().slice(0, 19);
  return precision === 'seconds' ? `${whole}Z` : `${whole}.${fraction.slice(0, 6).padEnd(6, '0')}Z`;
}
