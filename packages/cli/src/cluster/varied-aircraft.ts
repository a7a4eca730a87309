import type { Node } from '@hardpoint/kubernetes';

const types = ['j20', 'j16', 'j10', 'j15'] as const;
const zones = ['east-sea', 'south-sea', 'yellow-sea', 'bohai'] as const;
const hardpoints: Record<(typeof types)[number], string> = {
  j20: 'internal-bay=6,wing=4',
  j16: 'wing=8,fuselage=4',
  j10: 'wing=8,fuselage=3',
  j15: 'wing=8,fuselage=4',
};

/** `count` ready aircraft of several types, zones, fuel levels and maintenance dates; the same ones each time. */
export function variedAircraft(count: number): readonly Node[] {
  const digits = Math.max(2, String(count).length);
  return Array.from({ length: count }, (_, index): Node => {
    const type = types[index % types.length] ?? 'j20';
    const number = Math.floor(index / types.length) + 1;
    const kinds = hardpoints[type];
    const sum = [...kinds.matchAll(/=(\d+)/g)].reduce((total, match) => total + Number(match[1]), 0);
    return {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: {
        name: `${type}-${String(number).padStart(digits, '0')}`,
        labels: {
          'aircraft.mil/type': type,
          'aircraft.mil/status': 'ready',
          'aircraft.mil/fuel.level': String(60 + ((index * 17) % 41)),
          'aircraft.mil/hardpoint.available': String(sum),
          'aircraft.mil/location.zone': zones[Math.floor(index / 2) % zones.length] ?? 'east-sea',
        },
        annotations: {
          'airforce.mil/agent': 'embedded',
          'aircraft.mil/maintenance': `${5 + ((index * 23) % 80)}d`,
          'aircraft.mil/compatible-weapons': 'pl15-missile,pl10-missile,pl12-missile,cm400akg',
          'aircraft.mil/hardpoints': kinds,
        },
      },
    };
  });
}
