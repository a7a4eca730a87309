/**
 * A plugin's answer other than success. Success is `undefined`.
 *
 * - `Unschedulable`: not now; another Pod's end could change it.
 * - `UnschedulableAndUnresolvable`: not now, and no other Pod's end would change it.
 * - `Pending`: held back until an outside event (scheduling gates, a Permit).
 * - `Skip`: this plugin has nothing to say about this Pod; its Filter or Score is left out of the cycle.
 * - `Wait`: Permit only: hold the Pod for at most `waitMs`.
 * - `Error`: a fault, not a verdict; the Pod is tried again with back-off.
 */
export interface Refusal {
  readonly code: 'Unschedulable' | 'UnschedulableAndUnresolvable' | 'Pending' | 'Skip' | 'Wait' | 'Error';
  /** Why, in words a person reads. The first is the one a decision shows. */
  readonly reasons: readonly string[];
  /** Filled in by the framework. */
  readonly plugin?: string;
  readonly waitMs?: number;
  readonly cause?: unknown;
}

export type Status = Refusal | undefined;

export function unschedulable(...reasons: string[]): Refusal {
  return { code: 'Unschedulable', reasons };
}

export function unresolvable(...reasons: string[]): Refusal {
  return { code: 'UnschedulableAndUnresolvable', reasons };
}

export function failed(reason: string, cause?: unknown): Refusal {
  return { code: 'Error', reasons: [reason], ...(cause === undefined ? {} : { cause }) };
}

export const SKIP: Refusal = Object.freeze({ code: 'Skip', reasons: [] });

/** Whether a refusal is a verdict on the Pod, as opposed to a fault. */
export function isVerdict(refusal: Refusal): boolean {
  return (
    refusal.code === 'Unschedulable' || refusal.code === 'UnschedulableAndUnresolvable' || refusal.code === 'Pending'
  );
}
