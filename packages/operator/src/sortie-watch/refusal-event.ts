import { type FlightTask, LAUNCH_REFUSALS, type LaunchRefusal, type Texts } from '@hardpoint/api';
import type { Stored } from '@hardpoint/kubernetes';
import type { EventToRecord } from '@hardpoint/machinery';
import type { LiveRefusal } from './sortie-report.ts';

/** Event LaunchRefused on the FlightTask (W6): which weapon, why, on whose authorisation. */
export function refusalEvent(options: {
  readonly task: Stored<FlightTask>;
  readonly refusal: LiveRefusal;
  readonly texts: Texts;
}): EventToRecord {
  const { task, refusal, texts } = options;
  const reason = LAUNCH_REFUSALS.find((it): it is LaunchRefusal => it === refusal.reason);
  return {
    regarding: task,
    type: 'Warning',
    reason: 'LaunchRefused',
    action: 'Launch',
    note:
      reason === undefined
        ? `${refusal.weapon}: ${refusal.reason} ${refusal.message}`
        : texts.task.launchRefused(refusal.weapon, reason, refusal.authorization || refusal.jti),
  };
}
