import type { Container, Pod } from '@hardpoint/kubernetes';
import { quantityIn } from './quantity.ts';

/** Amounts by resource name: `cpu` in thousandths, everything else in whole units (bytes, counts). */
export type Amounts = Readonly<Record<string, number>>;

type Quantities = Readonly<Record<string, string | number>>;

/** What a container without a request of its own counts as where only a rough load is wanted (kube-scheduler's figures). */
const MISSING: Amounts = { cpu: 100, memory: 200 * 1024 * 1024 };

/** The resources that a Pod may request as a whole (spec.resources). */
function isPodLevel(name: string): boolean {
  return name === 'cpu' || name === 'memory' || name.startsWith('hugepages-');
}

/** Quantities as amounts. Throws machinery's QuantityError. */
export function amountsOf(quantities: Quantities | undefined): Record<string, number> {
  const amounts: Record<string, number> = {};
  for (const [name, quantity] of Object.entries(quantities ?? {}))
    amounts[name] = quantityIn(quantity, name === 'cpu' ? 3 : 0);
  return amounts;
}

function add(into: Record<string, number>, more: Amounts): void {
  for (const [name, amount] of Object.entries(more)) into[name] = (into[name] ?? 0) + amount;
}

function raise(into: Record<string, number>, other: Amounts): void {
  for (const [name, amount] of Object.entries(other)) into[name] = Math.max(into[name] ?? 0, amount);
}

/**
 * What a Pod requests: the sum of its containers and native sidecars, or the largest init container beside the sidecars
 * started before it, plus overhead; spec.resources takes the containers' place for the resources it names. A running
 * Pod counts what is allocated to it where that is more. `nonZero` fills in what a container leaves out.
 */
export function podRequests(pod: Pod, options: { readonly nonZero?: boolean } = {}): Amounts {
  const allocated = new Map<string, Quantities>();
  for (const status of [...(pod.status?.containerStatuses ?? []), ...(pod.status?.initContainerStatuses ?? [])]) {
    const held: Record<string, string | number> = { ...status.allocatedResources };
    for (const [name, quantity] of Object.entries(status.resources?.requests ?? {})) {
      const other = held[name];
      const scale = name === 'cpu' ? 3 : 0;
      if (other === undefined || quantityIn(other, scale) < quantityIn(quantity, scale)) held[name] = quantity;
    }
    allocated.set(status.name, held);
  }
  const own = (container: Container): Record<string, number> => {
    const requests = amountsOf(container.resources?.requests);
    raise(requests, amountsOf(allocated.get(container.name)));
    if (options.nonZero === true)
      for (const [name, amount] of Object.entries(MISSING)) if (requests[name] === undefined) requests[name] = amount;
    return requests;
  };
  const total: Record<string, number> = {};
  for (const container of pod.spec?.containers ?? []) add(total, own(container));
  const sidecars: Record<string, number> = {};
  const starting: Record<string, number> = {};
  for (const container of pod.spec?.initContainers ?? []) {
    const requests = own(container);
    if (container.restartPolicy === 'Always') {
      add(total, requests);
      add(sidecars, requests);
      raise(starting, sidecars);
    } else {
      const beside = { ...sidecars };
      add(beside, requests);
      raise(starting, beside);
    }
  }
  raise(total, starting);
  for (const [name, amount] of Object.entries(amountsOf(pod.spec?.resources?.requests)))
    if (isPodLevel(name)) total[name] = amount;
  add(total, amountsOf(pod.spec?.overhead));
  return total;
}
