import type { Pod } from '@hardpoint/kubernetes';

/** The document's four metrics, as the weapons of one sortie last said them. */
export interface WeaponSample {
  readonly weapon: string;
  readonly launches: number;
  readonly successes: number;
  readonly refused: number;
  readonly remaining: number;
  readonly celsius: number;
}

/** Scrapes the metrics port of every weapon of a running sortie; a weapon that does not answer is left out. */
export async function scrapeWeapons(pod: Pod, signal: AbortSignal): Promise<readonly WeaponSample[]> {
  const address = pod.status?.podIP;
  if (address === undefined) return [];
  const weapons = (pod.spec?.initContainers ?? []).flatMap((container) => {
    const port = container.ports?.find((one) => one.name?.startsWith('metrics'))?.containerPort;
    return port === undefined ? [] : [{ name: container.name.replace(/^weapon-/, ''), port }];
  });
  const samples = await Promise.all(
    weapons.map(async ({ name, port }) => {
      try {
        const answer = await fetch(`http://${address}:${port}/metrics`, { signal });
        return parseSample(name, await answer.text());
      } catch {
        return undefined;
      }
    }),
  );
  return samples.filter((sample) => sample !== undefined);
}

function parseSample(weapon: string, text: string): WeaponSample {
  const values = (metric: string): number[] =>
    [...text.matchAll(new RegExp(`^${metric}(?:\\{[^}]*\\})? (\\S+)$`, 'gm'))].map((match) => Number(match[1]));
  const sum = (metric: string): number => values(metric).reduce((total, value) => total + value, 0);
  return {
    weapon,
    launches: sum('weapon_launch_total'),
    successes: sum('weapon_launch_success_total'),
    refused: sum('weapon_launch_refused_total'),
    remaining: sum('weapon_remaining_count'),
    celsius: Math.max(...values('weapon_temperature_celsius'), Number.NEGATIVE_INFINITY),
  };
}
