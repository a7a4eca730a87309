import { type Container, PODS, type Pod, type PodStatus } from '@hardpoint/kubernetes';
import { ApiError, type Logger, secondTime } from '@hardpoint/machinery';
import { type ContainerProbes, startContainerProbes } from '../probe/container-probes.ts';
import type { ExecuteInContainer } from '../probe/probe-check.ts';
import type { ContainerRecord } from '../runtime/container-runtime.ts';
import { executeInContainer } from '../runtime/execute.ts';
import { podFolders } from '../volumes/pod-folders.ts';
import { createPodVolumes } from '../volumes/pod-volumes.ts';
import { volumeReferences } from '../volumes/volume-content.ts';
import { createBackOff, goDuration } from './back-off.ts';
import { createContainerStarter } from './container-starter.ts';
import { runHook } from './lifecycle-hook.ts';
import { type KillAction, podActions } from './pod-actions.ts';
import { KUBELET_CONDITIONS } from './pod-conditions.ts';
import { createPodEnding } from './pod-ending.ts';
import { createPodEvents, podLabel } from './pod-events.ts';
import type { PodHost } from './pod-host.ts';
import { podStatus, type StartFailure } from './pod-status.ts';
import { createStatusWriter } from './status-writer.ts';
import { terminationMessage } from './termination-message.ts';

const DEFAULT_GRACE_SECONDS = 30;
const FIRST_MOUNT_RETRY_MS = 500;
const LONGEST_MOUNT_RETRY_MS = 122_000;

/** Runs one Pod from its binding to its end. Level-triggered: each wake looks at the whole. */
export interface PodWorker {
  readonly uid: string;
  /** The Pod as the API has it now. */
  update(pod: Pod): void;
  /** The API has it no more: its containers end, its files go. */
  forget(): void;
  /** A container of this Pod has ended. */
  exited(record: ContainerRecord): void;
  /** The Pod with the status this worker last computed. */
  current(): Pod;
  /** The running or last container of that name. */
  record(container: string, options?: { readonly previous?: boolean }): ContainerRecord | undefined;
  /** Resolves when nothing of the Pod is left to do. Never rejects. */
  readonly done: Promise<void>;
}

/** `signal` ends the worker and leaves the containers as they are. */
export function startPodWorker(options: {
  readonly host: PodHost;
  readonly pod: Pod;
  readonly signal: AbortSignal;
}): PodWorker {
  const { host, signal } = options;
  const { clock, runtime } = host;
  const uid = options.pod.metadata?.uid ?? '';
  const namespace = options.pod.metadata?.namespace ?? '';
  const name = options.pod.metadata?.name ?? '';
  const log: Logger = host.log.with({ pod: `${namespace}/${name}` });
  let pod = options.pod;
  let status: PodStatus = options.pod.status ?? {};
  const startTime = status.startTime ?? secondTime(clock.now());

  const records: ContainerRecord[] = [...runtime.list(uid)];
  const adopted = new Set(records.map(({ spec }) => spec.id));
  const messages = new Map<string, string>();
  const probes = new Map<string, ContainerProbes>();
  const failures = new Map<string, StartFailure>();
  const crashes = createBackOff(host.backOff);
  const retryAtMs = new Map<string, number>();
  const beingKilled = new Set<string>();
  const timers = new Map<string, Disposable>();

  const folders = podFolders({ dataDir: host.dataDir, namespace, name, uid });
  const events = createPodEvents({ recorder: host.recorder, pod: () => pod });
  const volumes = runtime.real
    ? createPodVolumes({
        folders,
        client: host.client,
        clock,
        objects: host.objects,
        allocatable: host.allocatable(pod.spec?.nodeName ?? ''),
      })
    : undefined;
  const starter = createContainerStarter({ host, events, folders, volumes });
  const writer = createStatusWriter({ client: host.client, clock, log, pod, signal });
  const podIp = () => host.addresses.addressOf(uid);
  const executeIn =
    (record: ContainerRecord): ExecuteInContainer =>
    (command, aborted) =>
      executeInContainer({ spec: record.spec, command, signal: aborted });
  const ending = createPodEnding({ runtime, clock, log, events, podIp, executeIn, signal });

  let gone = false;
  let admitted = false;
  let mounted = false;
  let volumesStale = true;
  let mountRetryMs = FIRST_MOUNT_RETRY_MS;
  let followed: Disposable | undefined;
  let endedBy: { reason: string; message: string } | undefined;
  let end: { graceMs: number; promise: Promise<void>; done: boolean } | undefined;
  let terminal = false;
  let wakeUp = Promise.withResolvers<void>();
  const done = Promise.withResolvers<void>();

  const wake = (): void => wakeUp.resolve();
  const wakeIn = (key: string, ms: number): void => {
    timers.get(key)?.[Symbol.dispose]();
    timers.set(key, clock.timer(Math.max(0, ms), wake));
  };
  const containers = (): Container[] => [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])];
  const containerOf = (record: ContainerRecord) => containers().find((each) => each.name === record.spec.container);
  const running = () => records.filter(({ phase }) => phase.kind === 'running');

  /** The Pod as the status rules see it: the API's, with this worker's own status, which is newer. */
  const seen = (): Pod => {
    const foreign = (pod.status?.conditions ?? []).filter(({ type }) => !KUBELET_CONDITIONS.includes(type));
    const own = (status.conditions ?? pod.status?.conditions ?? []).filter(({ type }) =>
      KUBELET_CONDITIONS.includes(type),
    );
    const { phase } = pod.status ?? {};
    const over = phase === 'Failed' || phase === 'Succeeded' ? { phase } : {};
    return { ...pod, status: { ...status, ...over, conditions: [...foreign, ...own] } };
  };
  const report = (): void => {
    status = podStatus({
      pod: seen(),
      records,
      probe: ({ spec }) => probes.get(spec.id)?.verdict ?? { started: false, ready: false },
      terminationMessage: ({ spec }) => messages.get(spec.id),
      failures,
      terminal,
      readyToStart: mounted,
      ended: endedBy,
      containerId: (id) => `${runtime.scheme}://${id}`,
      podIp: mounted ? podIp() : undefined,
      hostIp: host.hostIp,
      startTime,
      nowMs: clock.now(),
    });
    writer.set(status);
  };

  const takeExit = async (record: ContainerRecord): Promise<void> => {
    messages.set(record.spec.id, await terminationMessage(containerOf(record), record));
    const index = records.findIndex(({ spec }) => spec.id === record.spec.id);
    if (index === -1) records.push(record);
    else records[index] = record;
    probes.get(record.spec.id)?.[Symbol.dispose]();
    probes.delete(record.spec.id);
    beingKilled.delete(record.spec.id);
    wake();
  };

  const probe = (): void => {
    for (const record of running()) {
      if (probes.has(record.spec.id)) continue;
      const container = containerOf(record);
      if (container === undefined) continue;
      const old = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])].find(
        ({ containerID }) => containerID === `${runtime.scheme}://${record.spec.id}`,
      );
      const before =
        adopted.has(record.spec.id) && old !== undefined
          ? { started: old.started === true, ready: old.ready }
          : undefined;
      probes.set(
        record.spec.id,
        startContainerProbes({
          pod,
          container,
          record,
          podIp: podIp(),
          before,
          real: runtime.real,
          execute: executeIn(record),
          clock,
          onChange: wake,
          onFailure: (kind, output) => {
            const title = `${kind.charAt(0).toUpperCase()}${kind.slice(1)}`;
            events.container(container, 'Warning', 'Unhealthy', `${title} probe failed: ${output}`);
          },
        }),
      );
    }
  };

  const mount = async (): Promise<boolean> => {
    if (volumes === undefined) mounted = true;
    if (!volumesStale || volumes === undefined) return mounted;
    followed ??= host.objects.follow({
      namespace,
      ...volumeReferences(pod),
      onChange: () => {
        volumesStale = true;
        wake();
      },
    });
    volumesStale = false;
    try {
      await volumes.refresh({ pod, addresses: { podIp: podIp(), hostIp: host.hostIp }, signal });
      mounted = true;
      mountRetryMs = FIRST_MOUNT_RETRY_MS;
      const due = volumes.refreshDueMs();
      if (due !== undefined)
        timers.set(
          'token',
          clock.timer(due, () => {
            volumesStale = true;
            wake();
          }),
        );
    } catch (error) {
      signal.throwIfAborted();
      volumesStale = true;
      events.pod('Warning', 'FailedMount', error instanceof Error ? error.message : String(error));
      wakeIn('mount', mountRetryMs);
      mountRetryMs = Math.min(mountRetryMs * 2, LONGEST_MOUNT_RETRY_MS);
    }
    return mounted;
  };

  const start = async (container: Container): Promise<boolean> => {
    const now = clock.now();
    const waiting = retryAtMs.get(container.name) ?? 0;
    if (waiting > now) {
      wakeIn(`start ${container.name}`, waiting - now);
      return false;
    }
    const last = records.findLast(({ spec }) => spec.container === container.name);
    if (last?.phase.kind === 'exited') {
      const waitMs = crashes.remaining(container.name, last.phase.finishedAtMs, now);
      if (waitMs > 0) {
        const label = podLabel(pod);
        const delay = goDuration(crashes.delay(container.name));
        events.container(
          container,
          'Warning',
          'BackOff',
          `Back-off restarting failed container ${container.name} in pod ${label}`,
        );
        const message = `back-off ${delay} restarting failed container=${container.name} pod=${label}`;
        failures.set(container.name, { reason: 'CrashLoopBackOff', message });
        retryAtMs.set(container.name, now + waitMs);
        wakeIn(`start ${container.name}`, waitMs);
        return false;
      }
    }
    const before = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])].find(
      (each) => each.name === container.name,
    );
    const attempt =
      last !== undefined ? last.spec.attempt + 1 : before?.containerID === undefined ? 0 : before.restartCount + 1;
    const outcome = await starter.start(seen(), container, attempt, signal);
    if (outcome.kind === 'failed') {
      failures.set(container.name, outcome.failure);
      retryAtMs.set(container.name, clock.now() + outcome.retryInMs);
      wakeIn(`start ${container.name}`, outcome.retryInMs);
      return false;
    }
    if (last?.phase.kind === 'exited') crashes.next(container.name, last.phase.finishedAtMs);
    failures.delete(container.name);
    retryAtMs.delete(container.name);
    const { record } = outcome;
    const known = records.some(({ spec }) => spec.id === record.spec.id);
    if (!known) records.push(record.phase.kind === 'running' ? record : { ...record });
    if (record.phase.kind === 'exited') void takeExit(record);
    await afterStart(container, record);
    return true;
  };
  const afterStart = async (container: Container, record: ContainerRecord): Promise<void> => {
    const handler = container.lifecycle?.postStart;
    if (handler === undefined || record.phase.kind !== 'running') return;
    try {
      await runHook({ handler, container, podIp: podIp(), execute: executeIn(record), clock, signal });
    } catch (error) {
      signal.throwIfAborted();
      log.debug('postStart hook failed', { container: container.name, error });
      events.container(container, 'Warning', 'FailedPostStartHook', 'PostStartHook failed');
      await ending.endOne({ pod, container, record, graceMs: graceMs(), note: 'FailedPostStartHook' });
    }
  };

  const graceMs = (): number =>
    (pod.metadata?.deletionGracePeriodSeconds ?? pod.spec?.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS) *
    1000;
  const kill = ({ record, container, probe: kind, message }: KillAction): void => {
    if (beingKilled.has(record.spec.id)) return;
    beingKilled.add(record.spec.id);
    const own = kind === 'liveness' ? container.livenessProbe : container.startupProbe;
    const seconds = own?.terminationGracePeriodSeconds;
    const grace = seconds === undefined ? graceMs() : seconds * 1000;
    ending.endOne({ pod, container, record, graceMs: grace, note: message }).catch((error: unknown) => {
      if (!signal.aborted) log.warn('a container could not be ended', { container: container.name, error });
    });
  };
  const endAll = (): void => {
    const grace = graceMs();
    if (end !== undefined && end.graceMs <= grace) return;
    const earlier = end?.promise;
    const promise = Promise.all([earlier, ending.endAll(pod, running(), grace)]).then(() => {});
    const entry = { graceMs: grace, promise, done: false };
    end = entry;
    promise
      .catch((error: unknown) => {
        if (!signal.aborted) log.warn('a Pod could not be ended', { error });
      })
      .finally(() => {
        entry.done = true;
        wake();
      });
  };

  const pastDeadline = (): boolean => {
    const seconds = pod.spec?.activeDeadlineSeconds;
    if (seconds === undefined) return false;
    const leftMs = Date.parse(status.startTime ?? startTime) + seconds * 1000 - clock.now();
    if (leftMs > 0) wakeIn('deadline', leftMs);
    return leftMs <= 0;
  };

  /** A kubelet, too, looks at the nodeSelector again before it takes a Pod in. */
  const admit = (): void => {
    if (admitted) return;
    admitted = true;
    const labels = host.nodeLabels(pod.spec?.nodeName ?? '');
    if (labels === undefined || records.length > 0 || (status.phase ?? 'Pending') !== 'Pending') return;
    const wanted = Object.entries(pod.spec?.nodeSelector ?? {});
    if (wanted.every(([key, value]) => labels[key] === value)) return;
    const message = "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector";
    events.pod('Warning', 'NodeAffinity', message);
    endedBy = { reason: 'NodeAffinity', message: `Pod was rejected: ${message}` };
  };

  /** True: nothing is left to do. */
  const sync = async (): Promise<boolean> => {
    const over = pod.status?.phase === 'Failed' || pod.status?.phase === 'Succeeded';
    const deleted = gone || pod.metadata?.deletionTimestamp !== undefined;
    if (!over && !terminal && endedBy === undefined && !deleted && pastDeadline()) {
      const message = 'Pod was active on the node longer than the specified deadline';
      events.pod('Normal', 'DeadlineExceeded', message);
      endedBy = { reason: 'DeadlineExceeded', message };
    }
    if (!over && !deleted) admit();
    if (over || terminal || deleted || endedBy !== undefined) return await finish(deleted, over);
    if (!(await mount())) {
      report();
      return false;
    }
    for (;;) {
      const actions = podActions({
        pod,
        records,
        probes: ({ spec }) => probes.get(spec.id)?.results ?? { startup: undefined, liveness: undefined },
      });
      if (actions.finish) {
        endAll();
        return await finish(false, false);
      }
      for (const each of actions.kill) kill(each);
      let progress = false;
      for (const container of actions.start) progress = (await start(container)) || progress;
      probe();
      report();
      if (!progress || pod.metadata?.deletionTimestamp !== undefined || gone) return false;
    }
  };

  const finish = async (deleted: boolean, over: boolean): Promise<boolean> => {
    if (running().length > 0 || (end !== undefined && !end.done)) {
      endAll();
      if (mounted && !over) probe();
      if (!over) report();
      return false;
    }
    // Exits are taken in one by one; each wakes this worker again.
    if (runtime.list(uid).some(({ phase }) => phase.kind === 'running')) return false;
    if (!terminal) {
      terminal = true;
      for (const each of probes.values()) each[Symbol.dispose]();
      probes.clear();
      if (!over && !gone) {
        report();
        await writer.written();
      }
      followed?.[Symbol.dispose]();
      followed = undefined;
      await volumes?.remove();
    }
    if (!deleted) return false;
    if (!gone) {
      try {
        await host.client.delete(PODS, { namespace, name }, { gracePeriodSeconds: 0, preconditions: { uid }, signal });
      } catch (error) {
        signal.throwIfAborted();
        if (!ApiError.is(error, 'NotFound', 'Conflict')) {
          log.warn('a Pod could not be deleted', { error });
          wakeIn('delete', FIRST_MOUNT_RETRY_MS);
          return false;
        }
      }
    }
    for (const { spec } of runtime.list(uid)) await runtime.remove(spec.id);
    host.addresses.release(uid);
    return true;
  };

  const work = async (): Promise<void> => {
    for (const record of records.slice()) if (record.phase.kind === 'exited') await takeExit(record);
    probe();
    for (;;) {
      wakeUp = Promise.withResolvers<void>();
      try {
        if (await sync()) return;
      } catch (error) {
        signal.throwIfAborted();
        log.error('a Pod could not be synced', { error });
        wakeIn('sync', 1000);
      }
      await Promise.race([wakeUp.promise, stopped]);
    }
  };
  const stopped = new Promise<never>((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  stopped.catch(() => {});
  void work()
    .catch((error: unknown) => {
      if (!signal.aborted) log.error('a Pod worker broke', { error });
    })
    .finally(() => {
      for (const timer of timers.values()) timer[Symbol.dispose]();
      for (const each of probes.values()) each[Symbol.dispose]();
      followed?.[Symbol.dispose]();
      done.resolve();
    });

  return {
    uid,
    update(next) {
      const { metadata } = next;
      const changed =
        JSON.stringify(metadata?.annotations) !== JSON.stringify(pod.metadata?.annotations) ||
        JSON.stringify(metadata?.labels) !== JSON.stringify(pod.metadata?.labels);
      pod = next;
      if (changed) volumesStale = true;
      wake();
    },
    forget() {
      gone = true;
      wake();
    },
    exited: (record) => {
      void takeExit(record);
    },
    current: () => seen(),
    record(container, { previous = false } = {}) {
      return records.filter(({ spec }) => spec.container === container).at(previous ? -2 : -1);
    },
    done: done.promise,
  };
}
