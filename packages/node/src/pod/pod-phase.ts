import type { Container, ContainerStatus, Pod } from '@hardpoint/kubernetes';
import { isSidecar, restartsAfter } from './restart-rule.ts';

export type PodPhase = 'Pending' | 'Running' | 'Succeeded' | 'Failed';

/** What a status says of a container, as far as the phase of its Pod is concerned. */
type Standing =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'waiting' }
  | { readonly kind: 'running'; readonly started: boolean }
  | { readonly kind: 'stopped'; readonly exitCode: number; readonly now: boolean };

function standingOf(status: ContainerStatus | undefined): Standing {
  const state = status?.state;
  if (state?.running !== undefined) return { kind: 'running', started: status?.started === true };
  if (state?.terminated !== undefined) return { kind: 'stopped', exitCode: state.terminated.exitCode, now: true };
  if (state?.waiting !== undefined) {
    const last = status?.lastState?.terminated;
    return last === undefined ? { kind: 'waiting' } : { kind: 'stopped', exitCode: last.exitCode, now: false };
  }
  return { kind: 'unknown' };
}

/**
 * The phase of a Pod by the rules of a kubelet (getPhase, Kubernetes 1.37). `terminal`: nothing of the Pod runs and
 * nothing will be started again. `initialized`: a main container has been started.
 */
export function podPhase(options: {
  readonly pod: Pod;
  readonly statuses: readonly ContainerStatus[];
  readonly terminal: boolean;
  readonly initialized: boolean;
}): PodPhase {
  const { pod, statuses, terminal, initialized } = options;
  const standing = (container: Container) => standingOf(statuses.find((status) => status.name === container.name));
  const init = pod.spec?.initContainers ?? [];

  let pendingInit = 0;
  let failedForGood = 0;
  for (const container of init.filter((each) => !isSidecar(each))) {
    const at = standing(container);
    if (at.kind !== 'stopped') pendingInit++;
    else if (at.exitCode !== 0 && !restartsAfter({ pod, container, exitCode: at.exitCode })) failedForGood++;
  }

  let pendingSidecars = 0;
  let unknown = 0;
  let running = 0;
  let waiting = 0;
  let stopped = 0;
  let stoppedForGood = 0;
  let succeeded = 0;
  for (const container of init.filter(isSidecar)) {
    const at = standing(container);
    if (at.kind === 'running') {
      running++;
      if (!at.started) pendingSidecars++;
    } else if (at.kind === 'waiting') {
      pendingSidecars++;
      waiting++;
    } else if (at.kind === 'unknown') {
      unknown++;
    }
  }
  for (const container of pod.spec?.containers ?? []) {
    const at = standing(container);
    if (at.kind === 'running') running++;
    else if (at.kind === 'waiting') waiting++;
    else if (at.kind === 'unknown') unknown++;
    else {
      stopped++;
      if (!restartsAfter({ pod, container, exitCode: at.exitCode })) stoppedForGood++;
      if (at.now && at.exitCode === 0) succeeded++;
    }
  }

  if (failedForGood > 0) return 'Failed';
  if (pendingInit > 0 || (pendingSidecars > 0 && !initialized) || waiting > 0) return 'Pending';
  if (unknown > 0) return 'Pending';
  if (running > 0) return 'Running';
  if (stopped === 0) return 'Pending';
  if (!terminal && stopped !== stoppedForGood) return 'Running';
  return stopped === succeeded ? 'Succeeded' : 'Failed';
}
