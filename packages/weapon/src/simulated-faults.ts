import type { BehaviourFault } from '@hardpoint/api';

/** A fault of the behaviour file that is due. */
export interface DueFault {
  /** Its index in the file. */
  readonly index: number;
  readonly fault: BehaviourFault;
  /** Faults that name a moment or one call happen once in a journal's life; others every time. */
  readonly once: boolean;
}

/** Which simulated fault a call meets. */
export interface FaultPlan {
  /** Counts one call of that kind and gives the first fault that is due for it. */
  next(trigger: Exclude<BehaviourFault['trigger'], 'time'>, fired: ReadonlySet<number>): DueFault | undefined;
  /** Those that happen at a moment, with ms after the start. */
  timed(fired: ReadonlySet<number>): readonly (DueFault & { readonly afterMs: number })[];
}

/** A plan from the behaviour file's list; calls are counted from the start of the process. */
export function createFaultPlan(faults: readonly BehaviourFault[]): FaultPlan {
  const calls = new Map<string, number>();
  return {
    next(trigger, fired) {
      const call = (calls.get(trigger) ?? 0) + 1;
      calls.set(trigger, call);
      for (const [index, fault] of faults.entries()) {
        if (fault.trigger !== trigger || fired.has(index)) continue;
        if (fault.nth === undefined || fault.nth === call) return { index, fault, once: fault.nth !== undefined };
      }
      return undefined;
    },
    timed: (fired) =>
      faults.flatMap((fault, index) =>
        fault.trigger === 'time' && !fired.has(index)
          ? [{ index, fault, once: true, afterMs: (fault.afterSeconds ?? 0) * 1000 }]
          : [],
      ),
  };
}
