import { LONGEST_NOTE_BYTES } from '@hardpoint/machinery';
import type { ScoredNode } from '../framework/profile.ts';
import type { SchedulerTexts } from '../texts.ts';

const bytes = (text: string): number => Buffer.byteLength(text, 'utf8');

/**
 * The block of 6.2 without its last line feed, in at most 1,024 bytes: score lines are left out from the end, and a
 * line says how many nodes that are. Where the names of the candidates alone are too long, they are cut the same way;
 * first and last line always stay. `candidates` are best first and not empty.
 */
export function scheduledNote(candidates: readonly ScoredNode[], texts: SchedulerTexts): string {
  const words = texts.decision;
  const chosen = candidates[0]?.node.name ?? '';
  const frame = [words.placed(chosen), words.analysis];
  const last = words.chosen(chosen);
  const room = LONGEST_NOTE_BYTES - bytes([...frame, last].join('\n'));
  const lines: string[] = [];
  let left = room;
  const put = (line: string): void => {
    lines.push(line);
    left -= bytes(line) + 1;
  };
  put(nameLine(candidates, room, texts));
  for (const [index, candidate] of candidates.entries()) {
    const line = words.score({
      node: candidate.node.name,
      total: candidate.total,
      shares: candidate.scores,
    });
    const after = candidates.length - index - 1;
    const rest = after === 0 ? 0 : bytes(words.others(after)) + 1;
    if (bytes(line) + 1 + rest > left) {
      const note = words.others(candidates.length - index);
      if (bytes(note) + 1 <= left) put(note);
      break;
    }
    put(line);
  }
  return [...frame, ...lines, last].join('\n');
}

/** All names where they fit beside the line that stands for the score lines; else as many as do, and how many are left. */
function nameLine(candidates: readonly ScoredNode[], room: number, texts: SchedulerTexts): string {
  const names = candidates.map(({ node }) => node.name);
  const limit = room - bytes(texts.decision.others(names.length)) - 2;
  const whole = texts.decision.candidates(names);
  if (bytes(whole) <= limit) return whole;
  const shortened = (count: number): string =>
    texts.decision.candidates([...names.slice(0, count), texts.moreCandidates(names.length - count)]);
  let [fits, tooMany] = [0, names.length];
  while (tooMany - fits > 1) {
    const middle = (fits + tooMany) >> 1;
    if (bytes(shortened(middle)) <= limit) fits = middle;
    else tooMany = middle;
  }
  return shortened(fits);
}
