import type { Pod, Stored } from '@hardpoint/kubernetes';
import type { CycleState } from './cycle-state.ts';
import type { NodeInfo, PodInfo } from './node-info.ts';
import {
  type ExtensionPoint,
  MAX_NODE_SCORE,
  type NodeScore,
  type Plugin,
  type PreFilterResult,
  type QueuedPod,
} from './plugin.ts';
import type { Snapshot } from './snapshot.ts';
import { failed, type Refusal, type Status } from './status.ts';

/** The plugins of one profile by extension point, in the order in which they run. */
export type PluginPoints = Readonly<Record<ExtensionPoint, readonly Plugin[]>>;

/** One plugin's share of one Node's total. `raw` is after NormalizeScore, 0 to 100. */
export interface PluginScore {
  readonly plugin: string;
  readonly raw: number;
  readonly weight: number;
  readonly weighted: number;
}

export interface ScoredNode {
  readonly node: NodeInfo;
  /** In the order of the configuration; plugins that skipped are not there. */
  readonly scores: readonly PluginScore[];
  readonly total: number;
}

function named(refusal: Refusal, plugin: Plugin): Refusal {
  return refusal.plugin === undefined ? { ...refusal, plugin: plugin.name } : refusal;
}

function isRefusal(answer: PreFilterResult | Refusal): answer is Refusal {
  return 'code' in answer;
}

/** One schedulerName with its plugins: runs each extension point in order and stops at the first refusal. */
export class Profile {
  readonly schedulerName: string;
  readonly points: PluginPoints;
  readonly weights: ReadonlyMap<string, number>;

  constructor(options: {
    readonly schedulerName: string;
    readonly points: PluginPoints;
    /** Of score plugins; 1 where absent. */
    readonly weights: ReadonlyMap<string, number>;
  }) {
    this.schedulerName = options.schedulerName;
    this.points = options.points;
    this.weights = options.weights;
  }

  /** Every plugin once, by name. */
  plugins(): ReadonlyMap<string, Plugin> {
    const all = new Map<string, Plugin>();
    for (const list of Object.values(this.points)) for (const plugin of list) all.set(plugin.name, plugin);
    return all;
  }

  preEnqueue(pod: Stored<Pod>): Status {
    for (const plugin of this.points.preEnqueue) {
      const status = guard(plugin, () => plugin.preEnqueue?.(pod));
      if (status !== undefined) return named(status, plugin);
    }
    return undefined;
  }

  less(a: QueuedPod, b: QueuedPod): number {
    return this.points.queueSort[0]?.queueSort?.(a, b) ?? 0;
  }

  /** The Nodes to look at (all where undefined), or why there are none. */
  preFilter(state: CycleState, pod: PodInfo, snapshot: Snapshot): ReadonlySet<string> | Refusal | undefined {
    let names: ReadonlySet<string> | undefined;
    for (const plugin of this.points.preFilter) {
      const answer = guard(plugin, () => plugin.preFilter?.(state, pod, snapshot));
      if (answer === undefined) continue;
      if (isRefusal(answer)) {
        if (answer.code === 'Skip') {
          state.skipFilter.add(plugin.name);
          continue;
        }
        return named(answer, plugin);
      }
      if (answer.nodeNames !== undefined)
        names = names === undefined ? answer.nodeNames : names.intersection(answer.nodeNames);
    }
    return names;
  }

  filter(state: CycleState, pod: PodInfo, node: NodeInfo): Status {
    for (const plugin of this.points.filter) {
      if (state.skipFilter.has(plugin.name)) continue;
      const status = guard(plugin, () => plugin.filter?.(state, pod, node));
      if (status !== undefined) return named(status, plugin);
    }
    return undefined;
  }

  postFilter(state: CycleState, pod: PodInfo, refusals: ReadonlyMap<string, Refusal>): Status {
    for (const plugin of this.points.postFilter) {
      const status = guard(plugin, () => plugin.postFilter?.(state, pod, refusals));
      if (status === undefined || status.code === 'Error') return status === undefined ? status : named(status, plugin);
    }
    return undefined;
  }

  /** The Nodes' totals, best first, ties in name order. */
  score(state: CycleState, pod: PodInfo, nodes: readonly NodeInfo[]): readonly ScoredNode[] | Refusal {
    for (const plugin of this.points.preScore) {
      const status = guard(plugin, () => plugin.preScore?.(state, pod, nodes));
      if (status?.code === 'Skip') state.skipScore.add(plugin.name);
      else if (status !== undefined) return named(status, plugin);
    }
    const shares: PluginScore[][] = nodes.map(() => []);
    for (const plugin of this.points.score) {
      if (state.skipScore.has(plugin.name)) continue;
      const scores: NodeScore[] = [];
      for (const node of nodes) {
        const score = guard(plugin, () => plugin.score?.(state, pod, node)) ?? 0;
        if (typeof score !== 'number') return named(score, plugin);
        scores.push({ node, score });
      }
      const status = guard(plugin, () => plugin.normalizeScore?.(state, pod, scores));
      if (status !== undefined) return named(status, plugin);
      const weight = this.weights.get(plugin.name) ?? 1;
      for (const [index, { score, node }] of scores.entries()) {
        if (!Number.isInteger(score) || score < 0 || score > MAX_NODE_SCORE)
          return named(failed(`plugin ${plugin.name} gave ${node.name} the score ${score}, outside 0 to 100`), plugin);
        shares[index]?.push({ plugin: plugin.name, raw: score, weight, weighted: score * weight });
      }
    }
    return nodes
      .map((node, index) => {
        const scores = shares[index] ?? [];
        return { node, scores, total: scores.reduce((sum, share) => sum + share.weighted, 0) };
      })
      .sort((a, b) => b.total - a.total || (a.node.name < b.node.name ? -1 : 1));
  }

  reserve(state: CycleState, pod: PodInfo, node: string): Status {
    for (const plugin of this.points.reserve) {
      const status = guard(plugin, () => plugin.reserve?.(state, pod, node));
      if (status !== undefined) return named(status, plugin);
    }
    return undefined;
  }

  /** In reverse order. */
  unreserve(state: CycleState, pod: PodInfo, node: string): void {
    for (const plugin of this.points.reserve.toReversed()) plugin.unreserve?.(state, pod, node);
  }

  /** Success, a refusal, or how long to wait for whom. */
  permit(state: CycleState, pod: PodInfo, node: string): Status {
    let wait: Refusal | undefined;
    for (const plugin of this.points.permit) {
      const status = guard(plugin, () => plugin.permit?.(state, pod, node));
      if (status === undefined) continue;
      if (status.code !== 'Wait') return named(status, plugin);
      wait = wait === undefined || (status.waitMs ?? 0) < (wait.waitMs ?? 0) ? named(status, plugin) : wait;
    }
    return wait;
  }

  async preBind(state: CycleState, pod: PodInfo, node: string, signal: AbortSignal): Promise<Status> {
    for (const plugin of this.points.preBind) {
      const status = await guardAsync(plugin, signal, () => plugin.preBind?.(state, pod, node, signal));
      if (status !== undefined) return named(status, plugin);
    }
    return undefined;
  }

  async bind(state: CycleState, pod: PodInfo, node: string, signal: AbortSignal): Promise<Status> {
    for (const plugin of this.points.bind) {
      const status = await guardAsync(plugin, signal, () => plugin.bind?.(state, pod, node, signal));
      if (status?.code === 'Skip') continue;
      return status === undefined ? status : named(status, plugin);
    }
    return failed('every bind plugin skipped the Pod');
  }

  async postBind(state: CycleState, pod: PodInfo, node: string, signal: AbortSignal): Promise<void> {
    for (const plugin of this.points.postBind) await plugin.postBind?.(state, pod, node, signal);
  }
}

function guard<T>(plugin: Plugin, run: () => T): T | Refusal {
  try {
    return run();
  } catch (error) {
    return named(failed(error instanceof Error ? error.message : String(error), error), plugin);
  }
}

async function guardAsync(
  plugin: Plugin,
  signal: AbortSignal,
  run: () => Promise<Status> | undefined,
): Promise<Status> {
  try {
    return await run();
  } catch (error) {
    signal.throwIfAborted();
    return named(failed(error instanceof Error ? error.message : String(error), error), plugin);
  }
}
