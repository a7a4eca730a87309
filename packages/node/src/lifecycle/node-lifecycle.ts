import { TAINTS } from '@hardpoint/api';
import { LEASES, type Lease, NODES, type Node, PODS, type Pod, type PodStatus } from '@hardpoint/kubernetes';
import {
  ApiError,
  type Client,
  type Clock,
  createController,
  createEventRecorder,
  createInformer,
  type Logger,
  type Random,
} from '@hardpoint/machinery';
import { evictionInMs, MONITOR_GRACE_MS, planNode } from './node-lifecycle-plan.ts';

const LEASE_NAMESPACE = 'kube-node-lease';
const MONITOR_MS = 5000;
/** A Pod bound to a Node that does not exist is removed after so long (quarantine of the Pod garbage collector). */
const QUARANTINE_MS = 40_000;
const BY_NODE = 'node';

/**
 * The controllers that an embedded cluster needs beside its agents: Nodes that fall silent become Unknown and tainted,
 * Pods leave them after their tolerationSeconds, Pods of Nodes that are gone are removed. A seam: workload controllers
 * (ReplicaSet, DaemonSet, …) are to stand beside these. One instance per cluster. Runs until `signal` aborts.
 */
export async function runClusterControllers(options: {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly signal: AbortSignal;
  /** How long a Lease may stand still; default 50 s. */
  readonly monitorGraceMs?: number | undefined;
}): Promise<void> {
  const { client, clock, random, log, signal, monitorGraceMs = MONITOR_GRACE_MS } = options;
  const own = { client, clock, random, log, signal };
  const nodes = createInformer<Node>({ ...own, type: NODES });
  const leases = createInformer<Lease>({ ...own, type: LEASES, namespace: LEASE_NAMESPACE });
  const pods = createInformer<Pod>({
    ...own,
    type: PODS,
    indexers: { [BY_NODE]: (pod) => [pod.spec?.nodeName ?? ''] },
  });
  await using recorder = createEventRecorder({
    ...own,
    reportingController: 'node-controller',
    reportingInstance: 'hardpoint',
  });
  // Judged by this controller's own clock: what another machine's clock says of a renewal does not matter.
  const renewals = new Map<string, { readonly renewTime: string; readonly seenMs: number }>();
  const missing = new Map<string, number>();

  const silentForMs = (name: string): number | undefined => {
    const renewTime = leases.get(`${LEASE_NAMESPACE}/${name}`)?.spec?.renewTime;
    if (renewTime === undefined) return undefined;
    const known = renewals.get(name);
    if (known?.renewTime === renewTime) return clock.monotonic() - known.seenMs;
    renewals.set(name, { renewTime, seenMs: clock.monotonic() });
    return 0;
  };
  const remove = async (pod: Pod, grace: number | undefined, abort: AbortSignal): Promise<void> => {
    const place = { namespace: pod.metadata?.namespace ?? '', name: pod.metadata?.name ?? '' };
    const uid = pod.metadata?.uid;
    try {
      await client.delete(PODS, place, {
        signal: abort,
        ...(grace === undefined ? {} : { gracePeriodSeconds: grace }),
        ...(uid === undefined ? {} : { preconditions: { uid } }),
      });
    } catch (error) {
      if (!ApiError.is(error, 'NotFound', 'Conflict')) throw error;
    }
  };
  /** A terminal phase first, so that whoever waits for the Pod hears how it ended. */
  const fail = async (pod: Pod, reason: string, message: string, abort: AbortSignal): Promise<void> => {
    if (pod.status?.phase === 'Failed' || pod.status?.phase === 'Succeeded') return;
    const status: PodStatus = {
      phase: 'Failed',
      reason,
      message,
      conditions: [{ type: 'DisruptionTarget', status: 'True', reason: 'DeletionByPodGC', message }],
    };
    const place = { namespace: pod.metadata?.namespace ?? '', name: pod.metadata?.name ?? '' };
    const body = { metadata: { uid: pod.metadata?.uid }, status };
    await client.patch(PODS, place, { type: 'strategic', body }, { subresource: 'status', signal: abort });
  };

  const controller = createController({
    name: 'node-lifecycle',
    clock,
    random,
    log,
    async reconcile(name, abort) {
      const node = nodes.get(name);
      const bound = pods.byIndex(BY_NODE, name);
      if (node === undefined) return await collect(name, bound, abort);
      missing.delete(name);
      const silent = silentForMs(name);
      const plan = planNode({ node, silentForMs: silent, graceMs: monitorGraceMs, nowMs: clock.now() });
      if (plan.conditions.length > 0) {
        const body = { status: { conditions: plan.conditions } };
        await client.patch(NODES, { name }, { type: 'strategic', body }, { subresource: 'status', signal: abort });
        const event = { regarding: node, type: 'Normal', reason: 'NodeNotReady', action: 'Monitor' } as const;
        recorder.record({ ...event, note: `Node ${name} status is now: NodeNotReady` });
        for (const pod of bound) await markNotReady(pod, abort);
      }
      if (plan.taints !== undefined) {
        const { resourceVersion } = node.metadata;
        const body = { metadata: { resourceVersion }, spec: { taints: plan.taints } };
        await client.patch(NODES, { name }, { type: 'merge', body }, { signal: abort });
      }
      if (isOutOfService(node)) {
        for (const pod of bound.filter(({ metadata }) => metadata.deletionTimestamp !== undefined)) {
          await fail(pod, 'NodeOutOfService', 'PodGC: node is out-of-service', abort);
          await remove(pod, 0, abort);
        }
      }
      let againInMs = silent === undefined ? undefined : Math.min(MONITOR_MS, monitorGraceMs / 4);
      for (const pod of bound.filter(({ metadata }) => metadata.deletionTimestamp === undefined)) {
        const taints = plan.taints ?? node.spec?.taints ?? [];
        const leftMs = evictionInMs({ pod, taints, nowMs: clock.now() });
        if (leftMs === undefined) continue;
        if (leftMs > 0) againInMs = Math.min(againInMs ?? leftMs, leftMs);
        else {
          const event = { regarding: pod, type: 'Normal', reason: 'TaintManagerEviction', action: 'Evict' } as const;
          recorder.record({
            ...event,
            note: `Marking for deletion Pod ${pod.metadata.namespace}/${pod.metadata.name}`,
          });
          await remove(pod, undefined, abort);
        }
      }
      return againInMs === undefined ? undefined : { requeueAfterMs: Math.max(againInMs, 100) };
    },
  });

  async function markNotReady(pod: Pod, abort: AbortSignal): Promise<void> {
    const ready = pod.status?.conditions?.find(({ type }) => type === 'Ready');
    if (ready?.status !== 'True') return;
    const place = { namespace: pod.metadata?.namespace ?? '', name: pod.metadata?.name ?? '' };
    const conditions = [{ type: 'Ready', status: 'False' }];
    const body = { metadata: { uid: pod.metadata?.uid }, status: { conditions } };
    await client.patch(PODS, place, { type: 'strategic', body }, { subresource: 'status', signal: abort });
  }
  async function collect(
    name: string,
    bound: readonly Pod[],
    abort: AbortSignal,
  ): Promise<{ requeueAfterMs: number } | undefined> {
    if (name === '' || bound.length === 0) {
      missing.delete(name);
      return undefined;
    }
    const since = missing.get(name) ?? clock.monotonic();
    missing.set(name, since);
    const leftMs = since + QUARANTINE_MS - clock.monotonic();
    if (leftMs > 0) return { requeueAfterMs: leftMs };
    try {
      await client.get(NODES, { name }, { signal: abort });
      return { requeueAfterMs: MONITOR_MS };
    } catch (error) {
      if (!ApiError.is(error, 'NotFound')) throw error;
    }
    for (const pod of bound) {
      await fail(pod, 'NodeLost', 'PodGC: node no longer exists', abort);
      await remove(pod, 0, abort);
    }
    return undefined;
  }

  controller.watch(nodes, ({ object }) => [object.metadata.name]);
  controller.watch(leases, ({ object }) => [object.metadata.name]);
  controller.watch(pods, ({ object }) => (object.spec?.nodeName === undefined ? [] : [object.spec.nodeName]));
  await controller.run(signal);
  await Promise.all([nodes.done, leases.done, pods.done]);
}

/** A person's word that the machine is off, which counts only while the Node is not ready. */
function isOutOfService(node: Node): boolean {
  const ready = node.status?.conditions?.find(({ type }) => type === 'Ready')?.status === 'True';
  return !ready && node.spec?.taints?.some(({ key }) => key === TAINTS.outOfService) === true;
}
