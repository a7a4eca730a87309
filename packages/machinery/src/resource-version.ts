/**
 * Orders two resourceVersions of one kind from one server: negative, zero or positive. Whole numbers compare as such
 * (Kubernetes 1.35 made that a promise); of others only equality is known, and a different one counts as newer.
 */
export function compareResourceVersions(a: string, b: string): number {
  if (a === b) return 0;
  if (!/^\d+$/.test(a) || !/^\d+$/.test(b)) return 1;
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : 1;
}
