import type { FinalReport } from './final-report.ts';
import type { Outcome, SortieRecord, StepName } from './sortie-record.ts';

/** One moment on both clocks, ms. Durations are measured on `monotonic`; `wall` is for people and for other processes. */
export interface Instant {
  readonly wall: number;
  readonly monotonic: number;
}

/** Where a release stands, by the journal. One that has not begun is in no map. */
export type ReleaseState =
  | { readonly kind: 'waiting'; readonly since: Instant }
  | {
      readonly kind: 'intended';
      readonly since: Instant;
      readonly at: Instant;
      readonly token: string;
      readonly tokenId: string;
      readonly jti: string;
      readonly authorization: string;
      readonly before: number;
    }
  | {
      readonly kind: 'made';
      readonly at: Instant;
      readonly jti: string;
      readonly authorization: string;
      readonly remaining: number;
      readonly message: string;
    }
  | {
      readonly kind: 'skipped' | 'failed' | 'unknown';
      readonly at: Instant;
      readonly jti: string;
      readonly authorization: string;
      readonly message: string;
    };

/** One launch that a weapon refused for want of a valid authorisation. */
export interface Refusal {
  readonly weapon: string;
  readonly reason: string;
  readonly jti: string;
  readonly authorization: string;
  readonly message: string;
  readonly at: Instant;
  /** Idempotency key asked under, where known. */
  readonly key: string;
}

/** All that the journal says: the fold of its records. */
export interface Progress {
  readonly started: Instant | undefined;
  readonly steps: Readonly<Partial<Record<StepName, { readonly start: Instant; readonly end?: Instant }>>>;
  /** When each phase began, by index. */
  readonly phases: readonly Instant[];
  /** By place. */
  readonly releases: ReadonlyMap<string, ReleaseState>;
  /** Digests of tokens that have been used for a release or refused: none is ever sent for another. */
  readonly usedTokens: ReadonlySet<string>;
  readonly refusals: readonly (Refusal & { readonly place: string })[];
  readonly returning:
    | { readonly at: Instant; readonly outcome: Outcome; readonly reason: string; readonly message: string }
    | undefined;
  readonly ended: FinalReport | undefined;
}

export const noProgress: Progress = {
  started: undefined,
  steps: {},
  phases: [],
  releases: new Map(),
  usedTokens: new Set(),
  refusals: [],
  returning: undefined,
  ended: undefined,
};

/** Whether nothing more can happen to a release in this state. */
export function isDecided(state: ReleaseState | undefined): boolean {
  return state !== undefined && state.kind !== 'waiting' && state.kind !== 'intended';
}

/**
 * A moment written by an earlier process, on this process's clocks: as long ago as wall time says, never in the
 * future. A wall clock that was set back makes a wait begin again; one set forward ends it early.
 */
export function resumedInstant(wall: number, now: Instant): Instant {
  return { wall, monotonic: now.monotonic - Math.max(0, now.wall - wall) };
}

/** Adds one record. `at` is its moment on this process's clocks. */
export function withRecord(progress: Progress, record: SortieRecord, at: Instant): Progress {
  switch (record.type) {
    case 'Started':
      return { ...progress, started: at };
    case 'StepStarted':
      return { ...progress, steps: { ...progress.steps, [record.step]: { start: at } } };
    case 'StepEnded': {
      const start = progress.steps[record.step]?.start ?? at;
      return { ...progress, steps: { ...progress.steps, [record.step]: { start, end: at } } };
    }
    case 'PhaseStarted': {
      const phases = [...progress.phases];
      phases[record.phase] = at;
      return { ...progress, phases };
    }
    case 'Waiting':
      return withRelease(progress, record.place, { kind: 'waiting', since: at });
    case 'Intended': {
      const previous = progress.releases.get(record.place);
      const { token, tokenId, jti, authorization, before } = record;
      const since = previous?.kind === 'waiting' ? previous.since : at;
      return {
        ...withRelease(progress, record.place, {
          kind: 'intended',
          since,
          at,
          token,
          tokenId,
          jti,
          authorization,
          before,
        }),
        usedTokens: new Set([...progress.usedTokens, tokenId]),
      };
    }
    case 'Made': {
      const { remaining, message } = record;
      return withRelease(progress, record.place, {
        kind: 'made',
        at,
        remaining,
        message,
        ...credentials(progress, record.place),
      });
    }
    case 'Refused': {
      const previous = progress.releases.get(record.place);
      const since = previous?.kind === 'intended' ? previous.since : at;
      const { place, reason, jti, authorization, message } = record;
      return {
        ...withRelease(progress, place, { kind: 'waiting', since }),
        refusals: [...progress.refusals, { place, weapon: '', key: '', reason, jti, authorization, message, at }],
      };
    }
    case 'Skipped':
      return withRelease(progress, record.place, decided('skipped'));
    case 'Failed':
      return withRelease(progress, record.place, decided('failed'));
    case 'Unknown':
      return withRelease(progress, record.place, decided('unknown'));
    case 'Returning': {
      const { outcome, reason, message } = record;
      return { ...progress, returning: { at, outcome, reason, message } };
    }
    case 'Ended':
      return { ...progress, ended: record.report };
    default:
      throw record satisfies never;
  }

  function decided(kind: 'skipped' | 'failed' | 'unknown'): ReleaseState {
    const { place, message } = record as Extract<SortieRecord, { place: string; message: string }>;
    return { kind, at, message, ...credentials(progress, place) };
  }
}

function withRelease(progress: Progress, place: string, state: ReleaseState): Progress {
  return { ...progress, releases: new Map([...progress.releases, [place, state]]) };
}

function credentials(progress: Progress, place: string): { readonly jti: string; readonly authorization: string } {
  const state = progress.releases.get(place);
  return state?.kind === 'intended'
    ? { jti: state.jti, authorization: state.authorization }
    : { jti: '', authorization: '' };
}
