import { aircraft } from '../../aircraft.ts';
import { type StateKey, stateKey } from '../../framework/cycle-state.ts';
import { unschedulable } from '../../framework/status.ts';
import { noArgs, pluginFactory } from '../factory.ts';

export const AIRCRAFT_CLAIM = 'AircraftClaim';

const IS_AIRCRAFT: StateKey<ReadonlySet<string>> = stateKey('names of the Nodes that are aircraft');

/**
 * One aircraft never carries two sorties (S1): takes the aircraft's claim before the Pod is bound there. Always on in
 * profiles that come from a configuration file; Nodes that are no aircraft have no claim.
 */
export const aircraftClaim = pluginFactory<undefined>({
  name: AIRCRAFT_CLAIM,
  points: ['preFilter', 'filter', 'preBind'],
  args: noArgs,
  create: (_args, handle) => ({
    name: AIRCRAFT_CLAIM,
    events: [{ resource: 'Claim' }, { resource: 'AssignedPod', actions: ['delete'] }, { resource: 'TargetPod' }],
    preFilter: (state, _pod, snapshot) => {
      state.write(
        IS_AIRCRAFT,
        new Set(snapshot.nodes.filter(({ node }) => aircraft.type(node) !== undefined).map(({ name }) => name)),
      );
      return undefined;
    },
    filter: (_state, { pod }, { name, node }) => {
      if (aircraft.type(node) === undefined) return undefined;
      const holder = handle.claimedByOther(name, pod.metadata.uid);
      return holder === undefined ? undefined : unschedulable(handle.texts.scheduler.claimed(holder));
    },
    preBind: async (state, { pod }, node, signal) => {
      if (state.read(IS_AIRCRAFT)?.has(node) !== true) return undefined;
      const result = await handle.claims.take(pod, node, signal);
      return result.taken ? undefined : unschedulable(handle.texts.scheduler.claimed(result.holder));
    },
  }),
});
