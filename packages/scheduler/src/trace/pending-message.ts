import { aircraft } from '../aircraft.ts';
import type { Attempt } from '../framework/attempt.ts';
import type { Snapshot } from '../framework/snapshot.ts';
import type { SchedulerTexts } from '../texts.ts';

/** Reasons named in a FailedScheduling note (S6). */
const MOST_REASONS = 5;

/** Each reason with the number of nodes it keeps out, the commonest first, then by text. */
export function reasonsOf(attempt: Attempt): readonly { readonly count: number; readonly text: string }[] {
  const counts = new Map<string, number>();
  for (const { reasons } of attempt.refused.values())
    for (const text of reasons) counts.set(text, (counts.get(text) ?? 0) + 1);
  return [...counts]
    .map(([text, count]) => ({ count, text }))
    .sort((a, b) => b.count - a.count || (a.text < b.text ? -1 : 1));
}

/** `0/4 架飞机可用: 2 …, 1 …`: what the Event and the Pod's condition say of a Pod that was not placed. */
export function pendingMessage(options: {
  readonly attempt: Attempt;
  readonly snapshot: Snapshot;
  readonly kind: 'aircraft' | 'stock';
  readonly texts: SchedulerTexts;
}): string {
  const { attempt, snapshot, kind, texts } = options;
  const whole = attempt.refusal?.reasons.join(', ');
  if (kind === 'stock') {
    const said =
      whole ??
      reasonsOf(attempt)
        .map(({ count, text }) => `${count} ${text}`)
        .sort()
        .join(', ');
    return `0/${snapshot.nodes.length} nodes are available: ${said}.`;
  }
  const all = snapshot.nodes.filter(({ node }) => aircraft.type(node) !== undefined).length;
  const reasons = reasonsOf(attempt).slice(0, MOST_REASONS);
  return whole === undefined ? texts.decision.notPlaced(all, reasons) : `${texts.decision.notPlaced(all, [])}${whole}`;
}
