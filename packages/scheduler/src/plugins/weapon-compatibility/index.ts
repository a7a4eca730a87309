import type { Node, Pod } from '@hardpoint/kubernetes';
import { aircraft, required } from '../../aircraft.ts';
import { type Status, unresolvable } from '../../framework/status.ts';
import { noArgs, pluginFactory } from '../factory.ts';
import { WEAPON_COMPATIBILITY } from '../names.ts';
import { whenNodeBecomesFit } from '../node-hint.ts';

/**
 * Whether the aircraft carries each weapon the task names. Both sides may name a weapon by its Weapon's name or by its
 * weaponType.
 */
export const weaponCompatibility = pluginFactory<undefined>({
  name: WEAPON_COMPATIBILITY,
  points: ['filter'],
  args: noArgs,
  create: (_args, handle) => {
    const same = (needed: string, carried: string): boolean =>
      needed === carried || handle.weaponType(needed) === carried || handle.weaponType(carried) === needed;
    const judge = (pod: Pod, node: Node): Status => {
      const needed = required.weapons(pod);
      if (needed.length === 0) return undefined;
      const carried = aircraft.weapons(node);
      return needed.every((weapon) => carried.some((other) => same(weapon, other)))
        ? undefined
        : unresolvable(handle.texts.scheduler.weapons(needed.join(',')));
    };
    return {
      name: WEAPON_COMPATIBILITY,
      events: [whenNodeBecomesFit(judge), { resource: 'Weapon' }, { resource: 'TargetPod' }],
      filter: (_state, { pod }, { node }) => judge(pod, node),
    };
  },
});
