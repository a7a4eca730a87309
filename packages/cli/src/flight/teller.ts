import { createLogUpdate } from 'log-update';
import stringWidth from 'string-width';
import type { Palette } from '../output/terminal.ts';

/** Where a run is told: lines that stay, and on a terminal a few lines below them that follow the moment. */
export interface Teller extends Disposable {
  line(text: string): void;
  /** Replaces the lines below. Does nothing where the output is not a terminal. */
  status(lines: readonly string[]): void;
}

export function createTeller(stream: NodeJS.WriteStream): Teller {
  if (stream.isTTY !== true) {
    return { line: (text) => void stream.write(`${text}\n`), status: () => {}, [Symbol.dispose]: () => {} };
  }
  const update = createLogUpdate(stream, { showCursor: true });
  let below: readonly string[] = [];
  return {
    line: (text) => {
      update.clear();
      stream.write(`${text}\n`);
      if (below.length > 0) update(below.join('\n'));
    },
    status: (lines) => {
      below = lines;
      update(lines.join('\n'));
    },
    [Symbol.dispose]: () => update.clear(),
  };
}

/** `+ 1.234 s  task-name  mark text`, aligned. */
export function timedLine(
  facts: { atMs: number; task: string; taskWidth: number; mark: 'step' | 'release' | 'bad' | 'note'; text: string },
  paint: Palette,
): string {
  const marks = { step: paint.green('✔'), release: paint.yellow('▼'), bad: paint.red('✗'), note: paint.dim('·') };
  const time = (Math.max(0, facts.atMs) / 1000).toFixed(3).padStart(7);
  const task = facts.task + ' '.repeat(Math.max(0, facts.taskWidth - stringWidth(facts.task)));
  return `${paint.dim(`+${time} s`)}  ${paint.bold(task)}  ${marks[facts.mark]} ${facts.text}`;
}
