import type { Behaviour } from '@hardpoint/api';
import type { Random } from '@hardpoint/machinery';

/** Simulated temperature of each mount point, degrees Celsius. */
export interface Thermometer {
  /** Draws one sample per mount point; the same seed and moments give the same figures. */
  sample(nowMs: number): readonly number[];
  /** Stores left the rail: number `first`, `first + 1`, … of those released so far, one mount point after another. */
  released(options: { readonly first: number; readonly count: number; readonly nowMs: number }): void;
}

/** A launch warms its mount point by `risePerLaunch`; it cools evenly to `ambient`; `noise` is the largest deviation. */
export function createThermometer(options: {
  readonly behaviour: Behaviour['temperature'];
  readonly mountPoints: number;
  readonly random: Random;
}): Thermometer {
  const { ambient, risePerLaunch, coolingPerSecond, noise } = options.behaviour;
  /** Degrees above ambient at `atMs`. */
  const heat = Array.from({ length: options.mountPoints }, () => ({ excess: 0, atMs: 0 }));
  const excessAt = (one: { readonly excess: number; readonly atMs: number }, nowMs: number): number =>
    Math.max(0, one.excess - (coolingPerSecond * Math.max(0, nowMs - one.atMs)) / 1000);
  return {
    sample: (nowMs) =>
      heat.map((one) => {
        const deviation = noise === 0 ? 0 : noise * (2 * options.random.next() - 1);
        return ambient + excessAt(one, nowMs) + deviation;
      }),
    released({ first, count, nowMs }) {
      for (let store = first; store < first + count; store += 1) {
        const at = store % heat.length;
        const one = heat[at];
        if (one !== undefined) heat[at] = { excess: excessAt(one, nowMs) + risePerLaunch, atMs: nowMs };
      }
    },
  };
}
