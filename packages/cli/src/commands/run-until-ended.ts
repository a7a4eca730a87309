import type { CommandContext } from '../context.ts';
import type { Supervised } from '../supervisor/supervised.ts';

/**
 * Runs a part until a signal ends it, its supervisor is gone, or it fails. An abort that comes back as a rejection is an
 * ordinary end.
 */
export async function runUntilEnded(
  context: CommandContext,
  supervised: Supervised,
  run: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const orphaned = new AbortController();
  supervised.on('gone', () => orphaned.abort(new DOMException('the supervisor is gone', 'AbortError')));
  const signal = AbortSignal.any([context.signal, orphaned.signal]);
  try {
    await run(signal);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
