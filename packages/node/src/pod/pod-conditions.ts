import type { ContainerStatus, Pod, PodCondition } from '@hardpoint/kubernetes';
import type { PodPhase } from './pod-phase.ts';
import { isSidecar } from './restart-rule.ts';

type Verdict = Pick<PodCondition, 'status' | 'reason' | 'message'>;

const TRUE: Verdict = { status: 'True' };

/** Names as Go prints a slice of strings: `[a b]`. */
function slice(names: readonly string[]): string {
  return `[${names.join(' ')}]`;
}

function joined(unknown: readonly string[], others: readonly string[], word: string): string {
  const parts: string[] = [];
  if (unknown.length > 0) parts.push(`containers with unknown status: ${slice(unknown)}`);
  if (others.length > 0) parts.push(`containers with ${word} status: ${slice(others)}`);
  return parts.join(', ');
}

function containersReady(pod: Pod, statuses: readonly ContainerStatus[], phase: PodPhase): Verdict {
  const unknown: string[] = [];
  const unready: string[] = [];
  const watched = [...(pod.spec?.initContainers ?? []).filter(isSidecar), ...(pod.spec?.containers ?? [])];
  for (const { name } of watched) {
    const status = statuses.find((each) => each.name === name);
    if (status === undefined) unknown.push(name);
    else if (!status.ready) unready.push(name);
  }
  if (phase === 'Succeeded' && unknown.length === 0) return { status: 'False', reason: 'PodCompleted' };
  if (phase === 'Failed') return { status: 'False', reason: 'PodFailed' };
  const message = joined(unknown, unready, 'unready');
  return message === '' ? TRUE : { status: 'False', reason: 'ContainersNotReady', message };
}

function ready(pod: Pod, others: readonly PodCondition[], containers: Verdict): Verdict {
  if (containers.status !== 'True') return containers;
  const messages: string[] = [];
  for (const { conditionType } of pod.spec?.readinessGates ?? []) {
    const gate = others.find((each) => each.type === conditionType);
    if (gate === undefined) {
      messages.push(`corresponding condition of pod readiness gate "${conditionType}" does not exist.`);
    } else if (gate.status !== 'True') {
      messages.push(`the status of pod readiness gate "${conditionType}" is not "True", but ${gate.status}`);
    }
  }
  if (messages.length === 0) return TRUE;
  return { status: 'False', reason: 'ReadinessGatesNotReady', message: messages.join(', ') };
}

function initialized(
  pod: Pod,
  statuses: readonly ContainerStatus[],
  phase: PodPhase,
  previous: readonly PodCondition[],
): Verdict {
  const unknown: string[] = [];
  const incomplete: string[] = [];
  for (const container of pod.spec?.initContainers ?? []) {
    const status = statuses.find((each) => each.name === container.name);
    if (status === undefined) unknown.push(container.name);
    else if (isSidecar(container) ? status.started !== true : !status.ready) incomplete.push(container.name);
  }
  if (phase === 'Succeeded' && unknown.length === 0) return { status: 'True', reason: 'PodCompleted' };
  const mainStarted = (pod.spec?.containers ?? []).some(({ name }) => {
    const status = statuses.find((each) => each.name === name);
    return (
      status?.state?.running !== undefined ||
      status?.state?.terminated !== undefined ||
      status?.lastState?.terminated !== undefined
    );
  });
  if (mainStarted) return TRUE;
  const message = joined(unknown, incomplete, 'incomplete');
  if (message === '' || previous.some((each) => each.type === 'Initialized' && each.status === 'True')) return TRUE;
  return { status: 'False', reason: 'ContainersNotInitialized', message };
}

/** The condition types that a kubelet owns. All others on a Pod are another hand's and stay. */
export const KUBELET_CONDITIONS: readonly string[] = [
  'PodReadyToStartContainers',
  'Initialized',
  'Ready',
  'ContainersReady',
  'PodScheduled',
];

/**
 * The five conditions of a kubelet, in its order. `previous` are the conditions the Pod has now: a condition whose
 * status stays keeps its lastTransitionTime. `now` is an RFC 3339 time.
 */
export function podConditions(options: {
  readonly pod: Pod;
  readonly statuses: readonly ContainerStatus[];
  readonly phase: PodPhase;
  readonly readyToStart: boolean;
  readonly previous: readonly PodCondition[];
  readonly now: string;
}): PodCondition[] {
  const { pod, statuses, phase, readyToStart, previous, now } = options;
  const containers = containersReady(pod, statuses, phase);
  const verdicts: Record<string, Verdict> = {
    PodReadyToStartContainers: readyToStart ? TRUE : { status: 'False' },
    Initialized: initialized(pod, statuses, phase, previous),
    Ready: ready(pod, previous, containers),
    ContainersReady: containers,
    PodScheduled: TRUE,
  };
  const generation = pod.metadata?.generation;
  return KUBELET_CONDITIONS.map((type) => {
    const verdict = verdicts[type] ?? TRUE;
    const before = previous.find((each) => each.type === type);
    return {
      type,
      ...(generation === undefined ? {} : { observedGeneration: generation }),
      ...verdict,
      lastTransitionTime: before?.status === verdict.status ? (before.lastTransitionTime ?? now) : now,
    };
  });
}
