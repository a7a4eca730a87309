import type { Weapon } from '@hardpoint/api';
import type { Lease, Node, Pod, Stored } from '@hardpoint/kubernetes';
import type { Informer, Logger } from '@hardpoint/machinery';
import { holderOf } from './claims/aircraft-claims.ts';
import type { SchedulerCache } from './framework/cache.ts';
import type { ClusterEvent } from './framework/cluster-event.ts';
import { hasEnded, podKey } from './framework/node-info.ts';
import { podRequests } from './framework/resources.ts';
import type { SchedulingQueue } from './framework/scheduling-queue.ts';

/** What the scheduler follows. */
export interface Informers {
  readonly pods: Informer<Pod>;
  readonly nodes: Informer<Node>;
  readonly leases: Informer<Lease>;
  readonly weapons: Informer<Weapon> | undefined;
}

/** Keeps cache and queue in step with the cluster until disposed, and tells the queue what may wake its Pods. */
export function followCluster(options: {
  readonly informers: Informers;
  readonly cache: SchedulerCache;
  readonly queue: SchedulingQueue;
  readonly log: Logger;
  /** Whether a Pod is this process's to place. */
  readonly isOurs: (pod: Pod) => boolean;
}): Disposable {
  const { informers, cache, queue, log, isOurs } = options;
  const subscriptions = new DisposableStack();
  const safely = (what: string, name: string, run: () => void): void => {
    try {
      run();
    } catch (error) {
      log.error('an object could not be taken in', { what, name, error });
    }
  };

  subscriptions.use(
    informers.nodes.subscribe((change) => {
      const { name } = change.object.metadata;
      safely('Node', name, () => {
        if (change.type === 'deleted') {
          cache.removeNode(name);
          queue.move({ resource: 'Node', action: 'delete', before: change.object });
          return;
        }
        cache.setNode(change.object);
        if (change.type === 'added') queue.move({ resource: 'Node', action: 'add', after: change.object });
        else if (concerns(change.previous) !== concerns(change.object))
          queue.move({ resource: 'Node', action: 'update', before: change.previous, after: change.object });
      });
    }),
  );

  subscriptions.use(
    informers.pods.subscribe((change) =>
      safely('Pod', podKey(change.object), () => {
        const before =
          change.type === 'updated' ? change.previous : change.type === 'deleted' ? change.object : undefined;
        const after = change.type === 'deleted' ? undefined : change.object;
        followPod(before, after);
      }),
    ),
  );
  function followPod(before: Stored<Pod> | undefined, after: Stored<Pod> | undefined): void {
    // A Pod deleted and made anew between two looks comes as one change.
    if (before !== undefined && after !== undefined && before.metadata.uid !== after.metadata.uid) {
      followPod(before, undefined);
      followPod(undefined, after);
      return;
    }
    const wasOn = before !== undefined && isOn(before);
    if (after === undefined) {
      const uid = before?.metadata.uid ?? '';
      cache.removePod(uid);
      queue.remove(uid);
      if (wasOn && before !== undefined) queue.move({ resource: 'AssignedPod', action: 'delete', before });
      return;
    }
    const { uid } = after.metadata;
    if (!isOn(after)) {
      if (hasEnded(after)) {
        cache.removePod(uid);
        queue.remove(uid);
        if (wasOn && before !== undefined) queue.move({ resource: 'AssignedPod', action: 'delete', before });
      } else if (!isOurs(after)) return;
      else if (after.metadata.deletionTimestamp !== undefined) queue.remove(uid);
      else if (!cache.isAssumed(uid)) queue.update(after);
      return;
    }
    queue.remove(uid);
    cache.setPod(after);
    if (!wasOn) queue.move({ resource: 'AssignedPod', action: 'add', after });
    else if (before !== undefined && frees(before, after))
      queue.move({ resource: 'AssignedPod', action: 'update', before, after });
  }

  subscriptions.use(
    informers.leases.subscribe((change) => {
      const held = change.type === 'updated' ? holderOf(change.previous) : holderOf(change.object);
      const freed: ClusterEvent = { resource: 'Claim', action: 'freed', node: change.object.metadata.name };
      if (change.type === 'deleted' || (held !== undefined && holderOf(change.object) !== held)) queue.move(freed);
    }),
  );
  if (informers.weapons !== undefined)
    subscriptions.use(
      informers.weapons.subscribe((change) => {
        if (change.type === 'deleted') queue.move({ resource: 'Weapon', action: 'delete' });
        else
          queue.move({ resource: 'Weapon', action: change.type === 'added' ? 'add' : 'update', after: change.object });
      }),
    );
  return subscriptions;
}

/** Whether the Pod takes room on a Node. */
function isOn(pod: Pod): boolean {
  return (pod.spec?.nodeName ?? '') !== '' && !hasEnded(pod);
}

/** What of a Node plugins may read. Heartbeats change none of it. */
function concerns(node: Node): string {
  return JSON.stringify([node.metadata?.labels, node.metadata?.annotations, node.spec, node.status?.allocatable]);
}

/** Whether the Pod now asks for less of something. */
function frees(before: Pod, after: Pod): boolean {
  if (before.spec === after.spec && before.status?.containerStatuses === after.status?.containerStatuses) return false;
  const now = podRequests(after);
  return Object.entries(podRequests(before)).some(([name, amount]) => (now[name] ?? 0) < amount);
}
