import { type Target, WipError } from '@hardpoint/wip';

/** What is accepted: degrees, metres, metres per second. */
const ranges = {
  latitude: [-90, 90],
  longitude: [-180, 180],
  altitude: [-1_000, 100_000],
  velocity: [0, 100_000],
} as const;

/** A target whose figures are in range; they are opaque beyond that. Throws WipError INVALID_ARGUMENT naming the field. */
export function checkTarget(target: Target | undefined): Target {
  if (target === undefined) throw new WipError({ code: 'INVALID_ARGUMENT', message: 'target is missing' });
  for (const field of ['latitude', 'longitude', 'altitude', 'velocity'] as const) {
    const [least, most] = ranges[field];
    const value = target[field];
    if (!(value >= least && value <= most))
      throw new WipError({
        code: 'INVALID_ARGUMENT',
        message: `target.${field} must be between ${least} and ${most}, not ${value}`,
      });
  }
  return target;
}
