import type { Toleration } from '@hardpoint/kubernetes';
import { type StateKey, stateKey } from '../../framework/cycle-state.ts';
import { failed, unresolvable } from '../../framework/status.ts';
import { tolerates, untolerated } from '../../framework/tolerations.ts';
import { noArgs, pluginFactory } from '../factory.ts';
import { normalize } from '../normalize.ts';

export const TAINT_TOLERATION = 'TaintToleration';

const PREFER: StateKey<readonly Toleration[]> = stateKey('tolerations of PreferNoSchedule');
const HARD = ['NoSchedule', 'NoExecute'];

/** Filters by NoSchedule and NoExecute taints; scores by how few PreferNoSchedule taints are not tolerated. */
export const taintToleration = pluginFactory<undefined>({
  name: TAINT_TOLERATION,
  points: ['preFilter', 'filter', 'preScore', 'score'],
  args: noArgs,
  create: () => ({
    name: TAINT_TOLERATION,
    events: [
      {
        resource: 'Node',
        actions: ['add', 'update'],
        isWorth: (pod, event) => {
          if (event.resource !== 'Node') return true;
          const was =
            event.before === undefined ||
            untolerated(event.before.spec?.taints, pod.spec?.tolerations, HARD) !== undefined;
          return was && untolerated(event.after?.spec?.taints, pod.spec?.tolerations, HARD) === undefined;
        },
      },
      { resource: 'TargetPod' },
    ],
    filter: (_state, { pod }, { node }) =>
      untolerated(node.spec?.taints, pod.spec?.tolerations, HARD) === undefined
        ? undefined
        : unresolvable('node(s) had untolerated taint(s)'),
    preScore: (state, { pod }) => {
      state.write(
        PREFER,
        (pod.spec?.tolerations ?? []).filter(
          ({ effect }) => effect === undefined || effect === '' || effect === 'PreferNoSchedule',
        ),
      );
      return undefined;
    },
    score: (state, _pod, { node }) => {
      const tolerations = state.read(PREFER);
      if (tolerations === undefined) return failed('PreScore of TaintToleration did not run');
      return (node.spec?.taints ?? []).filter(
        (taint) =>
          taint.effect === 'PreferNoSchedule' && !tolerations.some((toleration) => tolerates(toleration, taint)),
      ).length;
    },
    normalizeScore: (_state, _pod, scores) => normalize(scores, { reverse: true }),
  }),
});
