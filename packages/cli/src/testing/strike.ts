import { FLIGHT_TASKS, type FlightTask, LAUNCH_AUTHORIZATIONS, WEAPONS, type Weapon } from '@hardpoint/api';
import type { Stored } from '@hardpoint/kubernetes';
import { ApiError, type Client, systemClock } from '@hardpoint/machinery';

/** A weapon that every j20 carries, quick to mount. */
export const weapon: Weapon = {
  metadata: { name: 'pl15-missile', namespace: 'weapons' },
  spec: {
    image: { repository: 'registry.mil/weapons/pl15-missile', tag: 'v2.3.0', pullPolicy: 'IfNotPresent' },
    compatibility: { aircraftTypes: ['j20'], hardpointTypes: ['internal-bay'] },
    resources: {},
    behaviour: { resetSeconds: 0.2 },
  } as unknown as Weapon['spec'],
};

/** A task with two releases of one store each, in a strike of `strikeSeconds`. */
export function strike(options: {
  readonly name: string;
  readonly strikeSeconds?: number;
  readonly spec?: Partial<FlightTask['spec']>;
}): FlightTask {
  const release = (targetId: string) => ({
    weapon: 'pl15-missile',
    count: 1,
    targetId,
    target: { latitude: 0, longitude: 0, altitude: 0 },
  });
  return {
    metadata: { name: options.name, namespace: 'default' },
    spec: {
      aircraftRequirement: { type: 'j20', minFuelLevel: 10 },
      targetZone: 'east-sea',
      weaponLoadout: [
        { weaponRef: { name: 'pl15-missile' }, quantity: 2, mountPoints: ['internal-bay-1', 'internal-bay-2'] },
      ],
      phases: [
        { name: 'transit', durationSeconds: 0.5 },
        { name: 'strike', durationSeconds: options.strikeSeconds ?? 1, releases: [release('T1'), release('T2')] },
        { name: 'return', durationSeconds: 0.5 },
      ],
      ...options.spec,
    } as unknown as FlightTask['spec'],
  };
}

/** Waits until `when` holds for the task, by polling the API; an API that is away for a while is waited for. */
export async function untilTask(
  client: Client,
  name: string,
  when: (task: Stored<FlightTask>) => boolean,
  options: { readonly timeoutMs?: number } = {},
): Promise<Stored<FlightTask>> {
  const end = systemClock.monotonic() + (options.timeoutMs ?? 60_000);
  let last: Stored<FlightTask> | undefined;
  for (;;) {
    try {
      last = await client.get(FLIGHT_TASKS, { name, namespace: 'default' });
      if (when(last)) return last;
    } catch (error) {
      if (!ApiError.is(error, 'Unreachable') && !(error instanceof ApiError && error.status >= 500)) throw error;
    }
    if (systemClock.monotonic() > end) {
      throw new Error(`task ${name} did not get there: ${JSON.stringify(last?.status, null, 1)}`);
    }
    await systemClock.sleep(30);
  }
}

export function stepDone(task: Stored<FlightTask>, type: string): boolean {
  return task.status?.steps?.some((step) => step.type === type && step.endTime !== undefined) === true;
}

/**
 * Authorises one release after the other. Admission fails closed, so while operator or API server are away the word is
 * not taken; it is said again, as a person would.
 */
export async function authorise(
  client: Client,
  task: string,
  options: { readonly count?: number; readonly times?: number; readonly weapon?: string } = {},
): Promise<void> {
  const end = systemClock.monotonic() + 20_000;
  for (let made = 0; made < (options.times ?? 1); ) {
    try {
      await client.create(LAUNCH_AUTHORIZATIONS, {
        metadata: { generateName: `${task}-`, namespace: 'default' },
        spec: {
          taskRef: { name: task },
          weapon: options.weapon ?? 'pl15-missile',
          count: options.count ?? 1,
          ttlSeconds: 120,
        },
      });
      made += 1;
    } catch (error) {
      const away = ApiError.is(error, 'Unreachable') || (error instanceof ApiError && error.status >= 500);
      if (!away || systemClock.monotonic() > end) throw error;
      await systemClock.sleep(100);
    }
  }
}

export async function applyStrike(client: Client, task: FlightTask): Promise<void> {
  await client.apply(WEAPONS, weapon, { fieldManager: 'test', force: true });
  await client.create(FLIGHT_TASKS, task);
}
