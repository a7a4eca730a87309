import { type FlightTask, STEPS, type Texts } from '@hardpoint/api';
import type { Stored } from '@hardpoint/kubernetes';
import { printable } from '../output/terminal.ts';
import type { FlightWords } from './words.ts';

/** One thing that happened to a task, when it happened (ms since the epoch). */
export interface Line {
  readonly atMs: number;
  readonly task: string;
  readonly mark: 'step' | 'release' | 'bad' | 'note';
  readonly text: string;
}

/**
 * What is new between two states of a task, in the order it happened. Pure: seeing a state twice tells nothing twice.
 * A task seen first has `undefined` before it.
 */
export function narrate(
  previous: Stored<FlightTask> | undefined,
  current: Stored<FlightTask>,
  options: { readonly words: FlightWords; readonly texts: Texts; readonly nowMs: number },
): readonly Line[] {
  const { words, texts, nowMs } = options;
  const task = current.metadata.name;
  const lines: Line[] = [];
  const time = (value: string | undefined): number => (value === undefined ? nowMs : Date.parse(value));

  const before = new Map(previous?.status?.steps?.map((step) => [step.type, step]));
  for (const step of current.status?.steps ?? []) {
    if (step.endTime === undefined || before.get(step.type)?.endTime !== undefined) continue;
    // TaskCreated starts at creationTimestamp, which has whole seconds: a difference from it says nothing.
    const took =
      step.startTime === undefined || step.type === 'TaskCreated'
        ? undefined
        : Date.parse(step.endTime) - Date.parse(step.startTime);
    const number = String(STEPS.indexOf(step.type) + 1).padStart(2);
    const aircraft =
      step.type === 'ContainersStarted' && current.status?.aircraft ? ` · ${current.status.aircraft}` : '';
    lines.push({
      atMs: time(step.endTime),
      task,
      mark: 'step',
      text: `${number}/12 ${step.type.padEnd(20)} ${texts.task.step[step.type]}${aircraft}${took === undefined || took < 1 ? '' : ` · ${took} ms`}`,
    });
  }

  const releases = new Map(previous?.status?.releases?.map((release) => [release.key, release]));
  for (const release of current.status?.releases ?? []) {
    if (releases.get(release.key)?.outcome === release.outcome) continue;
    const made = release.outcome === 'Released';
    lines.push({
      atMs: time(release.time),
      task,
      mark: made ? 'release' : 'bad',
      text: made
        ? words.released({
            count: release.count,
            weapon: release.weapon,
            left: release.remaining,
            authorization: release.authorization,
          })
        : words.notReleased({
            outcome: release.outcome,
            count: release.count,
            weapon: release.weapon,
            message: printable(release.message ?? ''),
          }),
    });
  }

  const mission = current.status?.missionPhase;
  if (mission !== undefined && mission !== '' && mission !== previous?.status?.missionPhase) {
    lines.push({
      atMs: nowMs,
      task,
      mark: 'note',
      text: words.missionPhase({ name: mission, zone: current.status?.zone, fuel: current.status?.fuelLevel }),
    });
  }

  const phase = current.status?.phase;
  if (
    phase !== undefined &&
    phase !== previous?.status?.phase &&
    (phase === 'Refused' || phase === 'Failed' || phase === 'Lost')
  ) {
    lines.push({
      atMs: nowMs,
      task,
      mark: 'bad',
      text: `${words.phase(phase)}: ${printable(current.status?.message ?? '')}`,
    });
  }
  return lines.sort((a, b) => a.atMs - b.atMs);
}
