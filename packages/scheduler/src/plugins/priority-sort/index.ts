import { required } from '../../aircraft.ts';
import { podKey } from '../../framework/node-info.ts';
import type { QueuedPod } from '../../framework/plugin.ts';
import { noArgs, pluginFactory } from '../factory.ts';

export const PRIORITY_SORT = 'PrioritySort';

function taskPriority(queued: QueuedPod): number {
  const priority = required.priority(queued.pod);
  return priority.state === 'value' ? priority.value : 0;
}

/** The task's priority, then the Pod's own, then the older, then the name. */
export const prioritySort = pluginFactory<undefined>({
  name: PRIORITY_SORT,
  points: ['queueSort'],
  args: noArgs,
  create: () => ({
    name: PRIORITY_SORT,
    queueSort: (a, b) => {
      const byPriority = taskPriority(b) - taskPriority(a) || (b.pod.spec?.priority ?? 0) - (a.pod.spec?.priority ?? 0);
      if (byPriority !== 0) return byPriority;
      const [older, younger] = [a.pod.metadata.creationTimestamp, b.pod.metadata.creationTimestamp];
      if (older !== younger) return older < younger ? -1 : 1;
      const [keyA, keyB] = [podKey(a.pod), podKey(b.pod)];
      return keyA < keyB ? -1 : keyA > keyB ? 1 : 0;
    },
  }),
});
