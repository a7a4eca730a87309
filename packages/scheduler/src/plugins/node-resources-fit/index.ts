import type { Node, Pod, Stored } from '@hardpoint/kubernetes';
import type { NodeInfo } from '../../framework/node-info.ts';
import { type Amounts, amountsOf, podRequests } from '../../framework/resources.ts';
import type { Refusal } from '../../framework/status.ts';
import { pluginFactory } from '../factory.ts';
import { isExtended, loadsOf } from '../resource-score.ts';
import { type NodeResourcesFitArgs, nodeResourcesFitArgs } from './args.ts';
import { scorerOf } from './strategy.ts';

export const NODE_RESOURCES_FIT = 'NodeResourcesFit';

type Room = Pick<NodeInfo, 'allocatable' | 'requested'> & { readonly podCount: number };

const ORDER = ['cpu', 'memory', 'ephemeral-storage'];

/** What the Pod lacks on a Node, in kube-scheduler's words; undefined where it fits. */
function shortage(requests: Amounts, room: Room, args: NodeResourcesFitArgs): Refusal | undefined {
  const reasons: string[] = [];
  let unresolvable = false;
  if (room.podCount + 1 > (room.allocatable['pods'] ?? 0)) reasons.push('Too many pods');
  const others = Object.keys(requests)
    .filter((name) => !ORDER.includes(name) && name !== 'pods')
    .sort();
  for (const name of [...ORDER, ...others]) {
    const wanted = requests[name] ?? 0;
    if (wanted <= 0) continue;
    if (
      isExtended(name) &&
      (args.ignoredResources.has(name) || args.ignoredResourceGroups.has(name.split('/')[0] ?? ''))
    )
      continue;
    const allocatable = room.allocatable[name] ?? 0;
    if (wanted <= allocatable - (room.requested[name] ?? 0)) continue;
    reasons.push(`Insufficient ${name}`);
    if (wanted > allocatable) unresolvable = true;
  }
  if (reasons.length === 0) return undefined;
  return { code: unresolvable ? 'UnschedulableAndUnresolvable' : 'Unschedulable', reasons };
}

/** Whether the Pod would fit the Node if it were empty, and whether the Node has more of what it asks for than before. */
function nodeIsWorth(pod: Stored<Pod>, before: Node | undefined, after: Node, args: NodeResourcesFitArgs): boolean {
  const requests = podRequests(pod);
  const now = amountsOf(after.status?.allocatable);
  if (shortage(requests, { allocatable: now, requested: {}, podCount: 0 }, args) !== undefined) return false;
  if (before === undefined) return true;
  const then = amountsOf(before.status?.allocatable);
  return ['pods', ...Object.keys(requests)].some((name) => (now[name] ?? 0) > (then[name] ?? 0));
}

/** Enough of each resource on the Node; scored by LeastAllocated, MostAllocated or RequestedToCapacityRatio. */
export const nodeResourcesFit = pluginFactory<NodeResourcesFitArgs>({
  name: NODE_RESOURCES_FIT,
  points: ['preFilter', 'filter', 'preScore', 'score'],
  args: nodeResourcesFitArgs,
  create: (args) => {
    const scorer = scorerOf(args.strategy);
    return {
      name: NODE_RESOURCES_FIT,
      events: [
        { resource: 'AssignedPod', actions: ['delete', 'update'] },
        {
          resource: 'Node',
          actions: ['add', 'update'],
          isWorth: (pod, event) =>
            event.resource !== 'Node' || event.after === undefined || nodeIsWorth(pod, event.before, event.after, args),
        },
        { resource: 'TargetPod' },
      ],
      filter: (_state, pod, node) =>
        shortage(
          pod.requests,
          { allocatable: node.allocatable, requested: node.requested, podCount: node.pods.length },
          args,
        ),
      score: (_state, pod, node) => scorer(loadsOf(node, pod.nonZero, args.strategy.resources, 'nonZero')),
    };
  },
});
