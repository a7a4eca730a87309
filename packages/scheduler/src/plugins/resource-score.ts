import type { ArgsReader } from '../config/args-reader.ts';
import type { NodeInfo } from '../framework/node-info.ts';
import type { Amounts } from '../framework/resources.ts';

/** A resource that a score looks at, and how much it counts. */
export interface ScoredResource {
  readonly name: string;
  readonly weight: number;
}

export const CPU_AND_MEMORY: readonly ScoredResource[] = [
  { name: 'cpu', weight: 1 },
  { name: 'memory', weight: 1 },
];

/** Whether the name is an extended, hugepages or attachable-volume resource: one that only those Pods load who ask for it. */
export function isScalar(name: string): boolean {
  return (
    name.startsWith('hugepages-') ||
    name.startsWith('attachable-volumes-') ||
    isExtended(name) ||
    name.startsWith('kubernetes.io/') ||
    name.includes('.kubernetes.io/')
  );
}

/** Whether the name is an extended resource: a domain of its own. */
export function isExtended(name: string): boolean {
  if (!name.includes('/') || name.startsWith('requests.')) return false;
  return !/(^|\.)kubernetes\.io\//.test(name);
}

/** One resource of one Node: what the Pod would make of it, what it is without the Pod, what there is. */
export interface Load {
  readonly requested: number;
  readonly allocated: number;
  readonly allocatable: number;
  readonly weight: number;
}

/** The loads a score looks at; resources the Node does not have, and scalars the Pod does not ask for, are left out. */
export function loadsOf(
  node: NodeInfo,
  requests: Amounts,
  resources: readonly ScoredResource[],
  basis: 'requested' | 'nonZero',
): readonly Load[] {
  const loads: Load[] = [];
  for (const { name, weight } of resources) {
    const wanted = requests[name] ?? 0;
    if (wanted === 0 && isScalar(name)) continue;
    const allocatable = node.allocatable[name] ?? 0;
    if (allocatable === 0) continue;
    const rough = basis === 'nonZero' && (name === 'cpu' || name === 'memory');
    const allocated = (rough ? node.nonZeroRequested : node.requested)[name] ?? 0;
    loads.push({ requested: allocated + wanted, allocated, allocatable, weight });
  }
  return loads;
}

/** `[{name, weight}]` of a plugin's args. */
export function readResources(reader: ArgsReader): readonly ScoredResource[] {
  const seen = new Set<string>();
  return reader.list().map((item) => {
    let name = '';
    let weight = 1;
    item.keys({
      name: (key) => {
        name = key.string('a resource name such as cpu or memory') ?? '';
        if (seen.has(name)) key.problem(`resource ${name} is listed twice`, 'each resource once');
        seen.add(name);
      },
      weight: (key) => {
        weight = key.integer({ min: 1, max: 100 }) ?? 1;
      },
    });
    if (name === '') item.problem('name is missing', 'a resource name such as cpu or memory');
    return { name, weight };
  });
}
