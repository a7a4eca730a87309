import { type HostPort, hostPortsOf, type NodeInfo } from '../../framework/node-info.ts';
import { SKIP, unschedulable } from '../../framework/status.ts';
import { noArgs, pluginFactory } from '../factory.ts';

export const NODE_PORTS = 'NodePorts';

function collide(a: HostPort, b: HostPort): boolean {
  return a.port === b.port && a.protocol === b.protocol && (a.ip === b.ip || a.ip === '0.0.0.0' || b.ip === '0.0.0.0');
}

function anyTaken(wanted: readonly HostPort[], node: NodeInfo): boolean {
  return node.pods.some((other) => other.hostPorts.some((taken) => wanted.some((port) => collide(port, taken))));
}

/** A host port goes to one Pod of a Node. */
export const nodePorts = pluginFactory<undefined>({
  name: NODE_PORTS,
  points: ['preFilter', 'filter'],
  args: noArgs,
  create: () => ({
    name: NODE_PORTS,
    events: [
      {
        resource: 'AssignedPod',
        actions: ['delete'],
        isWorth: (pod, event) => {
          if (event.resource !== 'AssignedPod' || event.before === undefined) return true;
          const freed = hostPortsOf(event.before);
          return hostPortsOf(pod).some((port) => freed.some((other) => collide(port, other)));
        },
      },
      { resource: 'Node', actions: ['add'] },
    ],
    preFilter: (_state, pod) => (pod.hostPorts.length === 0 ? SKIP : undefined),
    filter: (_state, pod, node) =>
      anyTaken(pod.hostPorts, node)
        ? unschedulable("node(s) didn't have free ports for the requested pod ports")
        : undefined,
  }),
});
