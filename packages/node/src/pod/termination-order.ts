import type { Pod } from '@hardpoint/kubernetes';
import { isSidecar } from './restart-rule.ts';

/**
 * Which containers must have ended before each is told to end: sidecars wait for all main containers and for the
 * sidecars after them (Kubernetes 1.37). Others wait for none.
 */
export function terminationOrder(pod: Pod): ReadonlyMap<string, readonly string[]> {
  const order = new Map<string, readonly string[]>();
  const main = (pod.spec?.containers ?? []).map(({ name }) => name);
  for (const name of main) order.set(name, []);
  let later: string | undefined;
  for (const container of (pod.spec?.initContainers ?? []).toReversed()) {
    if (!isSidecar(container)) {
      order.set(container.name, []);
      continue;
    }
    order.set(container.name, later === undefined ? main : [...main, later]);
    later = container.name;
  }
  return order;
}
