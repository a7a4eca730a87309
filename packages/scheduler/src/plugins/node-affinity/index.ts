import { LABELS } from '@hardpoint/api';
import type { Node, NodeAffinity, NodeSelectorTerm, Pod, PreferredSchedulingTerm } from '@hardpoint/kubernetes';
import { matchesSelector, matchesTerm } from '../../framework/node-selector.ts';
import { SKIP, unresolvable } from '../../framework/status.ts';
import { pluginFactory } from '../factory.ts';
import { AIRCRAFT_CAPABILITY } from '../names.ts';
import { normalize } from '../normalize.ts';
import { type NodeAffinityArgs, nodeAffinityArgs } from './args.ts';

export const NODE_AFFINITY = 'NodeAffinity';

/** The Nodes that a term binds itself to by name; undefined where it does not. */
function namesOf(term: NodeSelectorTerm): ReadonlySet<string> | undefined {
  let names: ReadonlySet<string> | undefined;
  for (const field of term.matchFields ?? [])
    if (field.key === 'metadata.name' && field.operator === 'In') {
      const values = new Set(field.values ?? []);
      names = names === undefined ? values : names.intersection(values);
    }
  return names;
}

function scoreOf(terms: readonly PreferredSchedulingTerm[] | undefined, node: Node): number {
  return (terms ?? []).reduce((sum, term) => sum + (matchesTerm(term.preference, node) ? term.weight : 0), 0);
}

/**
 * nodeSelector and node affinity. The selector's key aircraft.mil/type is left to AircraftCapability where that is
 * enabled, so that its refusal has the document's text (S2).
 */
export const nodeAffinity = pluginFactory<NodeAffinityArgs>({
  name: NODE_AFFINITY,
  points: ['preFilter', 'filter', 'preScore', 'score'],
  args: nodeAffinityArgs,
  create: (args, handle) => {
    const typeIsDecidedElsewhere = handle.enables(AIRCRAFT_CAPABILITY);
    const added: NodeAffinity = args.addedAffinity ?? {};
    const addedRequired = added.requiredDuringSchedulingIgnoredDuringExecution;
    const selectorOf = (pod: Pod): readonly (readonly [string, string])[] =>
      Object.entries(pod.spec?.nodeSelector ?? {}).filter(
        ([key]) => !(typeIsDecidedElsewhere && key === LABELS.aircraftType),
      );
    const matches = (pod: Pod, node: Node): boolean => {
      const labels = node.metadata?.labels ?? {};
      if (!selectorOf(pod).every(([key, value]) => Object.hasOwn(labels, key) && labels[key] === value)) return false;
      const needed = pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
      return needed === undefined || matchesSelector(needed, node);
    };
    return {
      name: NODE_AFFINITY,
      events: [
        {
          resource: 'Node',
          actions: ['add', 'update'],
          isWorth: (pod, event) => {
            if (event.resource !== 'Node' || event.after === undefined) return true;
            if (addedRequired !== undefined && !matchesSelector(addedRequired, event.after)) return false;
            if (!matches(pod, event.after)) return false;
            return (
              event.before === undefined ||
              !matches(pod, event.before) ||
              (addedRequired !== undefined && !matchesSelector(addedRequired, event.before))
            );
          },
        },
        { resource: 'TargetPod' },
      ],
      preFilter: (_state, { pod }) => {
        const needed = pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
        if (needed === undefined && addedRequired === undefined && selectorOf(pod).length === 0) return SKIP;
        const terms = needed?.nodeSelectorTerms ?? [];
        if (terms.length === 0) return undefined;
        let names: ReadonlySet<string> = new Set();
        for (const term of terms) {
          const own = namesOf(term);
          if (own === undefined) return undefined;
          names = names.union(own);
        }
        return names.size === 0 ? unresolvable('pod affinity terms conflict') : { nodeNames: names };
      },
      filter: (_state, { pod }, { node }) => {
        if (addedRequired !== undefined && !matchesSelector(addedRequired, node))
          return unresolvable("node(s) didn't match scheduler-enforced node affinity");
        return matches(pod, node) ? undefined : unresolvable("node(s) didn't match Pod's node affinity/selector");
      },
      preScore: (_state, { pod }) =>
        pod.spec?.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution === undefined &&
        (added.preferredDuringSchedulingIgnoredDuringExecution ?? []).length === 0
          ? SKIP
          : undefined,
      score: (_state, { pod }, { node }) =>
        scoreOf(added.preferredDuringSchedulingIgnoredDuringExecution, node) +
        scoreOf(pod.spec?.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution, node),
      normalizeScore: (_state, _pod, scores) => normalize(scores, { reverse: false }),
    };
  },
});
