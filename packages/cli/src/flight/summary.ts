import type { FlightTask } from '@hardpoint/api';
import type { Stored } from '@hardpoint/kubernetes';
import { table } from '../output/table.ts';
import type { Palette } from '../output/terminal.ts';
import { expectedPhase, type FlightResult } from './flight.ts';
import type { FlightWords } from './words.ts';

/** The last page of a run, for people: a row per task, the weapons' metrics, a verdict. */
export function summarise(
  result: FlightResult,
  options: { readonly words: FlightWords; readonly paint: Palette; readonly tookMs: number },
): { readonly text: string; readonly asExpected: boolean; readonly released: number } {
  const { words, paint } = options;
  const stores = (task: Stored<FlightTask>, of: 'released' | 'remaining'): string =>
    (task.status?.weapons ?? []).map((weapon) => `${weapon.name} ${weapon[of] ?? '?'}`).join(', ') || '-';
  const wrong = result.tasks.filter((task) => task.status?.phase !== expectedPhase(task));
  const released = result.tasks
    .flatMap((task) => task.status?.weapons ?? [])
    .reduce((total, weapon) => total + (weapon.released ?? 0), 0);
  const rows = result.tasks.map((task) => {
    const phase = task.status?.phase ?? 'Pending';
    const expected = expectedPhase(task);
    const took =
      task.status?.completionTime === undefined
        ? '-'
        : `${((Date.parse(task.status.completionTime) - Date.parse(task.metadata.creationTimestamp)) / 1000).toFixed(1)} s`;
    return [
      task.metadata.name,
      phase === expected ? paint.green(words.expected(phase)) : paint.red(words.unexpected({ phase, expected })),
      task.status?.aircraft ?? '-',
      stores(task, 'released'),
      stores(task, 'remaining'),
      took,
    ];
  });
  const metrics = [...result.samples].flatMap(([task, samples]) =>
    samples.map((sample) => [
      task,
      sample.weapon,
      String(sample.launches),
      String(sample.successes),
      String(sample.refused),
      String(sample.remaining),
      Number.isFinite(sample.celsius) ? sample.celsius.toFixed(1) : '-',
    ]),
  );
  const parts = [`\n${paint.bold(words.summary)}\n`, table(words.columns, rows)];
  if (metrics.length > 0) {
    parts.push(
      `\n${paint.bold(words.metrics)}\n`,
      table(
        [
          'TASK',
          'WEAPON',
          'weapon_launch_total',
          'weapon_launch_success_total',
          'weapon_launch_refused_total',
          'weapon_remaining_count',
          'weapon_temperature_celsius',
        ],
        metrics,
      ),
    );
  }
  const asExpected = wrong.length === 0 && result.late === undefined;
  parts.push(
    `\n${
      asExpected
        ? paint.green(words.verdict({ tasks: result.tasks.length, released, seconds: options.tookMs / 1000 }))
        : paint.red(words.failure({ tasks: result.tasks.length, wrong: Math.max(wrong.length, 1) }))
    }\n`,
  );
  return { text: parts.join(''), asExpected, released };
}
