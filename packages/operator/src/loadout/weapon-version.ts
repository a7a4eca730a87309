import type { WeaponSpec } from '@hardpoint/api';

/** The day from whose 00:00 UTC a version may not be flown, where that has come (V1); undefined where it may be flown. */
export function deprecatedSince(spec: WeaponSpec, version: string, nowMs: number): string | undefined {
  const entry = spec.versionHistory?.find((it) => it.version === version);
  if (entry === undefined || !entry.deprecated || entry.deprecationDate === undefined) return undefined;
  return nowMs >= Date.parse(`${entry.deprecationDate}T00:00:00Z`) ? entry.deprecationDate : undefined;
}

/** Whether a version warns because it is on its way out (V1). */
export function isDeprecated(spec: WeaponSpec, version: string): boolean {
  return spec.versionHistory?.some((it) => it.version === version && it.deprecated) === true;
}
