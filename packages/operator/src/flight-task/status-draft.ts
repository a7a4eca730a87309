import {
  type Condition,
  type FlightTaskConditionType,
  type FlightTaskPhase,
  type FlightTaskRelease,
  type FlightTaskStatus,
  type FlightTaskStep,
  STEPS,
  type Step,
} from '@hardpoint/api';
import { type Micros, preciseTime, readPreciseTime } from './precise-time.ts';

/** A status under way from one form to the next. It starts as a copy of the old one; what nobody touches stays. */
export interface StatusDraft {
  readonly fields: FlightTaskStatus;
  condition(type: FlightTaskConditionType): Condition | undefined;
  isTrue(type: FlightTaskConditionType): boolean;
  /** lastTransitionTime changes only where the status does. */
  set(
    type: FlightTaskConditionType,
    to: { readonly status: 'True' | 'False' | 'Unknown'; readonly reason: string; readonly message: string },
  ): void;
  /** A step's begin, where it is not known yet. */
  begin(step: Step, at: Micros): void;
  /** A step that is done: its times and its condition. What was done before stays as it was. */
  finish(step: Step, at: Micros, text: string): void;
  /** Forgets steps that belong to an attempt. */
  forget(steps: readonly Step[], why: { readonly reason: string; readonly message: string }): void;
  say(phase: FlightTaskPhase, reason: string, message: string): void;
  /** In the document's order. */
  done(): FlightTaskStatus;
}

export function draftStatus(
  old: FlightTaskStatus | undefined,
  now: Micros,
  generation: number | undefined,
): StatusDraft {
  const conditions = new Map((old?.conditions ?? []).map((it) => [it.type, it]));
  const steps = new Map<Step, FlightTaskStep>((old?.steps ?? []).map((it) => [it.type, it]));
  const fields: FlightTaskStatus = { ...old };
  const nowSeconds = `${preciseTime(now).slice(0, 19)}Z`;
  const seconds = (at: Micros) => `${preciseTime(at).slice(0, 19)}Z`;

  const draft: StatusDraft = {
    fields,
    condition: (type) => conditions.get(type),
    isTrue: (type) => conditions.get(type)?.status === 'True',
    set(type, to) {
      const before = conditions.get(type);
      conditions.set(type, {
        type,
        status: to.status,
        reason: to.reason,
        message: to.message,
        lastTransitionTime: before?.status === to.status ? before.lastTransitionTime : nowSeconds,
      });
    },
    begin(step, at) {
      if (steps.get(step)?.startTime === undefined) steps.set(step, { type: step, startTime: preciseTime(at) });
    },
    finish(step, at, text) {
      const known = steps.get(step);
      if (known?.endTime === undefined) {
        const start = readPreciseTime(known?.startTime) ?? at;
        const begun = Math.min(start, at);
        steps.set(step, { type: step, startTime: preciseTime(begun), endTime: preciseTime(at) });
      }
      if (conditions.get(step)?.status === 'True') return;
      conditions.set(step, {
        type: step,
        status: 'True',
        reason: 'Done',
        message: text,
        lastTransitionTime: seconds(at),
      });
    },
    forget(which, why) {
      for (const step of which) {
        steps.delete(step);
        if (conditions.has(step)) draft.set(step, { status: 'False', ...why });
      }
    },
    say(phase, reason, message) {
      fields.phase = phase;
      fields.reason = reason;
      fields.message = message.slice(0, 4096);
    },
    done() {
      const rank = (type: string) => {
        const place = (STEPS as readonly string[]).indexOf(type);
        return place === -1 ? STEPS.length : place;
      };
      const status: FlightTaskStatus = { ...fields };
      if (generation !== undefined) status.observedGeneration = generation;
      status.conditions = [...conditions.values()].sort(
        (a, b) => rank(a.type) - rank(b.type) || (a.type < b.type ? -1 : 1),
      );
      status.steps = STEPS.flatMap((step) => steps.get(step) ?? []);
      return status;
    },
  };
  return draft;
}

/** Places (phase/index) of releases proven made: never flown again (M6). */
export function madePlaces(releases: readonly FlightTaskRelease[] | undefined): string[] {
  return (releases ?? []).filter((it) => it.outcome === 'Released').map((it) => it.key.split('/').slice(-2).join('/'));
}
