import type { Node, Pod } from '@hardpoint/kubernetes';
import { aircraft, required } from '../../aircraft.ts';
import { type Status, unresolvable } from '../../framework/status.ts';
import { noArgs, pluginFactory } from '../factory.ts';
import { FUEL_CHECK } from '../names.ts';
import { whenNodeBecomesFit } from '../node-hint.ts';

/** The aircraft's fuel against the task's own need; an aircraft whose fuel is not known is never fit (S4). */
export const fuelCheck = pluginFactory<undefined>({
  name: FUEL_CHECK,
  points: ['filter'],
  args: noArgs,
  create: (_args, { texts }) => {
    const judge = (pod: Pod, node: Node): Status => {
      const needed = required.fuel(pod);
      if (needed.state === 'malformed') return unresolvable(texts.scheduler.annotationInvalid(needed.key, needed.text));
      const fuel = aircraft.fuel(node);
      if (fuel.state === 'absent') return unresolvable(texts.scheduler.fuelUnknown);
      if (fuel.state === 'malformed') return unresolvable(texts.scheduler.labelInvalid(fuel.key, fuel.text));
      return needed.state === 'value' && fuel.value < needed.value
        ? unresolvable(texts.scheduler.fuel(fuel.value, needed.value))
        : undefined;
    };
    return {
      name: FUEL_CHECK,
      events: [whenNodeBecomesFit(judge), { resource: 'TargetPod' }],
      filter: (_state, { pod }, { node }) => judge(pod, node),
    };
  },
});
