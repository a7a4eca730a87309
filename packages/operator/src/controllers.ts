import { isDeepStrictEqual } from 'node:util';
import {
  ANNOTATIONS,
  FLIGHT_TASKS,
  type FlightTask,
  LABELS,
  LAUNCH_AUTHORIZATIONS,
  NAMES,
  NAMESPACES,
  type Texts,
  WEAPONS,
} from '@hardpoint/api';
import {
  CONFIG_MAPS,
  type KubernetesObject,
  NODES,
  type Node,
  PODS,
  type Pod,
  type ResourceType,
} from '@hardpoint/kubernetes';
import {
  type Client,
  type Clock,
  createController,
  createInformer,
  type EventRecorder,
  type InformerOptions,
  keyOf,
  type Logger,
  type Random,
} from '@hardpoint/machinery';
import { runAircraftKeeper } from '@hardpoint/node/aircraft-keeper';
import type { SigningKey } from '@hardpoint/wip';
import { createTelemetryReconcile } from './aircraft/telemetry-labels.ts';
import { isOver } from './flight-task/plan.ts';
import { aircraftFact } from './flight-task/pod-facts.ts';
import { createFlightTaskReconcile, ownerOf } from './flight-task/reconcile.ts';
import { createAuthorizationReconcile } from './launch-authorization/reconcile.ts';
import type { OperatorMetrics } from './metrics.ts';
import type { SortieSettings } from './sortie-pod/settings.ts';
import { refusalEvent } from './sortie-watch/refusal-event.ts';
import { createSortieWatchers } from './sortie-watch/sortie-watchers.ts';
import { createWeaponReconcile } from './weapon/reconcile.ts';
import { createWeaponConfigsReconcile } from './weapon/weapon-configs.ts';

/** Last forms of Pods that have gone are kept for so many. */
const DEPARTED_KEPT = 1000;

/** Runs every controller until `signal` aborts. Resolves when all of them have ended. */
export async function runControllers(options: {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly signal: AbortSignal;
  readonly events: EventRecorder;
  readonly key: () => SigningKey;
  readonly texts: Texts;
  readonly settings: SortieSettings;
  readonly metrics: OperatorMetrics;
}): Promise<void> {
  const { client, clock, random, log, events, key, texts, metrics } = options;
  // A controller that fails ends them all: half an operator is worse than one that starts again.
  const failed = new AbortController();
  const signal = AbortSignal.any([options.signal, failed.signal]);
  const informer = <T extends KubernetesObject>(type: ResourceType<T>, more: Partial<InformerOptions<T>> = {}) =>
    createInformer<T>({ client, type, clock, random, log, signal, ...more });

  const tasks = informer(FLIGHT_TASKS, {
    indexers: {
      weapon: (task) => task.spec.weaponLoadout.map((entry) => entry.weaponRef.name),
      aircraft: (task) => (task.status?.aircraft === undefined ? [] : [task.status.aircraft]),
    },
  });
  const pods = informer(PODS, { labelSelector: LABELS.task });
  const nodes = informer(NODES);
  const weapons = informer(WEAPONS);
  const authorizations = informer(LAUNCH_AUTHORIZATIONS, {
    indexers: { task: (it) => [`${it.metadata.namespace}/${it.spec.taskRef.name}`] },
  });
  const configMaps = informer(CONFIG_MAPS, { fieldSelector: `metadata.name=${NAMES.weaponConfigs}` });
  const informers = [tasks, pods, nodes, weapons, authorizations, configMaps];

  const departed = new Map<string, Pod>();
  using _departing = pods.subscribe((change) => {
    if (change.type !== 'deleted') return;
    departed.set(change.object.metadata.uid, change.object);
    const oldest = departed.size > DEPARTED_KEPT ? departed.keys().next().value : undefined;
    if (oldest !== undefined) departed.delete(oldest);
  });

  const sorties = createSortieWatchers({
    clock,
    random,
    log,
    signal,
    key,
    onReport(task) {
      taskController.enqueue(task);
      const aircraft = tasks.get(task)?.status?.aircraft;
      if (aircraft !== undefined) telemetryController.enqueue(aircraft);
    },
    onRefusal(task, refusal) {
      metrics.launchRefused(refusal.reason);
      const object = tasks.get(task);
      if (object !== undefined) events.record(refusalEvent({ task: object, refusal, texts }));
      for (const it of authorizations.byIndex('task', task)) authorizationController.enqueue(keyOf(it));
    },
  });

  const configs = createWeaponConfigsReconcile({
    client,
    weapons: () => weapons.list().filter((it) => it.metadata.namespace === NAMESPACES.weapons),
    configMaps,
  });
  const make = (name: string, reconcile: Parameters<typeof createController>[0]['reconcile']) =>
    createController({ name, reconcile: metrics.observe(name, reconcile), clock, random, log });

  const taskController = make(
    'flight-task',
    createFlightTaskReconcile({
      client,
      clock,
      log,
      texts,
      settings: options.settings,
      tasks,
      pods,
      nodes,
      weapons,
      authorizations,
      departed,
      sorties,
      events,
      key,
      ensureConfigs: configs.ensure,
    }),
  );
  taskController.watch(tasks, ({ object }) => [keyOf(object)]);
  taskController.watch(pods, ({ object }) => taskKeys(object));
  taskController.watch(weapons, ({ object }) =>
    object.metadata.namespace === NAMESPACES.weapons
      ? tasks.byIndex('weapon', object.metadata.name).filter(waitsForWeapons).map(keyOf)
      : [],
  );
  taskController.watch(nodes, (change) => {
    const { object } = change;
    // Heartbeats and the labels written from here change nothing for a task.
    if (change.type === 'updated' && sameAircraft(change.object, change.previous)) return [];
    return tasks
      .byIndex('aircraft', object.metadata.name)
      .filter((it) => !isOver(it.status))
      .map(keyOf);
  });

  const authorizationController = make(
    'launch-authorization',
    createAuthorizationReconcile({
      client,
      clock,
      texts,
      authorizations,
      tasks,
      events,
      key,
      refusals: (task, podUID) => sorties.report(task, podUID)?.refusals ?? [],
    }),
  );
  authorizationController.watch(authorizations, ({ object }) => [keyOf(object)]);
  authorizationController.watch(tasks, ({ object }) => authorizations.byIndex('task', keyOf(object)).map(keyOf));

  const telemetryController = make(
    'aircraft-telemetry',
    createTelemetryReconcile({
      client,
      clock,
      nodes,
      telemetry(node) {
        const task = tasks.byIndex('aircraft', node).find((it) => !isOver(it.status));
        const podUID = task?.status?.podRef?.uid;
        if (task === undefined || podUID === undefined || sorties.report(keyOf(task), podUID) === undefined)
          return undefined;
        return { podUID, fuelLevel: task.status?.fuelLevel, zone: task.status?.zone };
      },
    }),
  );
  telemetryController.watch(tasks, ({ object }) =>
    object.status?.aircraft === undefined ? [] : [object.status.aircraft],
  );

  const weaponController = make(
    'weapon',
    createWeaponReconcile({
      client,
      clock,
      texts,
      weapons,
      tasksOf: (weapon) => tasks.byIndex('weapon', weapon),
      events,
    }),
  );
  weaponController.watch(weapons, ({ object }) => [keyOf(object)]);
  weaponController.watch(tasks, ({ object }) =>
    object.spec.weaponLoadout.map((entry) => `${NAMESPACES.weapons}/${entry.weaponRef.name}`),
  );

  const configController = make('weapon-configs', configs.reconcile);
  configController.watch(tasks, (change) => (change.type === 'added' ? [change.object.metadata.namespace ?? ''] : []));
  configController.watch(configMaps, (change) => {
    const namespace = change.object.metadata.namespace ?? '';
    return tasks.list().some((it) => it.metadata.namespace === namespace) ? [namespace] : [];
  });
  configController.watch(weapons, ({ object }) =>
    object.metadata.namespace === NAMESPACES.weapons
      ? [...new Set(tasks.list().map((it) => it.metadata.namespace ?? ''))]
      : [],
  );

  // Aircraft that no node agent of this project hosts are kept from here.
  const isKept = (node: Node): boolean =>
    node.metadata?.labels?.[LABELS.aircraftType] !== undefined &&
    node.metadata.annotations?.[ANNOTATIONS.agent] === undefined;
  let keeping: Promise<void> | undefined;
  using _keeping = nodes.subscribe(({ object }) => {
    if (!isKept(object) || signal.aborted) return;
    keeping ??= runAircraftKeeper({ client, clock, random, log, signal, keeps: isKept, nodes }).catch(
      (error: unknown) => failed.abort(error),
    );
  });

  const all = [taskController, authorizationController, telemetryController, weaponController, configController];
  try {
    // Nothing is decided before everything has been seen once.
    await Promise.all(informers.map((it) => it.synced(signal)));
    const results = await Promise.allSettled(
      all.map((controller) =>
        controller.run(signal).catch((error: unknown) => {
          failed.abort(error);
          throw error;
        }),
      ),
    );
    if (options.signal.aborted) return;
    for (const result of results) if (result.status === 'rejected') throw result.reason;
    failed.signal.throwIfAborted();
  } finally {
    failed.abort(new Error('the controllers have ended'));
    await Promise.all(informers.map((it) => it.done));
    await sorties.ended();
    await keeping;
    await events.flush(AbortSignal.timeout(1000)).catch(() => {});
  }
}

function taskKeys(pod: Pod): readonly string[] {
  const owner = ownerOf(pod);
  return owner === undefined ? [] : [`${pod.metadata?.namespace}/${owner.name}`];
}

/** A task that has no Pod yet looks again when a Weapon changes. */
function waitsForWeapons(task: FlightTask): boolean {
  return task.status?.podRef?.uid === undefined && !isOver(task.status);
}

function sameAircraft(a: Node, b: Node): boolean {
  const fact = (node: Node) => ({ ...aircraftFact(node.metadata?.name, node), fuelLevel: undefined });
  return isDeepStrictEqual(fact(a), fact(b));
}
