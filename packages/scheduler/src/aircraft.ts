import { ANNOTATIONS, LABELS } from '@hardpoint/api';
import type { Node, Pod } from '@hardpoint/kubernetes';

/**
 * A value read from a label or annotation: absent, a value, or a text that is none. A malformed one is never taken for
 * a default (S4).
 */
export type Read<T> =
  | { readonly state: 'absent' }
  | { readonly state: 'value'; readonly value: T }
  | { readonly state: 'malformed'; readonly key: string; readonly text: string };

const ABSENT = { state: 'absent' } as const;

/** Most hardpoints anything may name: beyond it a number is a slip. */
const MOST_HARDPOINTS = 999_999;

const DAY_MS = 86_400_000;

function read<T>(key: string, text: string | undefined, parse: (text: string) => T | undefined): Read<T> {
  if (text === undefined) return ABSENT;
  const value = parse(text);
  return value === undefined ? { state: 'malformed', key, text } : { state: 'value', value };
}

/** Digits only, 0 to `most`. */
export function parseWhole(text: string, most: number): number | undefined {
  if (!/^\d{1,9}$/.test(text)) return undefined;
  const value = Number(text);
  return value <= most ? value : undefined;
}

/** Whole percent, 0 to 100, digits only. */
export function parsePercent(text: string): number | undefined {
  return parseWhole(text, 100);
}

/**
 * Days until the next maintenance: `45`, `45d`, `45天`, or its date (`2026-12-31`, whole days from `nowMs`, UTC; a past
 * date is 0).
 */
export function parseMaintenance(text: string, nowMs: number): number | undefined {
  const days = /^(\d{1,9})(?:d|天)?$/.exec(text);
  if (days !== null) return Number(days[1]);
  const date = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  if (date === null) return undefined;
  const [year, month, day] = [Number(date[1]), Number(date[2]), Number(date[3])];
  const at = new Date(0);
  at.setUTCFullYear(year, month - 1, day);
  if (at.getUTCFullYear() !== year || at.getUTCMonth() !== month - 1 || at.getUTCDate() !== day) return undefined;
  return Math.max(0, Math.floor(at.getTime() / DAY_MS) - Math.floor(nowMs / DAY_MS));
}

/** Names separated by commas, blanks ignored, each once. */
export function parseNames(text: string): readonly string[] {
  return [
    ...new Set(
      text
        .split(',')
        .map((name) => name.trim())
        .filter((name) => name !== ''),
    ),
  ];
}

/** What a Node says of its aircraft. */
export const aircraft = {
  type: (node: Node): string | undefined => node.metadata?.labels?.[LABELS.aircraftType],
  /** `unknown` where the label is missing or empty. */
  status: (node: Node): string => node.metadata?.labels?.[LABELS.aircraftStatus] || 'unknown',
  zone: (node: Node): string | undefined => node.metadata?.labels?.[LABELS.locationZone],
  fuel: (node: Node): Read<number> => read(LABELS.fuelLevel, node.metadata?.labels?.[LABELS.fuelLevel], parsePercent),
  hardpoints: (node: Node): Read<number> =>
    read(LABELS.hardpointAvailable, node.metadata?.labels?.[LABELS.hardpointAvailable], (text) =>
      parseWhole(text, MOST_HARDPOINTS),
    ),
  maintenance: (node: Node, nowMs: number): Read<number> =>
    read(ANNOTATIONS.maintenance, node.metadata?.annotations?.[ANNOTATIONS.maintenance], (text) =>
      parseMaintenance(text.trim(), nowMs),
    ),
  weapons: (node: Node): readonly string[] =>
    parseNames(node.metadata?.annotations?.[ANNOTATIONS.compatibleWeapons] ?? ''),
};

/** An annotation of a Pod; an empty one asks for nothing, as in the document's code. */
function asked(pod: Pod, key: string): string | undefined {
  const text = pod.metadata?.annotations?.[key];
  return text === '' ? undefined : text;
}

/** What a Pod asks of its aircraft. */
export const required = {
  /** The nodeSelector's value; empty counts as none. */
  type: (pod: Pod): string | undefined => pod.spec?.nodeSelector?.[LABELS.aircraftType] || undefined,
  fuel: (pod: Pod): Read<number> =>
    read(ANNOTATIONS.requiredFuelLevel, asked(pod, ANNOTATIONS.requiredFuelLevel), parsePercent),
  hardpoints: (pod: Pod): Read<number> =>
    read(ANNOTATIONS.requiredHardpoints, asked(pod, ANNOTATIONS.requiredHardpoints), (text) =>
      parseWhole(text, MOST_HARDPOINTS),
    ),
  zone: (pod: Pod): string | undefined => asked(pod, ANNOTATIONS.targetZone),
  /** The label's one weapon and the annotation's list together. */
  weapons: (pod: Pod): readonly string[] =>
    parseNames(
      [pod.metadata?.labels?.[LABELS.requiredWeapons], pod.metadata?.annotations?.[ANNOTATIONS.requiredWeapons]]
        .filter((text) => text !== undefined)
        .join(','),
    ),
  priority: (pod: Pod): Read<number> =>
    read(ANNOTATIONS.taskPriority, asked(pod, ANNOTATIONS.taskPriority), (text) =>
      /^-?\d{1,10}$/.test(text) ? Number(text) : undefined,
    ),
};
