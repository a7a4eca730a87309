import { MAX_NODE_SCORE, type NodeScore } from '../framework/plugin.ts';

/** Stretches scores so that the highest is 100, in whole numbers; reversed, the highest becomes 0 (kube-scheduler's default normalisation). */
export function normalize(scores: readonly NodeScore[], options: { readonly reverse: boolean }): undefined {
  const most = scores.reduce((highest, { score }) => Math.max(highest, score), 0);
  for (const each of scores) {
    const stretched = most === 0 ? 0 : Math.trunc((MAX_NODE_SCORE * each.score) / most);
    each.score = options.reverse ? MAX_NODE_SCORE - stretched : stretched;
  }
  return undefined;
}
