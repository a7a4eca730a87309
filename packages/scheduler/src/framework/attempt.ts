import type { CycleState } from './cycle-state.ts';
import type { NodeInfo, PodInfo } from './node-info.ts';
import type { Profile, ScoredNode } from './profile.ts';
import type { Snapshot } from './snapshot.ts';
import { failed, isVerdict, type Refusal } from './status.ts';

/** What one attempt to find a Node for one Pod came to, Node by Node. */
export interface Attempt {
  /** In name order: why each Node that was looked at and refused is out. */
  readonly refused: ReadonlyMap<string, Refusal>;
  /** Best first. The first is taken. Scores are empty where one Node only was left. */
  readonly feasible: readonly ScoredNode[];
  /** Names of the Nodes that no Filter looked at. */
  readonly notEvaluated: readonly string[];
  /** The Pod as a whole was refused, or a plugin failed. */
  readonly refusal: Refusal | undefined;
}

/** PreFilter, Filter, PostFilter, PreScore, Score and NormalizeScore over one snapshot, in one stretch. */
export function attempt(profile: Profile, state: CycleState, pod: PodInfo, snapshot: Snapshot): Attempt {
  const refused = new Map<string, Refusal>();
  const names = profile.preFilter(state, pod, snapshot);
  if (names !== undefined && 'code' in names)
    return { refused, feasible: [], notEvaluated: snapshot.nodes.map(({ name }) => name), refusal: names };
  const fit: NodeInfo[] = [];
  const notEvaluated: string[] = [];
  for (const node of snapshot.nodes) {
    if (names !== undefined && !names.has(node.name)) {
      notEvaluated.push(node.name);
      continue;
    }
    const status = profile.filter(state, pod, node);
    if (status === undefined) fit.push(node);
    else {
      if (!isVerdict(status)) return { refused, feasible: [], notEvaluated, refusal: status };
      refused.set(node.name, status);
    }
  }
  if (fit.length === 0) {
    const status = profile.postFilter(state, pod, refused);
    return { refused, feasible: [], notEvaluated, refusal: status };
  }
  const scored = profile.score(state, pod, fit);
  if (!Array.isArray(scored))
    return { refused, feasible: [], notEvaluated, refusal: 'code' in scored ? scored : failed('no scores') };
  return { refused, feasible: scored, notEvaluated, refusal: undefined };
}
