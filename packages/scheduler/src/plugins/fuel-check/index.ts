import { aircraft, required } from '../../aircraft.ts';
import { unresolvable } from '../../framework/status.ts';
import { noArgs, pluginFactory } from '../factory.ts';
import { FUEL_CHECK } from '../names.ts';

/** The aircraft's fuel against the task's own need; an aircraft whose fuel is not known is never fit (S4). */
export const fuelCheck = pluginFactory<undefined>({
  name: FUEL_CHECK,
  points: ['filter'],
  args: noArgs,
  create: (_args, { texts }) => ({
    name: FUEL_CHECK,
    events: [{ resource: 'Node', actions: ['add', 'update'] }, { resource: 'TargetPod' }],
    filter: (_state, { pod }, { node }) => {
      const needed = required.fuel(pod);
      if (needed.state === 'malformed') return unresolvable(texts.scheduler.annotationInvalid(needed.key, needed.text));
      const fuel = aircraft.fuel(node);
      if (fuel.state === 'absent') return unresolvable(texts.scheduler.fuelUnknown);
      if (fuel.state === 'malformed') return unresolvable(texts.scheduler.labelInvalid(fuel.key, fuel.text));
      return needed.state === 'value' && fuel.value < needed.value
        ? unresolvable(texts.scheduler.fuel(fuel.value, needed.value))
        : undefined;
    },
  }),
});
