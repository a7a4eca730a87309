import type { WeaponState } from '@hardpoint/api';

/** Where a weapon stands: W5's states, each with what belongs to it. */
export type Standing =
  | { readonly kind: 'INITIALIZING' }
  | { readonly kind: 'READY' }
  | { readonly kind: 'LOCKED' }
  | { readonly kind: 'LAUNCHED' }
  | {
      readonly kind: 'FAULT';
      readonly cause: string;
      /** Its journal was lost: no self-check can pass, for the count cannot be known. */
      readonly lasting: boolean;
    };

/** The calls whose outcome depends on the state; SelfCheck and GetStatus are possible in any. */
export type StatefulCall = 'Initialize' | 'LockTarget' | 'Launch' | 'Abort';

/** What a call does in a state; `refused` is FAILED_PRECONDITION naming the state. */
export type CallOutcome = 'initialize' | 'repeat' | 'recover' | 'lock' | 'release' | 'abort' | 'refused';

/** W5 as a table. */
export const callOutcomes: Readonly<Record<WeaponState, Readonly<Record<StatefulCall, CallOutcome>>>> = {
  INITIALIZING: { Initialize: 'initialize', LockTarget: 'refused', Launch: 'refused', Abort: 'refused' },
  READY: { Initialize: 'repeat', LockTarget: 'lock', Launch: 'refused', Abort: 'refused' },
  LOCKED: { Initialize: 'repeat', LockTarget: 'lock', Launch: 'release', Abort: 'abort' },
  LAUNCHED: { Initialize: 'repeat', LockTarget: 'refused', Launch: 'refused', Abort: 'refused' },
  FAULT: { Initialize: 'recover', LockTarget: 'refused', Launch: 'refused', Abort: 'refused' },
};

/** States in which `weapon.WeaponService` is SERVING to a readiness probe (M2). */
export const servingStates: ReadonlySet<WeaponState> = new Set(['READY', 'LOCKED', 'LAUNCHED']);
