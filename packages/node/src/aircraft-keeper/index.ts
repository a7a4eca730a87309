import type { Client, Clock, Logger, Random } from '@hardpoint/machinery';

export async function runAircraftKeeper(options: {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly signal: AbortSignal;
  readonly keeps: (node: string) => boolean;
}): Promise<void> {
  await new Promise<void>((resolve) => options.signal.addEventListener('abort', () => resolve(), { once: true }));
}
