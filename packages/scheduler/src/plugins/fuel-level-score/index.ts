import { aircraft } from '../../aircraft.ts';
import { failed } from '../../framework/status.ts';
import { pluginFactory } from '../factory.ts';

export const FUEL_LEVEL_SCORE = 'FuelLevelScore';

export interface FuelLevelScoreArgs {
  /** Whole percent; an aircraft below it scores 0. */
  readonly minimumFuelThreshold: number;
}

/** The fuel level itself, 0 to 100; nothing below the threshold. */
export const fuelLevelScore = pluginFactory<FuelLevelScoreArgs>({
  name: FUEL_LEVEL_SCORE,
  points: ['score'],
  args: (reader) => {
    let minimumFuelThreshold = 0;
    reader?.keys({
      minimumFuelThreshold: (key) => {
        minimumFuelThreshold = key.integer({ min: 0, max: 100 }) ?? 0;
      },
    });
    return { minimumFuelThreshold };
  },
  create: ({ minimumFuelThreshold }, { texts }) => ({
    name: FUEL_LEVEL_SCORE,
    score: (_state, _pod, { node }) => {
      const fuel = aircraft.fuel(node);
      if (fuel.state === 'malformed') return failed(texts.scheduler.labelInvalid(fuel.key, fuel.text));
      if (fuel.state === 'absent') return 0;
      return fuel.value < minimumFuelThreshold ? 0 : fuel.value;
    },
  }),
});
