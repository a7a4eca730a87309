import { aircraft } from '../../aircraft.ts';
import { failed } from '../../framework/status.ts';
import { noArgs, pluginFactory } from '../factory.ts';

export const MAINTENANCE_SCORE = 'MaintenanceScore';

/** By days until the next maintenance: over 30 is 100, over 15 is 70, over 7 is 40, else and where unknown 20. */
export const maintenanceScore = pluginFactory<undefined>({
  name: MAINTENANCE_SCORE,
  points: ['score'],
  args: noArgs,
  create: (_args, { texts, clock }) => ({
    name: MAINTENANCE_SCORE,
    score: (_state, _pod, { node }) => {
      const days = aircraft.maintenance(node, clock.now());
      if (days.state === 'malformed') return failed(texts.scheduler.annotationInvalid(days.key, days.text));
      if (days.state === 'absent') return 20;
      if (days.value > 30) return 100;
      if (days.value > 15) return 70;
      return days.value > 7 ? 40 : 20;
    },
  }),
});
