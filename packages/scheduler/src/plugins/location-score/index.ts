import { aircraft, required } from '../../aircraft.ts';
import { pluginFactory } from '../factory.ts';

export const LOCATION_SCORE = 'LocationScore';

export interface LocationScoreArgs {
  readonly adjacentZones: ReadonlyMap<string, ReadonlySet<string>>;
}

/** In the target zone 100, in one beside it 70, elsewhere or nowhere 30; without a target 50. Adjacency holds both ways. */
export const locationScore = pluginFactory<LocationScoreArgs>({
  name: LOCATION_SCORE,
  points: ['score'],
  args: (reader) => {
    const adjacentZones = new Map<string, Set<string>>();
    const join = (from: string, to: string) => {
      const beside = adjacentZones.get(from) ?? new Set();
      beside.add(to);
      adjacentZones.set(from, beside);
    };
    reader?.keys({
      adjacentZones: (zones) => {
        for (const [zone, list] of zones.entries())
          for (const item of list.list()) {
            const other = item.string('the name of a zone');
            if (other === undefined) continue;
            join(zone, other);
            join(other, zone);
          }
      },
    });
    return { adjacentZones };
  },
  create: ({ adjacentZones }) => ({
    name: LOCATION_SCORE,
    score: (_state, { pod }, { node }) => {
      const target = required.zone(pod);
      if (target === undefined) return 50;
      const zone = aircraft.zone(node);
      if (zone === target) return 100;
      return zone !== undefined && adjacentZones.get(target)?.has(zone) === true ? 70 : 30;
    },
  }),
});
