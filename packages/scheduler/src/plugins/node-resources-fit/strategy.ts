import { MAX_NODE_SCORE } from '../../framework/plugin.ts';
import type { Load, ScoredResource } from '../resource-score.ts';

/** Score by utilisation: points in rising order, straight lines between them. Both 0 to 100 here. */
export interface ShapePoint {
  readonly utilization: number;
  readonly score: number;
}

export interface ScoringStrategy {
  readonly type: 'LeastAllocated' | 'MostAllocated' | 'RequestedToCapacityRatio';
  readonly resources: readonly ScoredResource[];
  readonly shape: readonly ShapePoint[];
}

export type Scorer = (loads: readonly Load[]) => number;

function weighted(each: (load: Load) => number): Scorer {
  return (loads) => {
    const weights = loads.reduce((sum, { weight }) => sum + weight, 0);
    return weights === 0 ? 0 : Math.trunc(loads.reduce((sum, load) => sum + each(load) * load.weight, 0) / weights);
  };
}

/** Whole-number division of a product that may pass 2^53. */
function share(part: number, whole: number): number {
  return Number((BigInt(part) * BigInt(MAX_NODE_SCORE)) / BigInt(whole));
}

function onLine(shape: readonly ShapePoint[], at: number): number {
  for (const [index, point] of shape.entries()) {
    if (at > point.utilization) continue;
    const before = shape[index - 1];
    if (before === undefined) return point.score;
    const rise = (point.score - before.score) * (at - before.utilization);
    return before.score + Math.trunc(rise / (point.utilization - before.utilization));
  }
  return shape.at(-1)?.score ?? 0;
}

export function scorerOf(strategy: ScoringStrategy): Scorer {
  switch (strategy.type) {
    case 'LeastAllocated':
      return weighted(({ requested, allocatable }) =>
        requested > allocatable ? 0 : share(allocatable - requested, allocatable),
      );
    case 'MostAllocated':
      return weighted(({ requested, allocatable }) => share(Math.min(requested, allocatable), allocatable));
    case 'RequestedToCapacityRatio':
      return (loads) => {
        let total = 0;
        let weights = 0;
        for (const { requested, allocatable, weight } of loads) {
          const score = onLine(strategy.shape, requested > allocatable ? 100 : share(requested, allocatable));
          if (score <= 0) continue;
          total += score * weight;
          weights += weight;
        }
        return weights === 0 ? 0 : Math.round(total / weights);
      };
    default:
      return strategy.type satisfies never;
  }
}
