import { unresolvable } from '../../framework/status.ts';
import { tolerates } from '../../framework/tolerations.ts';
import { noArgs, pluginFactory } from '../factory.ts';

export const NODE_UNSCHEDULABLE = 'NodeUnschedulable';

/** A cordoned Node takes only Pods that tolerate node.kubernetes.io/unschedulable. */
export const nodeUnschedulable = pluginFactory<undefined>({
  name: NODE_UNSCHEDULABLE,
  points: ['filter'],
  args: noArgs,
  create: () => ({
    name: NODE_UNSCHEDULABLE,
    events: [
      {
        resource: 'Node',
        actions: ['add', 'update'],
        isWorth: (_pod, event) =>
          event.resource !== 'Node' ||
          (event.after?.spec?.unschedulable !== true &&
            (event.before === undefined || event.before.spec?.unschedulable === true)),
      },
      { resource: 'TargetPod' },
    ],
    filter: (_state, { pod }, { node }) => {
      if (node.spec?.unschedulable !== true) return undefined;
      const taint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };
      return (pod.spec?.tolerations ?? []).some((toleration) => tolerates(toleration, taint))
        ? undefined
        : unresolvable('node(s) were unschedulable');
    },
  }),
});
