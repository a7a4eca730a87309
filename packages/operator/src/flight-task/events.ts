import { type FlightTask, type FlightTaskStatus, STEPS, type Texts } from '@hardpoint/api';
import type { Stored } from '@hardpoint/kubernetes';
import type { EventToRecord } from '@hardpoint/machinery';

/** What people are told when a status becomes another: each step once, each release, each turn for the worse (M3). */
export function taskEvents(options: {
  readonly task: Stored<FlightTask>;
  readonly before: FlightTaskStatus | undefined;
  readonly after: FlightTaskStatus;
  readonly texts: Texts;
}): EventToRecord[] {
  const { task: regarding, before, after, texts } = options;
  const events: EventToRecord[] = [];
  const related =
    after.podRef?.uid === undefined
      ? {}
      : {
          related: {
            apiVersion: 'v1',
            kind: 'Pod',
            namespace: regarding.metadata.namespace ?? '',
            name: after.podRef.name,
            uid: after.podRef.uid,
          },
        };
  const add = (type: 'Normal' | 'Warning', reason: string, action: string, note: string) =>
    events.push({ regarding, ...related, type, reason, action, note });
  const was = (type: string) => before?.conditions?.find((it) => it.type === type)?.status === 'True';
  const now = (type: string) => after.conditions?.find((it) => it.type === type)?.status === 'True';

  for (const step of STEPS) if (now(step) && !was(step)) add('Normal', step, 'Step', texts.task.step[step]);
  const made = new Set(before?.releases?.filter((it) => it.outcome === 'Released').map((it) => it.key));
  for (const release of after.releases ?? []) {
    if (release.outcome !== 'Released' || made.has(release.key)) continue;
    add('Normal', 'Released', 'Release', texts.task.released(release.weapon, release.count, release.remaining ?? 0));
  }
  if (now('AircraftLost') && !was('AircraftLost')) {
    add('Warning', 'AircraftLost', 'Follow', texts.task.aircraftSilent(after.aircraft ?? ''));
  }
  const changed = before?.phase !== after.phase || before?.reason !== after.reason;
  if (!changed) return events;
  const message = after.message ?? '';
  if (after.phase === 'Refused') add('Warning', after.reason ?? 'Refused', 'Refuse', message);
  if (after.phase === 'Failed') add('Warning', after.reason ?? 'Failed', 'Fly', message);
  if (after.phase === 'Lost') add('Warning', 'Lost', 'Follow', message);
  if (after.reason === 'Retrying') add('Warning', 'Retrying', 'Fly', message);
  if (after.reason === 'ImageMissing' || after.reason === 'PreloadFailed')
    add('Warning', after.reason, 'Mount', message);
  if (after.reason === 'WaitingForAuthorization') add('Normal', after.reason, 'Authorize', message);
  return events;
}
