import { type Locale, NAMESPACES as PLACES, WEAPONS, type Weapon } from '@hardpoint/api';
import { NAMESPACES, NODES, PODS, type Pod } from '@hardpoint/kubernetes';
import {
  ApiError,
  type Client,
  type Clock,
  createEventRecorder,
  createInformer,
  type Informer,
  type Logger,
  type Random,
  runLeaderElected,
} from '@hardpoint/machinery';
import type { Registry } from '@prometheus-io/client';
import { AircraftClaims, CLAIM_POD, holderOf } from './claims/aircraft-claims.ts';
import { createClaimKeeper } from './claims/claim-keeper.ts';
import { followCluster, type Informers } from './cluster-watch.ts';
import { stockProfile } from './config/profile-config.ts';
import type { SchedulerConfig } from './config/scheduler-config.ts';
import { buildProfile } from './framework/build-profile.ts';
import { SchedulerCache } from './framework/cache.ts';
import { hasEnded } from './framework/node-info.ts';
import type { Handle } from './framework/plugin.ts';
import { type QueueName, SchedulingQueue } from './framework/scheduling-queue.ts';
import { WaitingPods } from './framework/waiting-pods.ts';
import { createSchedulerMetrics } from './metrics.ts';
import { WEAPON_COMPATIBILITY } from './plugins/names.ts';
import { createRecordWriter } from './records/record-writer.ts';
import { recover } from './recover.ts';
import { type RunningProfile, Scheduler } from './scheduler.ts';
import { schedulerTexts } from './texts.ts';

export interface RunSchedulerOptions {
  readonly client: Client;
  readonly config: SchedulerConfig;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Its end is the scheduler's end. */
  readonly signal: AbortSignal;
  /** Unique to this process: its name in leader election and in Events. */
  readonly identity: string;
  /** The scheduler's metrics go here; into a registry of their own where absent. */
  readonly metrics?: Registry;
  /** Wording of Events, conditions and refusals; zh-CN where absent. */
  readonly locale?: Locale;
  /** Also places the Pods of `default-scheduler`, with kube-scheduler's plugins: for a cluster that has no kube-scheduler. */
  readonly stockProfile?: boolean;
  /** Called once everything is listed and Pods can be placed. */
  readonly onReady?: () => void;
}

/** How long the start waits for the Weapons, ms: their kind may not be installed, or may come later. */
const WEAPONS_PATIENCE_MS = 2000;
const RETRY_MS = 500;
const MOST_INSTANCE_LENGTH = 128;
const NO_PODS: Readonly<Record<QueueName, number>> = { active: 0, backoff: 0, unschedulable: 0, gated: 0 };

/**
 * Runs the scheduler until the signal aborts, by leader election where the configuration says so. Resolves when
 * everything has ended.
 */
export async function runScheduler(options: RunSchedulerOptions): Promise<void> {
  const { client, clock, random, log, signal, config } = options;
  const texts = schedulerTexts(options.locale);
  const isStockNeeded =
    options.stockProfile === true &&
    !config.profiles.some(({ schedulerName }) => schedulerName === 'default-scheduler');
  const configs = isStockNeeded ? [...config.profiles, stockProfile()] : config.profiles;
  const stop = new AbortController();
  const within = AbortSignal.any([signal, stop.signal]);
  const common = { client, clock, random, log, signal: within };
  const pods = createInformer({ ...common, type: PODS });
  const nodes = createInformer({ ...common, type: NODES });
  const usesWeapons = configs.some(({ plugins }) => plugins.has(WEAPON_COMPATIBILITY));
  const weapons = usesWeapons ? createInformer({ ...common, type: WEAPONS, namespace: PLACES.weapons }) : undefined;
  const claims = new AircraftClaims({ client, clock });
  const keeper = createClaimKeeper({ ...common, claims, pods });
  const informers: Informers = { pods, nodes, leases: keeper.leases, weapons };
  let counts = (): Readonly<Record<QueueName, number>> => NO_PODS;
  const metrics = createSchedulerMetrics({ registry: options.metrics, pending: () => counts() });
  const recorders = new Map(
    configs.map(({ schedulerName }) => [
      schedulerName,
      createEventRecorder({
        client,
        clock,
        random,
        log,
        reportingController: schedulerName,
        reportingInstance: options.identity.slice(0, MOST_INSTANCE_LENGTH),
      }),
    ]),
  );

  const lead = async (leading: AbortSignal): Promise<void> => {
    const sortieSchedulers = new Set(
      configs.filter(({ kind }) => kind === 'aircraft').map(({ schedulerName }) => schedulerName),
    );
    const waiting = new WaitingPods({ clock });
    const handle: Omit<Handle, 'enables' | 'schedulerName'> = {
      client,
      clock,
      log,
      texts,
      claims,
      waiting,
      isSortie: (pod) => sortieSchedulers.has(pod.spec?.schedulerName ?? '') && !hasEnded(pod),
      weaponType: (name) => weaponTypeOf(weapons, name),
      claimedByOther: (node, uid) => {
        const lease = keeper.leases.get(`${PLACES.aircraft}/${node}`);
        const holder = holderOf(lease);
        return holder === undefined || holder === uid
          ? undefined
          : (lease?.metadata.annotations?.[CLAIM_POD] ?? holder);
      },
    };
    const profiles = new Map<string, RunningProfile>();
    for (const each of configs) {
      const events = recorders.get(each.schedulerName);
      if (events === undefined) continue;
      profiles.set(each.schedulerName, { profile: buildProfile(each, handle), kind: each.kind, events });
    }
    const first = [...profiles.values()][0]?.profile;
    const plugins = new Map([...profiles].map(([name, { profile }]) => [name, profile.plugins()]));
    using queue = new SchedulingQueue({
      clock,
      initialBackoffMs: config.podInitialBackoffMs,
      maxBackoffMs: config.podMaxBackoffMs,
      less: (a, b) => first?.less(a, b) ?? 0,
      registrations: (schedulerName, plugin) => plugins.get(schedulerName)?.get(plugin)?.events,
      preEnqueue: (pod) => profiles.get(pod.spec?.schedulerName ?? '')?.profile.preEnqueue(pod),
    });
    using cache = new SchedulerCache({
      clock,
      expired: (pod) => {
        const current = pods.get(`${pod.metadata.namespace}/${pod.metadata.name}`);
        if (current?.metadata.uid === pod.metadata.uid && (current.spec?.nodeName ?? '') === '') queue.add(current);
      },
    });
    counts = () => queue.counts();
    using _followed = followCluster({
      informers,
      cache,
      queue,
      log,
      isOurs: (pod: Pod) => profiles.has(pod.spec?.schedulerName ?? ''),
    });
    const records = createRecordWriter({ client, clock, log });
    const scheduler = new Scheduler({
      client,
      clock,
      log,
      texts,
      profiles,
      queue,
      cache,
      waiting,
      records,
      metrics,
      currentPod: (key) => pods.get(key),
      parallelism: config.parallelism,
    });
    try {
      await Promise.all([
        scheduler.run(leading),
        keeper.run(leading),
        recover({ client, clock, log, pods, records, profiles, signal: leading }).catch(() => {}),
      ]);
    } finally {
      counts = () => NO_PODS;
    }
  };

  try {
    await ensureNamespaces(options, within);
    await Promise.all([pods.synced(within), nodes.synced(within), keeper.leases.synced(within)]);
    if (weapons !== undefined)
      await weapons.synced(AbortSignal.any([within, abortAfter(clock, WEAPONS_PATIENCE_MS, within)])).catch(() => {});
    within.throwIfAborted();
    options.onReady?.();
    const { leaderElect, resourceName, resourceNamespace, ...times } = config.leaderElection;
    if (leaderElect)
      await runLeaderElected({
        client,
        lease: { namespace: resourceNamespace, name: resourceName },
        identity: options.identity,
        clock,
        random,
        log,
        signal: within,
        run: lead,
        ...times,
      });
    else await lead(within);
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    stop.abort(new Error('the scheduler has ended'));
    for (const recorder of recorders.values()) await recorder[Symbol.asyncDispose]();
    await Promise.all([pods.done, nodes.done, weapons?.done, keeper.done]);
  }
}

function weaponTypeOf(weapons: Informer<Weapon> | undefined, name: string): string | undefined {
  const weapon = weapons?.get(`${PLACES.weapons}/${name}`);
  return weapon === undefined ? undefined : (weapon.spec.weaponType ?? name);
}

/** A signal that aborts after `ms`; its timer ends with `signal`. */
function abortAfter(clock: Clock, ms: number, signal: AbortSignal): AbortSignal {
  const controller = new AbortController();
  const timer = clock.timer(ms, () => controller.abort(new Error(`nothing within ${ms} ms`)));
  signal.addEventListener('abort', () => timer[Symbol.dispose](), { once: true });
  return controller.signal;
}

/** The namespaces of the leader's Lease and of the claims, where the account may make them; else they must be there. */
async function ensureNamespaces({ client, clock, config }: RunSchedulerOptions, signal: AbortSignal): Promise<void> {
  for (const name of new Set([PLACES.aircraft, config.leaderElection.resourceNamespace]))
    for (;;) {
      try {
        await client.create(NAMESPACES, { metadata: { name } }, { signal });
        break;
      } catch (error) {
        signal.throwIfAborted();
        const { status, retryAfterSeconds } = ApiError.from(error);
        if (status >= 400 && status < 500 && status !== 429) break;
        await clock.sleep(Math.max(RETRY_MS, (retryAfterSeconds ?? 0) * 1000), signal);
      }
    }
}
