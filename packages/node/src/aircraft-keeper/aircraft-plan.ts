import { ANNOTATIONS, LABELS } from '@hardpoint/api';
import { hardpointSum, turnaroundMs } from './aircraft-annotations.ts';

/** What the keeper remembers of an aircraft, in an annotation of its Node: it may end and come back at any time. */
export interface KeeperMemory {
  /** The status word it wrote last. Another word on the Node is another hand's. */
  readonly wrote?: 'busy' | 'turnaround' | 'ready';
  /** Uid of the sortie that has the aircraft. */
  readonly sortie?: string;
  /** Hardpoints in all, where no annotation says: the label's value when the sortie took the aircraft. */
  readonly hardpoints?: number;
  /** Hardpoints the sortie mounted. */
  readonly mounted?: number;
  /** When the sortie ended, ms since the epoch. */
  readonly landedAtMs?: number;
}

/** A Pod that flies or is about to. */
export interface LivingSortie {
  readonly uid: string;
  /** Mount points it uses. */
  readonly mounted: number;
}

export interface AircraftPlan {
  /** Labels to be written; empty where all is as it should be. */
  readonly labels: Readonly<Record<string, string>>;
  /** What to remember; undefined: as before. */
  readonly memory: KeeperMemory | undefined;
  /** When to look again. */
  readonly lookAgainInMs: number | undefined;
  /** An annotation that cannot be read; the aircraft then waits for a person. */
  readonly problem: string | undefined;
}

const FULL = '100';

/**
 * What becomes of an aircraft's labels (spec, "Who keeps what on an aircraft"). Pure. `sorties` are the Pods of the
 * aircraft's scheduler that are bound to it and have not ended.
 */
export function planAircraft(options: {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly memory: KeeperMemory;
  readonly sorties: readonly LivingSortie[];
  readonly nowMs: number;
}): AircraftPlan {
  const { labels, annotations, sorties, nowMs } = options;
  const status = labels[LABELS.aircraftStatus];
  const memory = observed(options.memory, status);
  const sortie = sorties.find(({ uid }) => uid === memory.sortie) ?? sorties.toSorted(byUid)[0];
  const sum = hardpointSum(annotations[ANNOTATIONS.hardpoints]);
  const problems: string[] = [];
  if (sum.kind === 'invalid') problems.push(sum.message);
  let next: KeeperMemory = memory;
  let word: 'busy' | 'turnaround' | 'ready' | undefined;
  let fuel: string | undefined;
  let lookAgainInMs: number | undefined;

  if (sortie !== undefined && sortie.uid !== memory.sortie) {
    const total = memory.hardpoints ?? wholeNumber(labels[LABELS.hardpointAvailable]);
    const turning = memory.wrote === 'turnaround' && status === 'turnaround';
    if (status === 'ready' || status === undefined || turning) word = 'busy';
    next = {
      ...(word === undefined ? wrote(memory) : { wrote: word }),
      sortie: sortie.uid,
      mounted: sortie.mounted,
      ...(total === undefined ? {} : { hardpoints: total }),
    };
  } else if (sortie !== undefined) {
    if (memory.mounted !== sortie.mounted) next = { ...memory, mounted: sortie.mounted };
  } else if (memory.sortie !== undefined) {
    if (memory.wrote === 'busy' && status === 'busy') word = 'turnaround';
    const { sortie: _, ...rest } = memory;
    next = { ...rest, ...(word === undefined ? {} : { wrote: word }), landedAtMs: nowMs };
    lookAgainInMs = 0;
  } else if (memory.landedAtMs !== undefined) {
    const turnaround = turnaroundMs(annotations[ANNOTATIONS.turnaround]);
    const elsewhere = status === 'ready';
    if (turnaround.kind === 'invalid') problems.push(turnaround.message);
    const leftMs = turnaround.kind === 'invalid' ? undefined : memory.landedAtMs + turnaround.value - nowMs;
    if (elsewhere || (leftMs !== undefined && leftMs <= 0)) {
      if (memory.wrote === 'turnaround' && status === 'turnaround') word = 'ready';
      fuel = FULL;
      next = word === undefined ? wrote(memory) : { wrote: word };
    } else {
      lookAgainInMs = leftMs;
    }
  }

  const total =
    sum.kind === 'value' ? sum.value : sum.kind === 'absent' ? (next.hardpoints ?? memory.hardpoints) : undefined;
  const available = total === undefined ? undefined : String(Math.max(0, total - (next.mounted ?? 0)));
  const wanted: Record<string, string> = {
    ...(word === undefined ? {} : { [LABELS.aircraftStatus]: word }),
    ...(fuel === undefined ? {} : { [LABELS.fuelLevel]: fuel }),
    ...(available === undefined ? {} : { [LABELS.hardpointAvailable]: available }),
  };
  return {
    labels: Object.fromEntries(Object.entries(wanted).filter(([key, value]) => labels[key] !== value)),
    memory: JSON.stringify(next) === JSON.stringify(options.memory) ? undefined : next,
    lookAgainInMs,
    problem: problems.length === 0 ? undefined : problems.join('; '),
  };
}

/** What a service on the ground makes of an aircraft at once: full, all hardpoints free, ready. */
export function planService(options: {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly memory: KeeperMemory;
}): { readonly labels: Readonly<Record<string, string>>; readonly memory: KeeperMemory } {
  const { annotations, memory } = options;
  const sum = hardpointSum(annotations[ANNOTATIONS.hardpoints]);
  const total = sum.kind === 'value' ? sum.value : memory.hardpoints;
  return {
    labels: {
      [LABELS.aircraftStatus]: 'ready',
      [LABELS.fuelLevel]: FULL,
      ...(total === undefined ? {} : { [LABELS.hardpointAvailable]: String(total) }),
    },
    memory: { wrote: 'ready' },
  };
}

function wrote(memory: KeeperMemory): KeeperMemory {
  return memory.wrote === undefined ? {} : { wrote: memory.wrote };
}

/** Once another word has been seen, the one the keeper wrote is forgotten: should it come back, it is another hand's. */
function observed(memory: KeeperMemory, status: string | undefined): KeeperMemory {
  if (memory.wrote === undefined || memory.wrote === status) return memory;
  const { wrote: _, ...rest } = memory;
  return rest;
}

function byUid(a: LivingSortie, b: LivingSortie): number {
  return a.uid < b.uid ? -1 : 1;
}

function wholeNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}
