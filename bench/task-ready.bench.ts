import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { FLIGHT_TASKS, type FlightTask, STEPS, WEAPONS } from '@hardpoint/api';
import { PODS, type Stored } from '@hardpoint/kubernetes';
import { type Client, createInformer, silentLogger, systemClock, systemRandom } from '@hardpoint/machinery';
import { variedAircraft } from '../packages/cli/src/cluster/varied-aircraft.ts';
import { type BenchResult, quantile } from './bench.ts';
import { type ClusterBench, startClusterBench } from './cluster-bench.ts';

export const name = 'task-ready';

const namespace = 'default';
const tasks = 20;
const warmUps = 2;
const patienceMs = 30_000;
const lastStep = STEPS.indexOf('WeaponsReady');

/**
 * From the creation of a FlightTask (two pl15 on a j20, 30 of these to choose from) to its status that says all its
 * weapons are READY, seen by a watch; one task at a time. The details split that time by the steps' endTimes.
 */
export async function run(): Promise<BenchResult> {
  const folder = await mkdtemp('/tmp/hp-b-');
  const aircraft = `${folder}/aircraft.yaml`;
  const nodes = variedAircraft(120).filter((node) => node.metadata?.labels?.['aircraft.mil/type'] === 'j20');
  await writeFile(aircraft, nodes.map((node) => `---\n${JSON.stringify(node)}\n`).join(''));
  try {
    await using cluster = await startClusterBench({ aircraft });
    return await measure(cluster);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function measure(cluster: ClusterBench): Promise<BenchResult> {
  const { client } = cluster;
  await client.create(WEAPONS, {
    metadata: { name: 'pl15-missile', namespace: 'weapons' },
    spec: {
      weaponType: 'pl15',
      image: { repository: 'registry.mil/weapons/pl15-missile', tag: 'v2.3.0' },
      compatibility: { aircraftTypes: ['j20'], hardpointTypes: ['internal-bay'] },
    },
  } as never);
  const totals: number[] = [];
  const steps = new Map<string, number[]>();
  const cpu: number[] = [];
  for (let index = 0; index < warmUps + tasks; index += 1) {
    const cpuBefore = await cluster.cpuMs();
    const { tookMs, task } = await flyToReady(client, `bench-${index}`);
    if (index < warmUps) continue;
    totals.push(tookMs);
    cpu.push((await cluster.cpuMs()) - cpuBefore);
    for (const [step, ms] of stepTimes(task)) steps.set(step, [...(steps.get(step) ?? []), ms]);
  }
  return {
    name,
    value: quantile(totals, 0.5),
    unit: 'ms',
    goal: 1000,
    details: {
      'p90 ms': quantile(totals, 0.9),
      'least ms': Math.min(...totals),
      ...Object.fromEntries([...steps].map(([step, samples]) => [`to ${step} ms`, quantile(samples, 0.5)])),
      'CPU of the parts ms': quantile(cpu, 0.5),
      tasks,
    },
  };
}

async function flyToReady(
  client: Client,
  task: string,
): Promise<{ readonly tookMs: number; readonly task: Stored<FlightTask> }> {
  const done = new AbortController();
  using _limit = systemClock.timer(patienceMs, () => done.abort(new Error(`${task} was not ready in time`)));
  const { signal } = done;
  const common = { client, clock: systemClock, random: systemRandom, log: silentLogger, namespace, signal };
  const seen = createInformer({ ...common, type: FLIGHT_TASKS });
  const pods = createInformer({ ...common, type: PODS });
  try {
    await Promise.all([seen.synced(signal), pods.synced(signal)]);
    const ready = new Promise<Stored<FlightTask>>((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
      seen.subscribe(({ type, object }) => {
        const { phase, message, weapons = [] } = object.status ?? {};
        if (type === 'deleted' || object.metadata.name !== task) return;
        if (['Failed', 'Refused', 'Lost'].includes(phase ?? '')) reject(new Error(`${task}: ${message ?? phase}`));
        if (weapons.length > 0 && weapons.every(({ state }) => state === 'READY')) resolve(object);
      });
    });
    const begun = systemClock.monotonic();
    await client.create(FLIGHT_TASKS, {
      metadata: { name: task, namespace },
      spec: {
        aircraftRequirement: { type: 'j20', minFuelLevel: 50, hardpoints: 2 },
        targetZone: 'east-sea',
        weaponLoadout: [
          {
            weaponRef: { name: 'pl15-missile' },
            version: 'v2.3.0',
            quantity: 2,
            mountPoints: ['internal-bay-1', 'internal-bay-2'],
          },
        ],
        phases: [{ name: 'transit', durationSeconds: 600 }],
      },
    } as never);
    const reached = await ready;
    const tookMs = systemClock.monotonic() - begun;
    await client.delete(FLIGHT_TASKS, { namespace, name: task });
    while ([...seen.list(), ...pods.list()].length > 0) await systemClock.sleep(50, signal);
    return { tookMs, task: reached };
  } finally {
    done.abort();
    await Promise.all([seen.done, pods.done]);
  }
}

/** From each step's end to the next one's, ms. */
function stepTimes(task: Stored<FlightTask>): readonly (readonly [string, number])[] {
  let before = Number.NaN;
  return STEPS.slice(0, lastStep + 1).flatMap((type) => {
    const end = task.status?.steps?.find((step) => step.type === type)?.endTime;
    if (end === undefined) return [];
    const now = preciseMs(end);
    const took = now - before;
    before = now;
    return Number.isNaN(took) ? [] : [[type, took] as const];
  });
}

/** A time with microseconds, in ms. */
function preciseMs(time: string): number {
  return Date.parse(time) + Number(`0.${/\.\d{3}(\d+)/.exec(time)?.[1] ?? 0}`);
}
