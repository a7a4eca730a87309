import { LABELS, NAMES } from '@hardpoint/api';
import { NODES, type Node, PODS, type Pod } from '@hardpoint/kubernetes';
import {
  type Client,
  type Clock,
  createController,
  createEventRecorder,
  createInformer,
  type Informer,
  type Logger,
  type Random,
} from '@hardpoint/machinery';
import { type LivingSortie, planAircraft, planService } from './aircraft-plan.ts';
import { KEEPER_MEMORY, keeperMemory } from './keeper-memory.ts';

/**
 * Keeps `aircraft.mil/status`, `hardpoint.available` and, after landing, `fuel.level` of the aircraft that `keeps`
 * chooses: the node agent for its own, the operator for the others. Runs until `signal` aborts.
 */
export async function runAircraftKeeper(options: {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly signal: AbortSignal;
  readonly keeps: (node: Node) => boolean;
  /** Informers to share; its own otherwise. */
  readonly nodes?: Informer<Node> | undefined;
  readonly pods?: Informer<Pod> | undefined;
}): Promise<void> {
  const { client, clock, random, log, signal, keeps } = options;
  const own = { client, clock, random, log, signal };
  const nodes = options.nodes ?? createInformer<Node>({ ...own, type: NODES });
  const pods = options.pods ?? createInformer<Pod>({ ...own, type: PODS });
  await using recorder = createEventRecorder({
    ...own,
    reportingController: 'airforce.mil/aircraft-keeper',
    reportingInstance: 'aircraft-keeper',
  });
  const byNode = new Map<string, Map<string, LivingSortie>>();

  const controller = createController({
    name: 'aircraft-keeper',
    clock,
    random,
    log,
    async reconcile(name, abort) {
      const node = nodes.get(name);
      if (node?.metadata.labels?.[LABELS.aircraftType] === undefined || !keeps(node)) return undefined;
      const plan = planAircraft({
        labels: node.metadata.labels,
        annotations: node.metadata.annotations ?? {},
        memory: keeperMemory(node),
        sorties: [...(byNode.get(name)?.values() ?? [])],
        nowMs: clock.now(),
      });
      if (plan.problem !== undefined) {
        const event = { regarding: node, type: 'Warning', reason: 'InvalidAnnotation', action: 'Keep' } as const;
        recorder.record({ ...event, note: plan.problem });
      }
      if (plan.memory !== undefined || Object.keys(plan.labels).length > 0) {
        const { resourceVersion } = node.metadata;
        const remembered = plan.memory === undefined ? {} : { [KEEPER_MEMORY]: JSON.stringify(plan.memory) };
        const body = { metadata: { resourceVersion, labels: plan.labels, annotations: remembered } };
        await client.patch(NODES, { name }, { type: 'merge', body }, { signal: abort });
      }
      return plan.lookAgainInMs === undefined ? undefined : { requeueAfterMs: Math.max(plan.lookAgainInMs, 1) };
    },
  });
  controller.watch(nodes, ({ object }) => [object.metadata.name]);
  using _pods = pods.subscribe((change) => {
    const { object } = change;
    const name = object.spec?.nodeName;
    if (name === undefined || object.spec?.schedulerName !== NAMES.scheduler) return;
    const { uid } = object.metadata;
    const sorties = byNode.get(name) ?? new Map<string, LivingSortie>();
    byNode.set(name, sorties);
    const living = change.type !== 'deleted' && isLiving(object);
    if (living !== sorties.has(uid)) controller.enqueue(name);
    if (living) sorties.set(uid, { uid, mounted: mountedHardpoints(object) });
    else sorties.delete(uid);
  });
  try {
    // An aircraft whose sortie has not been listed yet would seem to have landed.
    await pods.synced(signal);
  } catch (error) {
    if (signal.aborted) return;
    throw error;
  }
  await controller.run(signal);
}

/** Makes an aircraft full, unloaded and ready at once, as a person asks for it. Rejects with an ApiError. */
export async function serviceAircraft(options: {
  readonly client: Client;
  readonly name: string;
  readonly signal?: AbortSignal | undefined;
}): Promise<void> {
  const { client, name, signal } = options;
  const node = await client.get(NODES, { name }, { signal });
  const { labels = {}, annotations = {}, resourceVersion } = node.metadata;
  const plan = planService({ labels, annotations, memory: keeperMemory(node) });
  const remembered = { [KEEPER_MEMORY]: JSON.stringify(plan.memory) };
  const body = { metadata: { resourceVersion, labels: plan.labels, annotations: remembered } };
  await client.patch(NODES, { name }, { type: 'merge', body }, { signal });
}

function isLiving(pod: Pod): boolean {
  return pod.status?.phase !== 'Succeeded' && pod.status?.phase !== 'Failed';
}

/** Mount points of the Pod's weapons; where it has none, what it asks for. */
export function mountedHardpoints(pod: Pod): number {
  const containers = [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])];
  const lists = containers.flatMap(({ env }) => env?.filter(({ name }) => name === 'MOUNT_POINTS') ?? []);
  const points = new Set(lists.flatMap(({ value }) => (value ?? '').split(',').map((each) => each.trim())));
  points.delete('');
  if (points.size > 0) return points.size;
  const asked = pod.metadata?.annotations?.['required-hardpoints'] ?? '0';
  return /^\d{1,4}$/.test(asked) ? Number(asked) : 0;
}
