import type { Clock } from '@hardpoint/machinery';

/** Writes one line per call, the time of day (UTC) before it, for those who read `kubectl logs`. */
export function lineWriter(options: {
  readonly clock: Clock;
  readonly write: (line: string) => void;
}): (line: string) => void {
  return (line) => {
    const time = new Date(options.clock.now()).toISOString().slice(11, 23);
    options.write(`${time} ${line.replaceAll('\n', ' ')}\n`);
  };
}
