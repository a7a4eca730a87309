import { ANNOTATIONS } from '@hardpoint/api';

export type Reading =
  | { readonly kind: 'value'; readonly value: number }
  | { readonly kind: 'absent' }
  | { readonly kind: 'invalid'; readonly message: string };

const DEFAULT_TURNAROUND_MS = 10_000;
const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** The sum of `internal-bay=6,wing=4`. */
export function hardpointSum(text: string | undefined): Reading {
  if (text === undefined) return { kind: 'absent' };
  let value = 0;
  for (const part of text.split(',')) {
    const found = /^\s*[a-z0-9]([-a-z0-9]*[a-z0-9])?\s*=\s*(\d{1,4})\s*$/i.exec(part);
    if (found === null) return invalid(ANNOTATIONS.hardpoints, text);
    value += Number(found[2]);
  }
  return { kind: 'value', value };
}

/** A turn-around in ms: a duration as Go writes it (`10s`, `1m30s`), default 10 s. */
export function turnaroundMs(text: string | undefined): Exclude<Reading, { kind: 'absent' }> {
  if (text === undefined) return { kind: 'value', value: DEFAULT_TURNAROUND_MS };
  if (!/^(\d+(\.\d+)?(ms|s|m|h))+$/.test(text)) return invalid(ANNOTATIONS.turnaround, text);
  let value = 0;
  for (const [, number, , unit = 's'] of text.matchAll(/(\d+(\.\d+)?)(ms|s|m|h)/g)) {
    value += Number(number) * (UNITS[unit] ?? 0);
  }
  return { kind: 'value', value };
}

function invalid(name: string, text: string): { readonly kind: 'invalid'; readonly message: string } {
  return { kind: 'invalid', message: `annotation ${name} is malformed: ${JSON.stringify(text)}` };
}
