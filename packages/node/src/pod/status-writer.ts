import { PODS, type Pod, type PodStatus } from '@hardpoint/kubernetes';
import { ApiError, type Client, type Clock, type Logger } from '@hardpoint/machinery';
import { KUBELET_CONDITIONS } from './pod-conditions.ts';

const RETRY_MS = 500;

/** Writes a Pod's status in the background: always the newest, one write at a time, and never what did not change. */
export interface StatusWriter {
  set(status: PodStatus): void;
  /** Resolves when the newest status has been written, or the Pod is gone; rejects with the signal's reason. */
  written(): Promise<void>;
}

export function createStatusWriter(options: {
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Logger;
  readonly pod: Pod;
  readonly signal: AbortSignal;
}): StatusWriter {
  const { client, clock, log, pod, signal } = options;
  const place = { namespace: pod.metadata?.namespace ?? '', name: pod.metadata?.name ?? '' };
  let known: PodStatus = pod.status ?? {};
  let wanted: PodStatus | undefined;
  let working: Promise<void> | undefined;
  let gone = false;

  const work = async (): Promise<void> => {
    while (wanted !== undefined && !gone) {
      const status = wanted;
      wanted = undefined;
      const body = { metadata: { uid: pod.metadata?.uid }, status: statusPatch(known, status) };
      try {
        await client.patch(PODS, place, { type: 'strategic', body }, { subresource: 'status', signal });
        known = status;
      } catch (error) {
        signal.throwIfAborted();
        // A patch whose uid is another's is a Conflict: the Pod of this worker is gone.
        if (ApiError.is(error, 'NotFound', 'Conflict')) {
          gone = true;
          return;
        }
        if (ApiError.is(error, 'Invalid', 'BadRequest', 'Forbidden')) {
          log.error('the API refuses a Pod status', { error });
          continue;
        }
        log.warn('a Pod status could not be written', { error });
        wanted ??= status;
        await clock.sleep(RETRY_MS, signal);
      }
    }
  };
  const kick = (): void => {
    if (working !== undefined) return;
    working = work().finally(() => {
      working = undefined;
      if (wanted !== undefined && !gone && !signal.aborted) kick();
    });
    working.catch(() => {});
  };
  return {
    set(status) {
      if (JSON.stringify(status) === JSON.stringify(wanted ?? known)) return;
      wanted = status;
      kick();
    },
    async written() {
      while (working !== undefined) await working;
    },
  };
}

/** The status as a strategic merge patch: what went away is null. Conditions of other hands are left out. */
function statusPatch(before: PodStatus, after: PodStatus): Record<string, unknown> {
  const patch: Record<string, unknown> = { ...after };
  for (const key of Object.keys(before)) if (!(key in after)) patch[key] = null;
  patch.conditions = (after.conditions ?? [])
    .filter(({ type }) => KUBELET_CONDITIONS.includes(type))
    .map((condition) => {
      const old = before.conditions?.find(({ type }) => type === condition.type);
      const removed = Object.keys(old ?? {}).filter((key) => !(key in condition) && key !== 'lastProbeTime');
      return { ...condition, ...Object.fromEntries(removed.map((key) => [key, null])) };
    });
  return patch;
}
