import {
  FLIGHT_TASKS,
  type FlightTask,
  type FlightTaskStatus,
  LABELS,
  LAUNCH_AUTHORIZATIONS,
  type LaunchAuthorization,
  NAMESPACES,
  PORTS,
  type Texts,
  type Weapon,
} from '@hardpoint/api';
import {
  type KubernetesObject,
  NODES,
  type Node,
  POD_DISRUPTION_BUDGETS,
  PODS,
  type Pod,
  type ResourceType,
  type Stored,
} from '@hardpoint/kubernetes';
import {
  ApiError,
  type Client,
  type Clock,
  compareResourceVersions,
  type EventRecorder,
  keyOf,
  type Lister,
  type Logger,
  type Reconcile,
} from '@hardpoint/machinery';
import { formatTrust, type SigningKey } from '@hardpoint/wip';
import type { SortieSettings } from '../sortie-pod/settings.ts';
import type { SortieWatchers } from '../sortie-watch/sortie-watchers.ts';
import { taskEvents } from './events.ts';
import { type LaunchOutcome, planLaunch } from './launch.ts';
import { type Action, type Observed, planFlightTask } from './plan.ts';
import { aircraftFact, podFacts } from './pod-facts.ts';
import type { Micros } from './precise-time.ts';
import { sameBesideTelemetry, sameStatus } from './status-difference.ts';

export interface FlightTaskDependencies {
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Logger;
  readonly texts: Texts;
  readonly settings: SortieSettings;
  readonly tasks: Lister<FlightTask>;
  readonly pods: Lister<Pod>;
  readonly nodes: Lister<Node>;
  readonly weapons: Lister<Weapon>;
  readonly authorizations: Lister<LaunchAuthorization>;
  /** Last form of Pods that have gone, by UID. */
  readonly departed: { get(uid: string): Pod | undefined };
  readonly sorties: SortieWatchers;
  readonly events: Pick<EventRecorder, 'record'>;
  readonly key: () => SigningKey;
  /** Makes sure that ConfigMap weapon-configs is in a namespace. */
  readonly ensureConfigs: (namespace: string, signal: AbortSignal) => Promise<void>;
}

/** Least time between two writes of one task's status that tell nothing but telemetry (M5). ms. */
const TELEMETRY_PERIOD_MS = 1000;

/** How often a Pod that the API rejected is tried again. ms. */
const REJECTED_RETRY_MS = 10_000;

/** Reconciles one FlightTask. Reads a cache, but takes its word for an absence only after asking the API. */
export function createFlightTaskReconcile(deps: FlightTaskDependencies): Reconcile {
  const { client, clock, sorties } = deps;
  const lastWriteMs = new Map<string, number>();
  /** What was written last, by key: the cache learns of it a moment later. */
  const ownWrites = new Map<string, Stored<FlightTask>>();
  const originMicros = clock.now() * 1000;
  const originMonotonic = clock.monotonic();
  /** Wall time with the monotonic clock's fractions, held to the wall clock where that has jumped. */
  const micros = (): Micros => {
    const fine = originMicros + (clock.monotonic() - originMonotonic) * 1000;
    const wall = clock.now() * 1000;
    return Math.floor(Math.abs(fine - wall) > 50_000 ? wall : fine);
  };

  const orAbsent = async <T extends KubernetesObject>(
    type: ResourceType<T>,
    place: { name: string; namespace?: string | undefined },
    signal: AbortSignal,
  ): Promise<Stored<T> | undefined> => {
    try {
      return await client.get(type, place, { signal });
    } catch (error) {
      if (ApiError.is(error, 'NotFound')) return undefined;
      throw error;
    }
  };

  const delivered = async (task: Stored<FlightTask>, podUID: string, live: boolean, signal: AbortSignal) => {
    const namespace = task.metadata.namespace ?? '';
    const all = live
      ? (await client.list(LAUNCH_AUTHORIZATIONS, { namespace, signal })).items
      : deps.authorizations.list().filter((it) => it.metadata.namespace === namespace);
    const stores = new Map<string, number>();
    for (const it of all) {
      if (it.spec.taskRef.name !== task.metadata.name || it.status?.podRef?.uid !== podUID) continue;
      stores.set(it.spec.weapon, (stores.get(it.spec.weapon) ?? 0) + it.spec.count);
    }
    return stores;
  };

  const observe = async (key: string, task: Stored<FlightTask>, signal: AbortSignal): Promise<Observed> => {
    const { namespace } = task.metadata;
    const ref = task.status?.podRef;
    let pod: Stored<Pod> | undefined;
    if (ref !== undefined) {
      pod = deps.pods.get(`${namespace}/${ref.name}`) ?? (await orAbsent(PODS, { namespace, name: ref.name }, signal));
      if (pod !== undefined && ref.uid !== undefined && pod.metadata.uid !== ref.uid) pod = undefined;
      // A cache may still show what is no longer there, or another task's Pod of this name.
      if (pod !== undefined && ownerOf(pod)?.uid !== task.metadata.uid) pod = undefined;
    }
    const uid = pod?.metadata.uid ?? ref?.uid;
    const lastSeen = uid === undefined ? undefined : deps.departed.get(uid);
    const nodeName = (pod ?? lastSeen)?.spec?.nodeName;
    const node =
      nodeName === undefined || nodeName === ''
        ? undefined
        : (deps.nodes.get(nodeName) ?? (await orAbsent(NODES, { name: nodeName }, signal)));
    const facts = pod === undefined ? undefined : podFacts(pod, task.metadata.uid);
    const aircraft = aircraftFact(nodeName === '' ? undefined : nodeName, node);
    const ended = ref?.uid !== undefined && (facts === undefined || facts.ended || aircraft.kind === 'gone');
    return {
      task,
      now: micros(),
      pod,
      lastSeen,
      aircraft,
      report: uid === undefined ? undefined : sorties.report(key, uid),
      // Whether a token was delivered decides over a second sortie: that is asked of the API itself.
      delivered: uid === undefined ? new Map() : await delivered(task, uid, ended, signal),
      texts: deps.texts,
    };
  };

  /** PUT with the version that was read: a stale view cannot be written. */
  const write = async (
    task: Stored<FlightTask>,
    status: FlightTaskStatus,
    signal: AbortSignal,
  ): Promise<Stored<FlightTask>> => {
    const written = await client.update(FLIGHT_TASKS, { ...task, status }, { subresource: 'status', signal });
    lastWriteMs.set(task.metadata.uid, clock.monotonic());
    ownWrites.set(keyOf(written), written);
    for (const event of taskEvents({ task: written, before: task.status, after: status, texts: deps.texts })) {
      deps.events.record(event);
    }
    return written;
  };

  const launch = async (
    task: Stored<FlightTask>,
    status: FlightTaskStatus,
    attempt: number,
    signal: AbortSignal,
  ): Promise<{ readonly requeueAfterMs: number } | undefined> => {
    const outcome: LaunchOutcome = planLaunch({
      task,
      status,
      attempt,
      weapon: (name) => deps.weapons.get(`${NAMESPACES.weapons}/${name}`),
      trust: formatTrust([deps.key()]),
      settings: deps.settings,
      micros,
      texts: deps.texts,
    });
    if (outcome.kind === 'refused') {
      if (!sameStatus(task.status, outcome.status)) await write(task, outcome.status, signal);
      return undefined;
    }
    // The claim: written even where it changes nothing, so that whoever holds an old view of the task stops here.
    const claimed = await write(task, outcome.status, signal);
    const { namespace = '' } = task.metadata;
    await deps.ensureConfigs(namespace, signal);
    let pod: Stored<Pod>;
    try {
      pod = await client.create(PODS, outcome.pod, { signal });
    } catch (error) {
      if (ApiError.is(error, 'AlreadyExists')) {
        const name = outcome.pod.metadata?.name ?? '';
        const existing = await orAbsent(PODS, { namespace, name }, signal);
        if (existing === undefined) return { requeueAfterMs: 50 };
        if (ownerOf(existing)?.uid !== task.metadata.uid) {
          const refusal = outcome.refuse('PodExists', deps.texts.refusal.podExists(name));
          await write(claimed, refusal, signal);
          return { requeueAfterMs: 1000 };
        }
        pod = existing;
      } else if (ApiError.is(error, 'Invalid', 'Forbidden', 'BadRequest')) {
        await write(claimed, outcome.refuse('PodRejected', deps.texts.refusal.podRejected(error.message)), signal);
        return { requeueAfterMs: REJECTED_RETRY_MS };
      } else throw error;
    }
    const plan = planFlightTask({
      task: claimed,
      now: micros(),
      pod,
      lastSeen: undefined,
      aircraft:
        aircraftFact(pod.spec?.nodeName, undefined).kind === 'unassigned'
          ? { kind: 'unassigned' }
          : { kind: 'heard', name: pod.spec?.nodeName ?? '', fuelLevel: undefined },
      report: undefined,
      delivered: new Map(),
      texts: deps.texts,
    });
    await write(claimed, plan.status, signal);
    return plan.requeueAfterMs === undefined ? undefined : { requeueAfterMs: plan.requeueAfterMs };
  };

  const act = async (key: string, task: Stored<FlightTask>, action: Action, signal: AbortSignal): Promise<void> => {
    const { namespace = '' } = task.metadata;
    switch (action.kind) {
      case 'launch':
        return;
      case 'delete-pod':
        for (const pod of deps.pods.list()) {
          const uid = pod.metadata.uid;
          const earlier = ownerOf(pod)?.uid === task.metadata.uid && pod.metadata.deletionTimestamp === undefined;
          const over = pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
          if (uid !== action.uid && earlier && over) await removePod(client, pod, signal);
        }
        await removePod(client, { metadata: { namespace, name: action.name, uid: action.uid } }, signal);
        return;
      case 'recall':
        sorties.recall(key, action.podUID, action.reason);
        return;
      case 'watch':
        sorties.follow({ task: key, podUID: action.podUID, address: `${action.address}:${PORTS.sortie}` });
        return;
      case 'unwatch':
        sorties.leave(key);
        return;
      case 'protect':
        return await protect(client, task, action, signal);
      case 'unprotect':
        try {
          await client.delete(POD_DISRUPTION_BUDGETS, { namespace, name: action.pod }, { signal });
        } catch (error) {
          if (!ApiError.is(error, 'NotFound')) throw error;
        }
        return;
      default:
        throw action satisfies never;
    }
  };

  /** UIDs of Pods whose budget is known to be there. */
  const budgets = new Set<string>();

  return async (key, signal) => {
    const cached = newest(deps.tasks.get(key), ownWrites.get(key));
    if (cached === undefined) {
      sorties.leave(key);
      ownWrites.delete(key);
      return undefined;
    }
    if (cached.metadata.deletionTimestamp !== undefined) return undefined;
    const observed = await observe(key, cached, signal);
    const plan = planFlightTask(observed);
    const starting = plan.actions.find((it) => it.kind === 'launch');
    if (starting !== undefined) return await launch(cached, plan.status, starting.attempt, signal);
    let task = cached;
    let waitMs = plan.requeueAfterMs;
    // Before the end is written: once it is, nobody looks at the budget again.
    for (const action of plan.actions) {
      if (action.kind === 'unprotect') await act(key, task, action, signal);
    }
    if (!sameStatus(cached.status, plan.status)) {
      const sinceMs = clock.monotonic() - (lastWriteMs.get(cached.metadata.uid) ?? Number.NEGATIVE_INFINITY);
      if (sameBesideTelemetry(cached.status, plan.status) && sinceMs < TELEMETRY_PERIOD_MS) {
        waitMs = Math.min(waitMs ?? Number.POSITIVE_INFINITY, TELEMETRY_PERIOD_MS - sinceMs);
      } else task = await write(cached, plan.status, signal);
    }
    for (const action of plan.actions) {
      if (action.kind === 'unprotect') continue;
      if (action.kind === 'protect' && budgets.has(action.podUID)) continue;
      await act(key, task, action, signal);
      if (action.kind === 'protect') budgets.add(action.podUID);
      if (action.kind === 'unwatch') budgets.delete(task.status?.podRef?.uid ?? '');
    }
    return waitMs === undefined ? undefined : { requeueAfterMs: Math.max(1, Math.ceil(waitMs)) };
  };
}

/** The newer of what the cache shows and what was written from here; another object of the same name is the cache's. */
function newest(
  cached: Stored<FlightTask> | undefined,
  own: Stored<FlightTask> | undefined,
): Stored<FlightTask> | undefined {
  if (cached === undefined || own === undefined || cached.metadata.uid !== own.metadata.uid) return cached;
  return compareResourceVersions(own.metadata.resourceVersion, cached.metadata.resourceVersion) > 0 ? own : cached;
}

/** The FlightTask that controls a Pod. */
export function ownerOf(pod: Pod): { readonly name: string; readonly uid: string } | undefined {
  const owner = pod.metadata?.ownerReferences?.find((it) => it.controller === true && it.kind === 'FlightTask');
  return owner === undefined ? undefined : { name: owner.name, uid: owner.uid };
}

/** Asks a Pod to go, with its grace; that very Pod and no later one of its name. */
async function removePod(client: Client, pod: Pod, signal: AbortSignal): Promise<void> {
  const { namespace, name = '', uid = '' } = pod.metadata ?? {};
  try {
    await client.delete(PODS, { namespace, name }, { preconditions: { uid }, signal });
  } catch (error) {
    if (!ApiError.is(error, 'NotFound', 'Conflict')) throw error;
  }
}

async function protect(
  client: Client,
  task: Stored<FlightTask>,
  action: { readonly pod: string; readonly podUID: string },
  signal: AbortSignal,
): Promise<void> {
  try {
    await client.create(
      POD_DISRUPTION_BUDGETS,
      {
        metadata: {
          name: action.pod,
          namespace: task.metadata.namespace ?? '',
          ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: action.pod, uid: action.podUID }],
        },
        spec: {
          minAvailable: 1,
          selector: {
            matchLabels: { [LABELS.task]: task.metadata.name, [LABELS.attempt]: String(task.status?.attempt ?? 0) },
          },
        },
      },
      { signal },
    );
  } catch (error) {
    if (!ApiError.is(error, 'AlreadyExists')) throw error;
  }
}
