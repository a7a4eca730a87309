/** Milliseconds since the epoch as Kubernetes' MicroTime: `2026-01-01T00:00:00.000000Z`. */
export function microTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, -1)}000Z`;
}

/** Milliseconds since the epoch as Kubernetes' Time, whole seconds: `2026-01-01T00:00:00Z`. */
export function secondTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, -5)}Z`;
}
