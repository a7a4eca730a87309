import type { Pod } from '@hardpoint/kubernetes';
import { parseQuantity } from '@hardpoint/machinery';

/** Guaranteed, Burstable or BestEffort by the requests and limits for cpu and memory of all containers. */
export function qosClass(pod: Pod): 'Guaranteed' | 'Burstable' | 'BestEffort' {
  const containers = [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])];
  let anything = false;
  let guaranteed = true;
  for (const container of containers) {
    const requests = container.resources?.requests ?? {};
    const limits = container.resources?.limits ?? {};
    for (const name of ['cpu', 'memory']) {
      const request = requests[name];
      const limit = limits[name];
      if (positive(request) || positive(limit)) anything = true;
      if (!positive(limit)) guaranteed = false;
      else if (request !== undefined && Number(parseQuantity(request)) !== Number(parseQuantity(limit ?? '0'))) {
        guaranteed = false;
      }
    }
  }
  if (!anything) return 'BestEffort';
  return guaranteed ? 'Guaranteed' : 'Burstable';
}

function positive(quantity: string | number | undefined): boolean {
  return quantity !== undefined && Number(parseQuantity(quantity)) > 0;
}
