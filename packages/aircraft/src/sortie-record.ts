import type { FinalReport } from './final-report.ts';

/** How a sortie ends. Each is a decision: aircraft-control exits with code 0 after any of them. */
export type Outcome = 'Succeeded' | 'Recalled' | 'DeadlineExceeded' | 'Terminated' | 'Failed';

/** The task's steps (M3) that aircraft-control itself goes through. */
export type StepName = 'WeaponsInitialized' | 'WeaponsReady' | 'MissionExecuted';

/**
 * One line of the sortie's journal. `at` is wall time in ms. Whatever is decided is written, and synced, before it is
 * acted upon; so a process that starts again knows which releases it must not make twice.
 */
export type SortieRecord =
  | { readonly type: 'Started'; readonly at: number; readonly taskUID: string }
  | { readonly type: 'StepStarted'; readonly at: number; readonly step: StepName }
  | { readonly type: 'StepEnded'; readonly at: number; readonly step: StepName }
  /** Phase `phase` begins; the one after the last means that all have been flown. */
  | { readonly type: 'PhaseStarted'; readonly at: number; readonly phase: number }
  /** The release is due; from now on its authorisation is waited for. */
  | { readonly type: 'Waiting'; readonly at: number; readonly place: string }
  /**
   * The weapon is about to be asked. The token is kept whole: asking again after a crash must carry the same body.
   * `before` is the weapon's count at this moment.
   */
  | {
      readonly type: 'Intended';
      readonly at: number;
      readonly place: string;
      readonly token: string;
      readonly tokenId: string;
      readonly jti: string;
      readonly authorization: string;
      readonly before: number;
    }
  | {
      readonly type: 'Made';
      readonly at: number;
      readonly place: string;
      readonly remaining: number;
      readonly message: string;
    }
  /** The weapon refused the token: the release was not made, and waits for another. */
  | {
      readonly type: 'Refused';
      readonly at: number;
      readonly place: string;
      readonly tokenId: string;
      readonly jti: string;
      readonly authorization: string;
      readonly reason: string;
      readonly message: string;
    }
  | { readonly type: 'Skipped'; readonly at: number; readonly place: string; readonly message: string }
  /** Proven not made. */
  | { readonly type: 'Failed'; readonly at: number; readonly place: string; readonly message: string }
  /** Whether it was made could not be learnt. */
  | { readonly type: 'Unknown'; readonly at: number; readonly place: string; readonly message: string }
  /** The outcome is decided; what is left to do is to abort locked weapons. */
  | {
      readonly type: 'Returning';
      readonly at: number;
      readonly outcome: Outcome;
      readonly reason: string;
      readonly message: string;
    }
  | { readonly type: 'Ended'; readonly at: number; readonly report: FinalReport };
