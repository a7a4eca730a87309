import { booleanAt, numberAt, objectsAt } from '../kinds/fields.ts';
import type { Column } from '../kinds/kind.ts';
import { getOwn, isObject, type JsonObject, objectAt, stringAt } from '../schema/contract.ts';
import { humanDuration } from './age.ts';
import { ageColumn, nameColumn } from './plain-columns.ts';

interface Restarts {
  readonly count: number;
  readonly lastAt: number;
}

/** `2/2`, the word of STATUS and the restarts, as kubectl shows them. */
export function podSummary(pod: JsonObject): { ready: string; status: string; restarts: Restarts } {
  const spec = objectAt(pod, 'spec');
  const status = objectAt(pod, 'status');
  const inits = objectsAt(spec, 'initContainers');
  const isSidecar = (name: string): boolean =>
    inits.some(
      (container) => stringAt(container, 'name') === name && stringAt(container, 'restartPolicy') === 'Always',
    );
  let reason = stringAt(status, 'reason') ?? stringAt(status, 'phase') ?? '';
  const conditions = objectsAt(status, 'conditions');
  if (conditions.some(({ type, reason: why }) => type === 'PodScheduled' && why === 'SchedulingGated'))
    reason = 'SchedulingGated';
  let total =
    objectsAt(spec, 'containers').length +
    inits.filter((container) => stringAt(container, 'restartPolicy') === 'Always').length;
  if (total === 0) total = 0;
  let ready = 0;
  let restarts = 0;
  let sidecarRestarts = 0;
  let lastRestart = 0;
  let lastSidecarRestart = 0;
  let initializing = false;
  const initStatuses = objectsAt(status, 'initContainerStatuses');
  for (const [index, container] of initStatuses.entries()) {
    const count = numberAt(container, 'restartCount') ?? 0;
    restarts += count;
    lastRestart = Math.max(lastRestart, terminatedAt(container));
    const sidecar = isSidecar(stringAt(container, 'name') ?? '');
    if (sidecar) {
      sidecarRestarts += count;
      lastSidecarRestart = Math.max(lastSidecarRestart, terminatedAt(container));
    }
    const state = objectAt(container, 'state');
    const terminated = getOwn(state, 'terminated');
    const waiting = getOwn(state, 'waiting');
    if (isObject(terminated) && (numberAt(terminated, 'exitCode') ?? 0) === 0) continue;
    if (sidecar && booleanAt(container, 'started')) {
      if (booleanAt(container, 'ready')) ready++;
      continue;
    }
    if (isObject(terminated)) reason = `Init:${endReason(terminated)}`;
    else if (isObject(waiting) && (stringAt(waiting, 'reason') ?? '') !== '' && waiting.reason !== 'PodInitializing') {
      reason = `Init:${stringAt(waiting, 'reason')}`;
    } else reason = `Init:${index}/${inits.length}`;
    initializing = true;
    break;
  }
  if (!initializing || conditions.some(({ type, status: value }) => type === 'Initialized' && value === 'True')) {
    restarts = sidecarRestarts;
    lastRestart = lastSidecarRestart;
    let running = false;
    for (const container of objectsAt(status, 'containerStatuses').toReversed()) {
      restarts += numberAt(container, 'restartCount') ?? 0;
      lastRestart = Math.max(lastRestart, terminatedAt(container));
      const state = objectAt(container, 'state');
      const waiting = getOwn(state, 'waiting');
      const terminated = getOwn(state, 'terminated');
      if (isObject(waiting) && (stringAt(waiting, 'reason') ?? '') !== '') reason = stringAt(waiting, 'reason') ?? '';
      else if (isObject(terminated)) reason = endReason(terminated);
      else if (booleanAt(container, 'ready') && isObject(getOwn(state, 'running'))) {
        running = true;
        ready++;
      }
    }
    if (reason === 'Completed' && running) {
      reason = conditions.some(({ type, status: value }) => type === 'Ready' && value === 'True')
        ? 'Running'
        : 'NotReady';
    }
  }
  const deleting = getOwn(objectAt(pod, 'metadata'), 'deletionTimestamp') !== undefined;
  const phase = stringAt(status, 'phase');
  if (deleting && stringAt(status, 'reason') === 'NodeLost') reason = 'Unknown';
  else if (deleting && phase !== 'Failed' && phase !== 'Succeeded') reason = 'Terminating';
  return { ready: `${ready}/${total}`, status: reason, restarts: { count: restarts, lastAt: lastRestart } };
}

function endReason(terminated: JsonObject): string {
  const reason = stringAt(terminated, 'reason') ?? '';
  if (reason !== '') return reason;
  const signal = numberAt(terminated, 'signal') ?? 0;
  return signal !== 0 ? `Signal:${signal}` : `ExitCode:${numberAt(terminated, 'exitCode') ?? 0}`;
}

function terminatedAt(container: JsonObject): number {
  const last = objectAt(objectAt(container, 'lastState'), 'terminated');
  const time = stringAt(last, 'finishedAt');
  return time === undefined ? 0 : Date.parse(time) || 0;
}

const orNone = (text: string | undefined): string => (text === undefined || text === '' ? '<none>' : text);

export const podColumns: readonly Column[] = [
  nameColumn,
  {
    name: 'Ready',
    type: 'string',
    description: 'The aggregate readiness state of this pod for accepting traffic.',
    cell: (pod) => podSummary(pod).ready,
  },
  {
    name: 'Status',
    type: 'string',
    description: 'The aggregate status of the containers in this pod.',
    cell: (pod) => podSummary(pod).status,
  },
  {
    name: 'Restarts',
    type: 'string',
    description:
      'The number of times the containers in this pod have been restarted and when the last container in this pod has restarted.',
    cell: (pod, now) => {
      const { count, lastAt } = podSummary(pod).restarts;
      return count === 0 || lastAt === 0 ? String(count) : `${count} (${humanDuration(now - lastAt)} ago)`;
    },
  },
  ageColumn,
  {
    name: 'IP',
    type: 'string',
    priority: 1,
    description:
      'podIP address allocated to the pod. Routable at least within the cluster. Empty if not yet allocated.',
    cell: (pod) =>
      orNone(
        stringAt(objectsAt(objectAt(pod, 'status'), 'podIPs')[0], 'ip') ?? stringAt(objectAt(pod, 'status'), 'podIP'),
      ),
  },
  {
    name: 'Node',
    type: 'string',
    priority: 1,
    description: 'NodeName is a request to schedule this pod onto a specific node.',
    cell: (pod) => orNone(stringAt(objectAt(pod, 'spec'), 'nodeName')),
  },
  {
    name: 'Nominated Node',
    type: 'string',
    priority: 1,
    description: 'nominatedNodeName is set only when this pod preempts other pods on the node.',
    cell: (pod) => orNone(stringAt(objectAt(pod, 'status'), 'nominatedNodeName')),
  },
  {
    name: 'Readiness Gates',
    type: 'string',
    priority: 1,
    description: 'If specified, all readiness gates will be evaluated for pod readiness.',
    cell: (pod) => {
      const gates = objectsAt(objectAt(pod, 'spec'), 'readinessGates');
      if (gates.length === 0) return '<none>';
      const conditions = objectsAt(objectAt(pod, 'status'), 'conditions');
      const met = gates.filter((gate) =>
        conditions.some(({ type, status }) => type === gate.conditionType && status === 'True'),
      );
      return `${met.length}/${gates.length}`;
    },
  },
];
