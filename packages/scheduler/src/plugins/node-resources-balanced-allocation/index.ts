import { type StateKey, stateKey } from '../../framework/cycle-state.ts';
import { MAX_NODE_SCORE } from '../../framework/plugin.ts';
import type { Amounts } from '../../framework/resources.ts';
import { SKIP } from '../../framework/status.ts';
import { pluginFactory } from '../factory.ts';
import { CPU_AND_MEMORY, loadsOf, readResources, type ScoredResource } from '../resource-score.ts';

export const NODE_RESOURCES_BALANCED_ALLOCATION = 'NodeResourcesBalancedAllocation';

const REQUESTS: StateKey<Amounts> = stateKey('requests of the Pod');

/** 100 where all resources are loaded alike, less by the standard deviation of their loads. */
function balance(fractions: readonly number[]): number {
  let deviation = 0;
  const [first, second] = fractions;
  if (fractions.length === 2 && first !== undefined && second !== undefined) deviation = Math.abs((first - second) / 2);
  else if (fractions.length > 2) {
    const mean = fractions.reduce((sum, fraction) => sum + fraction, 0) / fractions.length;
    const squares = fractions.reduce((sum, fraction) => sum + (fraction - mean) * (fraction - mean), 0);
    deviation = Math.sqrt(squares / fractions.length);
  }
  return Math.trunc((1 - deviation) * MAX_NODE_SCORE);
}

/**
 * How much the Pod improves the balance between a Node's resources: around 75 where it changes little, toward 100 where
 * it evens them out, toward 50 where it does the opposite. Skips a Pod that requests none of them (S2).
 */
export const nodeResourcesBalancedAllocation = pluginFactory<readonly ScoredResource[]>({
  name: NODE_RESOURCES_BALANCED_ALLOCATION,
  points: ['preScore', 'score'],
  args: (reader) => {
    let resources = CPU_AND_MEMORY;
    reader?.keys({
      apiVersion: (key) => key.oneOf(['kubescheduler.config.k8s.io/v1']),
      kind: (key) => key.oneOf(['NodeResourcesBalancedAllocationArgs']),
      resources: (key) => {
        const read = readResources(key);
        for (const { name, weight } of read)
          if (weight !== 1) key.problem(`the weight of ${name} is ${weight}`, 'weight 1: the balance knows no weights');
        if (read.length > 0) resources = read;
      },
    });
    return resources;
  },
  create: (resources) => ({
    name: NODE_RESOURCES_BALANCED_ALLOCATION,
    preScore: (state, pod) => {
      if (resources.every(({ name }) => (pod.requests[name] ?? 0) === 0)) return SKIP;
      state.write(REQUESTS, pod.requests);
      return undefined;
    },
    score: (state, pod, node) => {
      const loads = loadsOf(node, state.read(REQUESTS) ?? pod.requests, resources, 'requested');
      const fractions = (of: 'requested' | 'allocated') =>
        loads.map((load) => Math.min(1, load[of] / load.allocatable));
      const change = balance(fractions('requested')) - balance(fractions('allocated'));
      return MAX_NODE_SCORE / 2 + Math.trunc((MAX_NODE_SCORE / 2 + change) / 2);
    },
  }),
});
