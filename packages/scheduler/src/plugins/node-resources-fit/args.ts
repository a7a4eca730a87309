import type { ArgsReader } from '../../config/args-reader.ts';
import { CPU_AND_MEMORY, readResources } from '../resource-score.ts';
import type { ScoringStrategy, ShapePoint } from './strategy.ts';

export interface NodeResourcesFitArgs {
  readonly ignoredResources: ReadonlySet<string>;
  readonly ignoredResourceGroups: ReadonlySet<string>;
  readonly strategy: ScoringStrategy;
}

const STRATEGIES = ['LeastAllocated', 'MostAllocated', 'RequestedToCapacityRatio'] as const;

/** In the file a score is 0 to 10. */
function shapeOf(reader: ArgsReader): readonly ShapePoint[] {
  const shape = reader.list().map((item) => {
    let utilization = 0;
    let score = 0;
    item.keys({
      utilization: (key) => {
        utilization = key.integer({ min: 0, max: 100 }) ?? 0;
      },
      score: (key) => {
        score = (key.integer({ min: 0, max: 10 }) ?? 0) * 10;
      },
    });
    return { utilization, score };
  });
  if (shape.length === 0) reader.problem('no point', 'a list with at least one point');
  if (shape.some((point, index) => index > 0 && point.utilization <= (shape[index - 1]?.utilization ?? -1)))
    reader.problem('utilizations do not rise', 'points in rising order of utilization');
  return shape;
}

export function nodeResourcesFitArgs(reader: ArgsReader | undefined): NodeResourcesFitArgs {
  const ignoredResources = new Set<string>();
  const ignoredResourceGroups = new Set<string>();
  let strategy: ScoringStrategy = { type: 'LeastAllocated', resources: CPU_AND_MEMORY, shape: [] };
  reader?.keys({
    apiVersion: (key) => key.oneOf(['kubescheduler.config.k8s.io/v1']),
    kind: (key) => key.oneOf(['NodeResourcesFitArgs']),
    ignoredResources: (key) => {
      for (const item of key.list()) ignoredResources.add(item.string('the name of an extended resource') ?? '');
    },
    ignoredResourceGroups: (key) => {
      for (const item of key.list()) {
        const group = item.string('the domain of extended resources');
        if (group?.includes('/') === true) item.problem(`${JSON.stringify(group)} contains a /`, 'a domain without /');
        ignoredResourceGroups.add(group ?? '');
      }
    },
    scoringStrategy: (key) => {
      let type = 'LeastAllocated' as ScoringStrategy['type'];
      let resources = CPU_AND_MEMORY;
      let shape: readonly ShapePoint[] | undefined;
      key.keys({
        type: (each) => {
          type = each.oneOf(STRATEGIES) ?? type;
        },
        resources: (each) => {
          const read = readResources(each);
          if (read.length > 0) resources = read;
        },
        requestedToCapacityRatio: (each) =>
          each.keys({
            shape: (points) => {
              shape = shapeOf(points);
            },
          }),
      });
      if (type === 'RequestedToCapacityRatio' && shape === undefined)
        key.problem('requestedToCapacityRatio is missing', 'requestedToCapacityRatio with a shape');
      strategy = { type, resources, shape: shape ?? [] };
    },
  });
  return { ignoredResources, ignoredResourceGroups, strategy };
}
