import type { Node, Pod } from '@hardpoint/kubernetes';
import { aircraft, required } from '../../aircraft.ts';
import type { NodeInfo } from '../../framework/node-info.ts';
import { type Status, unresolvable, unschedulable } from '../../framework/status.ts';
import { noArgs, pluginFactory } from '../factory.ts';
import { AIRCRAFT_CAPABILITY } from '../names.ts';
import { whenNodeBecomesFit } from '../node-hint.ts';

/**
 * Type, status, whether the aircraft already flies a sortie, hardpoints, in this order; then whether everything the
 * other plugins read of the Node can be read at all (S2, S4).
 */
export const aircraftCapability = pluginFactory<undefined>({
  name: AIRCRAFT_CAPABILITY,
  points: ['filter'],
  args: noArgs,
  create: (_args, handle) => {
    const { texts, clock } = handle;
    const isBusy = (uid: string, node: NodeInfo): boolean =>
      node.pods.some(({ pod }) => pod.metadata.uid !== uid && handle.isSortie(pod));
    /** `busy` is asked in its place in the order; a hint, which sees the Node alone, says no. */
    const judge = (pod: Pod, node: Node, busy: () => boolean): Status => {
      const type = required.type(pod);
      if (type !== undefined && aircraft.type(node) !== type) return unresolvable(texts.scheduler.aircraftType(type));
      const status = aircraft.status(node);
      if (status !== 'ready') return unresolvable(texts.scheduler.status(status));
      if (busy()) return unschedulable(texts.scheduler.busy);
      const asked = required.hardpoints(pod);
      if (asked.state === 'malformed') return unresolvable(texts.scheduler.annotationInvalid(asked.key, asked.text));
      const available = aircraft.hardpoints(node);
      if (available.state === 'malformed')
        return unresolvable(texts.scheduler.labelInvalid(available.key, available.text));
      if (asked.state === 'value') {
        if (available.state === 'absent') return unresolvable(texts.hardpointsUnknown);
        if (available.value < asked.value)
          return unresolvable(texts.scheduler.hardpoints(available.value, asked.value));
      }
      const fuel = aircraft.fuel(node);
      if (fuel.state === 'malformed') return unresolvable(texts.scheduler.labelInvalid(fuel.key, fuel.text));
      const maintenance = aircraft.maintenance(node, clock.now());
      if (maintenance.state === 'malformed')
        return unresolvable(texts.scheduler.annotationInvalid(maintenance.key, maintenance.text));
      return undefined;
    };
    return {
      name: AIRCRAFT_CAPABILITY,
      events: [
        whenNodeBecomesFit((pod, node) => judge(pod, node, () => false)),
        {
          resource: 'AssignedPod',
          actions: ['delete'],
          isWorth: (_pod, event) =>
            event.resource !== 'AssignedPod' ||
            event.before === undefined ||
            handle.isSortie({ ...event.before, status: {} }),
        },
        { resource: 'TargetPod' },
      ],
      filter: (_state, { pod }, info) => judge(pod, info.node, () => isBusy(pod.metadata.uid, info)),
    };
  },
});
