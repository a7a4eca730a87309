import type { Container, ObjectFieldSelector, Pod, ResourceFieldSelector } from '@hardpoint/kubernetes';
import { parseQuantity } from '@hardpoint/machinery';
import { NodeError } from '../node-error.ts';

/** Addresses that a Pod's fields may name before its status is written. */
export interface PodAddresses {
  readonly podIp: string;
  readonly hostIp: string;
}

/** What a node has to give, for limits that a container does not set: quantities by resource name. */
export type Allocatable = Readonly<Record<string, string | number>>;

/** All keys and values as the downward API prints a map: one `key="value"` a line, sorted. */
function printed(map: Readonly<Record<string, string>> | undefined): string {
  return Object.keys(map ?? {})
    .sort()
    .map((key) => `${key}=${JSON.stringify(map?.[key] ?? '')}`)
    .join('\n');
}

/** The value of a Pod's field (downward API). Throws a NodeError for a field that is not served. */
export function podFieldValue(selector: ObjectFieldSelector, pod: Pod, addresses: PodAddresses): string {
  const path = selector.fieldPath;
  const keyed = /^metadata\.(labels|annotations)\['(.*)'\]$/.exec(path);
  if (keyed !== null) {
    const map = keyed[1] === 'labels' ? pod.metadata?.labels : pod.metadata?.annotations;
    return map?.[keyed[2] ?? ''] ?? '';
  }
  switch (path) {
    case 'metadata.name':
      return pod.metadata?.name ?? '';
    case 'metadata.namespace':
      return pod.metadata?.namespace ?? '';
    case 'metadata.uid':
      return pod.metadata?.uid ?? '';
    case 'metadata.labels':
      return printed(pod.metadata?.labels);
    case 'metadata.annotations':
      return printed(pod.metadata?.annotations);
    case 'spec.nodeName':
      return pod.spec?.nodeName ?? '';
    case 'spec.serviceAccountName':
      return pod.spec?.serviceAccountName ?? '';
    case 'status.podIP':
    case 'status.podIPs':
      return addresses.podIp;
    case 'status.hostIP':
    case 'status.hostIPs':
      return addresses.hostIp;
    default:
      throw new NodeError('ContainerConfig', `unsupported fieldPath: ${path}`);
  }
}

/** The value of a container's request or limit in units of the divisor, rounded up. */
export function resourceFieldValue(
  selector: ResourceFieldSelector,
  pod: Pod,
  container: Container,
  allocatable: Allocatable,
): string {
  const wanted = selector.containerName;
  const all = [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])];
  const of = wanted === undefined || wanted === '' ? container : all.find(({ name }) => name === wanted);
  if (of === undefined) throw new NodeError('ContainerConfig', `container ${wanted} not found`);
  const [kind = '', ...rest] = selector.resource.split('.');
  const name = rest.join('.');
  if (kind !== 'limits' && kind !== 'requests') {
    throw new NodeError('ContainerConfig', `unsupported container resource: ${selector.resource}`);
  }
  const fallback = kind === 'limits' ? (allocatable[name] ?? 0) : 0;
  const quantity = of.resources?.[kind]?.[name] ?? fallback;
  const divisor = parseQuantity(selector.divisor ?? '1') || 1;
  return String(Math.ceil(Number((parseQuantity(quantity) / divisor).toFixed(9))));
}
