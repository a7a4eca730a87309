import { ANNOTATIONS } from '@hardpoint/api';
import { aircraft, type Read, required } from '../../aircraft.ts';
import { unresolvable } from '../../framework/status.ts';
import { noArgs, pluginFactory } from '../factory.ts';
import { AIRCRAFT_AVAILABILITY } from '../names.ts';

/** Keeps the Nodes that are aircraft, and refuses a Pod whose own requirement cannot be read (S2, S4). */
export const aircraftAvailability = pluginFactory<undefined>({
  name: AIRCRAFT_AVAILABILITY,
  points: ['preFilter'],
  args: noArgs,
  create: (_args, { texts }) => ({
    name: AIRCRAFT_AVAILABILITY,
    events: [
      {
        resource: 'Node',
        actions: ['add', 'update'],
        isWorth: (_pod, event) =>
          event.resource !== 'Node' ||
          event.after === undefined ||
          (aircraft.type(event.after) !== undefined &&
            (event.before === undefined || aircraft.type(event.before) === undefined)),
      },
      { resource: 'TargetPod' },
    ],
    preFilter: (_state, { pod }, snapshot) => {
      const requirements: readonly Read<unknown>[] = [
        required.fuel(pod),
        required.hardpoints(pod),
        required.priority(pod),
      ];
      for (const requirement of requirements)
        if (requirement.state === 'malformed')
          return unresolvable(texts.scheduler.annotationInvalid(requirement.key, requirement.text));
      const weapons = pod.metadata.annotations?.[ANNOTATIONS.requiredWeapons];
      if (weapons !== undefined && weapons.trim() !== '' && required.weapons(pod).length === 0)
        return unresolvable(texts.scheduler.annotationInvalid(ANNOTATIONS.requiredWeapons, weapons));
      const names = new Set<string>();
      for (const node of snapshot.nodes) if (aircraft.type(node.node) !== undefined) names.add(node.name);
      return names.size === 0 ? unresolvable(texts.scheduler.noAircraft) : { nodeNames: names };
    },
  }),
});
