import { TAINTS } from '@hardpoint/api';
import type { Node, NodeCondition, Pod, Taint } from '@hardpoint/kubernetes';
import { secondTime } from '@hardpoint/machinery';

/** kube-controller-manager's node-monitor-grace-period. */
export const MONITOR_GRACE_MS = 50_000;

const WATCHED: readonly string[] = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure'];

export interface NodePlan {
  /** Conditions to be written; empty: none. */
  readonly conditions: readonly NodeCondition[];
  /** The Node's taints as they are to be; undefined: as they are. */
  readonly taints: readonly Taint[] | undefined;
}

/**
 * What a node lifecycle controller makes of a Node. Pure. `silentForMs` is how long this controller itself has seen no
 * renewal of the Node's Lease, undefined for a Node that never had one: such a Node is left alone (spec S5).
 */
export function planNode(options: {
  readonly node: Node;
  readonly silentForMs: number | undefined;
  /** Silence longer than this makes a Node Unknown. */
  readonly graceMs: number;
  readonly nowMs: number;
}): NodePlan {
  const { node, silentForMs, graceMs, nowMs } = options;
  if (silentForMs === undefined) return { conditions: [], taints: undefined };
  const now = secondTime(nowMs);
  const conditions = node.status?.conditions ?? [];
  const unknown: NodeCondition[] = [];
  if (silentForMs > graceMs) {
    for (const type of WATCHED) {
      const before = conditions.find((each) => each.type === type);
      if (before?.status === 'Unknown') continue;
      unknown.push({
        type,
        status: 'Unknown',
        reason: before === undefined ? 'NodeStatusNeverUpdated' : 'NodeStatusUnknown',
        message: before === undefined ? 'Kubelet never posted node status.' : 'Kubelet stopped posting node status.',
        lastTransitionTime: now,
        ...(before?.lastHeartbeatTime === undefined ? {} : { lastHeartbeatTime: before.lastHeartbeatTime }),
      });
    }
  }
  const ready = unknown.some(({ type }) => type === 'Ready')
    ? 'Unknown'
    : (conditions.find(({ type }) => type === 'Ready')?.status ?? 'Unknown');
  const key = ready === 'True' ? undefined : ready === 'Unknown' ? TAINTS.unreachable : TAINTS.notReady;
  return { conditions: unknown, taints: taintsWith(node.spec?.taints ?? [], key, now) };
}

function taintsWith(before: readonly Taint[], key: string | undefined, now: string): readonly Taint[] | undefined {
  const isOurs = ({ key: each }: Taint) => each === TAINTS.notReady || each === TAINTS.unreachable;
  const others = before.filter((taint) => !isOurs(taint));
  const wanted = key === undefined ? [] : (['NoSchedule', 'NoExecute'] as const);
  const same = before.filter(isOurs);
  if (same.length === wanted.length && same.every((taint) => taint.key === key)) return undefined;
  const kept = (effect: string) => same.find((taint) => taint.key === key && taint.effect === effect);
  const ours = wanted.map((effect) => kept(effect) ?? { key: key ?? '', effect, timeAdded: now });
  return [...others, ...ours];
}

/** Milliseconds until a Pod is to leave its Node for its NoExecute taints: 0 now, undefined never. */
export function evictionInMs(options: {
  readonly pod: Pod;
  readonly taints: readonly Taint[];
  readonly nowMs: number;
}): number | undefined {
  const { pod, taints, nowMs } = options;
  let soonest: number | undefined;
  for (const taint of taints.filter(({ effect }) => effect === 'NoExecute')) {
    const tolerations = (pod.spec?.tolerations ?? []).filter(
      (each) =>
        (each.effect === undefined || each.effect === '' || each.effect === taint.effect) &&
        (each.key === undefined || each.key === '' || each.key === taint.key) &&
        (each.operator === 'Exists' || (each.value ?? '') === (taint.value ?? '')),
    );
    let leftMs: number | undefined = 0;
    if (tolerations.length > 0) {
      const seconds = tolerations.map((each) => each.tolerationSeconds).filter((each) => each !== undefined);
      const since = Date.parse(taint.timeAdded ?? '');
      const begunMs = Number.isNaN(since) ? nowMs : since;
      leftMs =
        seconds.length === 0 ? undefined : Math.max(0, begunMs + Math.max(0, Math.min(...seconds)) * 1000 - nowMs);
    }
    if (leftMs !== undefined) soonest = Math.min(soonest ?? leftMs, leftMs);
  }
  return soonest;
}
