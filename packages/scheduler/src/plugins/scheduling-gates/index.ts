import { noArgs, pluginFactory } from '../factory.ts';

export const SCHEDULING_GATES = 'SchedulingGates';

/** Keeps a Pod with scheduling gates out of the queue until the last one is removed. */
export const schedulingGates = pluginFactory<undefined>({
  name: SCHEDULING_GATES,
  points: ['preEnqueue'],
  args: noArgs,
  create: () => ({
    name: SCHEDULING_GATES,
    events: [{ resource: 'TargetPod' }],
    preEnqueue: (pod) => {
      const gates = pod.spec?.schedulingGates ?? [];
      if (gates.length === 0) return undefined;
      return {
        code: 'UnschedulableAndUnresolvable',
        reasons: [`waiting for scheduling gates: [${gates.map((gate) => gate.name).join(' ')}]`],
      };
    },
  }),
});
