import type { Node, Pod, Stored } from '@hardpoint/kubernetes';
import { type Amounts, amountsOf, podRequests } from './resources.ts';

/** A port that a Pod takes on its Node's own address. */
export interface HostPort {
  readonly ip: string;
  readonly protocol: string;
  readonly port: number;
}

/** A Pod with what the plugins ask of it worked out once. */
export interface PodInfo {
  readonly pod: Stored<Pod>;
  readonly requests: Amounts;
  readonly nonZero: Amounts;
  readonly hostPorts: readonly HostPort[];
}

export function podKey(pod: { metadata?: { namespace?: string | undefined; name?: string | undefined } | undefined }) {
  return `${pod.metadata?.namespace ?? ''}/${pod.metadata?.name ?? ''}`;
}

/** Whether the Pod's containers have ended for good. */
export function hasEnded(pod: Pod): boolean {
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
}

export function hostPortsOf(pod: Pod): readonly HostPort[] {
  const ports: HostPort[] = [];
  const sidecars = (pod.spec?.initContainers ?? []).filter((container) => container.restartPolicy === 'Always');
  for (const container of [...(pod.spec?.containers ?? []), ...sidecars])
    for (const port of container.ports ?? [])
      if ((port.hostPort ?? 0) > 0)
        ports.push({
          ip: port.hostIP === undefined || port.hostIP === '' ? '0.0.0.0' : port.hostIP,
          protocol: port.protocol ?? 'TCP',
          port: port.hostPort ?? 0,
        });
  return ports;
}

export function podInfo(pod: Stored<Pod>): PodInfo {
  return { pod, requests: podRequests(pod), nonZero: podRequests(pod, { nonZero: true }), hostPorts: hostPortsOf(pod) };
}

/** A Node and the Pods on it, bound or assumed, that have not ended. Never changed: the cache replaces it. */
export interface NodeInfo {
  readonly name: string;
  readonly node: Stored<Node>;
  readonly pods: readonly PodInfo[];
  readonly allocatable: Amounts;
  readonly requested: Amounts;
  readonly nonZeroRequested: Amounts;
}

function sum(pods: readonly PodInfo[], of: (pod: PodInfo) => Amounts): Amounts {
  const total: Record<string, number> = {};
  for (const pod of pods)
    for (const [name, amount] of Object.entries(of(pod))) total[name] = (total[name] ?? 0) + amount;
  return total;
}

/** Throws QuantityError where status.allocatable is no quantity. */
export function nodeInfo(node: Stored<Node>, pods: readonly PodInfo[], allocatable?: Amounts): NodeInfo {
  return {
    name: node.metadata.name,
    node,
    pods,
    allocatable: allocatable ?? amountsOf(node.status?.allocatable),
    requested: sum(pods, (pod) => pod.requests),
    nonZeroRequested: sum(pods, (pod) => pod.nonZero),
  };
}
