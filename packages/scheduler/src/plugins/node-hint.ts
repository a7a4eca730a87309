import type { Node, Pod } from '@hardpoint/kubernetes';
import type { EventRegistration } from '../framework/cluster-event.ts';
import type { Status } from '../framework/status.ts';

/**
 * A queueing hint: a Node that is new or changed is worth another try where the plugin now takes it and did not before.
 * An aircraft in flight changes its labels every second; that wakes nobody.
 */
export function whenNodeBecomesFit(judge: (pod: Pod, node: Node) => Status): EventRegistration {
  return {
    resource: 'Node',
    actions: ['add', 'update'],
    isWorth: (pod, event) => {
      if (event.resource !== 'Node' || event.after === undefined) return true;
      if (judge(pod, event.after) !== undefined) return false;
      return event.before === undefined || judge(pod, event.before) !== undefined;
    },
  };
}
