import { PODS, type Pod, type Stored } from '@hardpoint/kubernetes';
import { ApiError, type Client, type Clock, type EventRecorder, type Logger, secondTime } from '@hardpoint/machinery';
import { type Attempt, attempt } from './framework/attempt.ts';
import type { SchedulerCache } from './framework/cache.ts';
import { CycleState } from './framework/cycle-state.ts';
import { podKey } from './framework/node-info.ts';
import type { QueuedPod } from './framework/plugin.ts';
import type { Profile } from './framework/profile.ts';
import type { SchedulingQueue, Setback } from './framework/scheduling-queue.ts';
import type { Snapshot } from './framework/snapshot.ts';
import { isVerdict, type Refusal, type Status } from './framework/status.ts';
import type { WaitingPods } from './framework/waiting-pods.ts';
import type { SchedulerMetrics } from './metrics.ts';
import { AIRCRAFT_CLAIM } from './plugins/aircraft-claim/index.ts';
import { decisionOf, type SchedulerDecision } from './records/decision.ts';
import type { RecordWriter } from './records/record-writer.ts';
import type { SchedulerTexts } from './texts.ts';
import { scheduledNote } from './trace/event-note.ts';
import { pendingMessage } from './trace/pending-message.ts';

/** A profile with what it reports to. */
export interface RunningProfile {
  readonly profile: Profile;
  readonly kind: 'aircraft' | 'stock';
  readonly events: EventRecorder;
}

export interface SchedulerOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Logger;
  readonly texts: SchedulerTexts;
  readonly profiles: ReadonlyMap<string, RunningProfile>;
  readonly queue: SchedulingQueue;
  readonly cache: SchedulerCache;
  readonly waiting: WaitingPods;
  readonly records: RecordWriter;
  readonly metrics: SchedulerMetrics;
  /** The Pod as the watch shows it now. */
  readonly currentPod: (key: string) => Stored<Pod> | undefined;
  /** Pods being bound at once. */
  readonly parallelism: number;
}

/** One Pod on its way from the queue to its Node. */
interface Placement {
  readonly queued: QueuedPod;
  readonly running: RunningProfile;
  readonly state: CycleState;
  readonly snapshot: Snapshot;
  readonly attempt: Attempt;
  /** Monotonic, ms. */
  readonly startedMs: number;
}

/** Immediate tries of a Pod that changed while it was being bound; beyond that it backs off like a fault. */
const PROMPT_TRIES = 5;

/** Takes Pods from the queue one after the other, finds each a Node, and binds it in the background. */
export class Scheduler {
  readonly #options: SchedulerOptions;
  readonly #binding = new Set<Promise<void>>();

  constructor(options: SchedulerOptions) {
    this.#options = options;
  }

  /** Until the signal aborts; resolves when every Binding under way has ended. */
  async run(signal: AbortSignal): Promise<void> {
    const { queue, parallelism } = this.#options;
    try {
      for (;;) {
        while (this.#binding.size >= parallelism) await Promise.race(this.#binding);
        this.#place(await queue.pop(signal), signal);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      await Promise.allSettled(this.#binding);
    }
  }

  /** The scheduling cycle: one synchronous stretch, so that its snapshot is the truth of one moment. */
  #place(queued: QueuedPod, signal: AbortSignal): void {
    const { cache, clock, queue, metrics, profiles } = this.#options;
    const { uid } = queued.pod.metadata;
    const running = profiles.get(queued.pod.spec?.schedulerName ?? '');
    if (running === undefined || !this.#stillWaits(queued.pod)) {
      queue.done(uid);
      return;
    }
    const startedMs = clock.monotonic();
    const state = new CycleState();
    const snapshot = cache.snapshot();
    const result = attempt(running.profile, state, queued.info, snapshot);
    metrics.algorithm(running.profile.schedulerName, (clock.monotonic() - startedMs) / 1000);
    const placement: Placement = { queued, running, state, snapshot, attempt: result, startedMs };
    const node = result.feasible[0]?.node.name;
    if (node === undefined) {
      this.#track(queued, this.#notPlaced(placement, undefined, signal), signal);
      return;
    }
    cache.assume(queued.info, node);
    const reserved = running.profile.reserve(state, queued.info, node);
    const permitted = reserved ?? running.profile.permit(state, queued.info, node);
    if (permitted !== undefined && permitted.code !== 'Wait')
      this.#track(queued, this.#giveUp(placement, node, permitted, signal), signal);
    else this.#track(queued, this.#bind(placement, node, permitted, signal), signal);
  }

  #stillWaits(pod: Stored<Pod>): boolean {
    const current = this.#options.currentPod(podKey(pod));
    if (current === undefined || current.metadata.uid !== pod.metadata.uid) return false;
    if (this.#options.cache.nodeOf(pod.metadata.uid) !== undefined) return false;
    return (current.spec?.nodeName ?? '') === '' && current.metadata.deletionTimestamp === undefined;
  }

  /** Whatever goes wrong in the background, the Pod is tried again. */
  #track(queued: QueuedPod, work: Promise<void>, signal: AbortSignal): void {
    const { cache, log, queue } = this.#options;
    const tracked = work
      .catch((error: unknown) => {
        if (signal.aborted) return;
        log.error('a scheduling attempt ended in a fault', { pod: podKey(queued.pod), error });
        cache.forget(queued.pod.metadata.uid);
        queue.putBack(queued, { kind: 'fault' });
      })
      .finally(() => this.#binding.delete(tracked));
    this.#binding.add(tracked);
  }

  /** The binding cycle. */
  async #bind(placement: Placement, node: string, permit: Refusal | undefined, signal: AbortSignal): Promise<void> {
    const { cache, clock, metrics, queue, records, waiting } = this.#options;
    const { queued, running, state } = placement;
    const { pod } = queued;
    const { profile } = running;
    const startedMs = clock.monotonic();
    let decision: SchedulerDecision | undefined;
    let status: Status;
    try {
      if (permit !== undefined) status = await waiting.wait(pod.metadata.uid, permit.waitMs ?? 0, signal);
      status ??= await profile.preBind(state, queued.info, node, signal);
      if (status === undefined) {
        const note = this.#note(placement, node);
        if (running.kind === 'aircraft') {
          decision = this.#decision(placement, node, note);
          await records.add(pod, decision, signal);
        }
        status = await profile.bind(state, queued.info, node, signal);
        if (status === undefined) {
          cache.finishBinding(pod.metadata.uid);
          queue.done(pod.metadata.uid);
          const seconds = (clock.monotonic() - startedMs) / 1000;
          metrics.binding(profile.schedulerName, seconds);
          metrics.attempt(profile.schedulerName, 'scheduled', (clock.monotonic() - placement.startedMs) / 1000);
          metrics.placed(profile.schedulerName, queued.attempts, Math.max(0, clock.now() - queued.addedMs) / 1000);
          await this.#afterBinding(placement, node, note, decision, signal);
          return;
        }
      }
    } catch (error) {
      profile.unreserve(state, queued.info, node);
      cache.forget(pod.metadata.uid);
      throw error;
    }
    if (decision !== undefined) await records.settle(pod, decision, 'not-bound', signal);
    await this.#giveUp(placement, node, status, signal);
  }

  async #afterBinding(
    { queued, running, state }: Placement,
    node: string,
    note: string,
    decision: SchedulerDecision | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    const { log, records } = this.#options;
    log.info('bound a Pod', { pod: podKey(queued.pod), node });
    running.events.record({
      regarding: referenceOf(queued.pod),
      type: 'Normal',
      reason: 'Scheduled',
      action: 'Binding',
      note,
    });
    if (decision !== undefined) {
      await running.events.flush(signal);
      await records.settle(queued.pod, decision, 'bound', signal);
    }
    await running.profile.postBind(state, queued.info, node, signal);
  }

  /** Reserve, Permit, PreBind or Bind said no to the Node that was chosen. */
  async #giveUp(placement: Placement, node: string, status: Refusal, signal: AbortSignal): Promise<void> {
    const { cache, client, metrics, queue } = this.#options;
    const { queued, running, state } = placement;
    const { pod } = queued;
    running.profile.unreserve(state, queued.info, node);
    cache.forget(pod.metadata.uid);
    if (status.plugin === AIRCRAFT_CLAIM && isVerdict(status)) metrics.claimRefused();
    if (ApiError.is(status.cause, 'Conflict', 'NotFound') && queued.attempts < PROMPT_TRIES) {
      // The Pod changed, or is bound or gone: no verdict on the Pod, and nothing that waiting would mend.
      const current = await this.#read(client, pod, signal);
      if (current !== undefined && (current.spec?.nodeName ?? '') === '')
        queue.putBack(queued, { kind: 'changed' }, current);
      else queue.done(pod.metadata.uid);
      metrics.attempt(
        running.profile.schedulerName,
        'error',
        (this.#options.clock.monotonic() - placement.startedMs) / 1000,
      );
      return;
    }
    await this.#notPlaced(placement, status, signal);
  }

  async #read(client: Client, pod: Stored<Pod>, signal: AbortSignal): Promise<Stored<Pod> | undefined> {
    try {
      const { namespace, name, uid } = pod.metadata;
      const found = await client.get(PODS, { namespace, name }, { signal });
      return found.metadata.uid === uid ? found : undefined;
    } catch (error) {
      signal.throwIfAborted();
      return ApiError.is(error, 'NotFound') ? undefined : pod;
    }
  }

  /** Says why in the Event, the condition and the record, and puts the Pod back. */
  async #notPlaced(placement: Placement, late: Refusal | undefined, signal: AbortSignal): Promise<void> {
    const { clock, metrics, queue, records, texts, log } = this.#options;
    const { queued, running, snapshot } = placement;
    const result: Attempt = late === undefined ? placement.attempt : { ...placement.attempt, refusal: late };
    const isFault = result.refusal !== undefined && !isVerdict(result.refusal);
    const message = isFault
      ? (result.refusal?.reasons.join(', ') ?? '')
      : pendingMessage({ attempt: result, snapshot, kind: running.kind, texts });
    const { schedulerName } = running.profile;
    metrics.attempt(
      schedulerName,
      isFault ? 'error' : 'unschedulable',
      (clock.monotonic() - placement.startedMs) / 1000,
    );
    if (isFault)
      log.warn('an attempt to place a Pod failed', {
        pod: podKey(queued.pod),
        error: result.refusal?.cause ?? message,
      });
    running.events.record({
      regarding: referenceOf(queued.pod),
      type: 'Warning',
      reason: 'FailedScheduling',
      action: 'Scheduling',
      note: message,
    });
    const setback: Setback = isFault ? { kind: 'fault' } : { kind: 'refused', plugins: pluginsOf(result) };
    let current: Stored<Pod> | undefined;
    try {
      current = await this.#setCondition(queued.pod, isFault ? 'SchedulerError' : 'Unschedulable', message, signal);
      if (running.kind === 'aircraft')
        await records.add(queued.pod, this.#decision({ ...placement, attempt: result }, undefined, message), signal);
    } finally {
      queue.putBack(queued, setback, current);
    }
  }

  async #setCondition(
    pod: Stored<Pod>,
    reason: string,
    message: string,
    signal: AbortSignal,
  ): Promise<Stored<Pod> | undefined> {
    const { client, clock, log } = this.#options;
    const known = (pod.status?.conditions ?? []).find(({ type }) => type === 'PodScheduled');
    if (known?.status === 'False' && known.reason === reason && known.message === message) return undefined;
    const now = secondTime(clock.now());
    const condition = {
      type: 'PodScheduled',
      status: 'False',
      reason,
      message,
      lastProbeTime: null,
      lastTransitionTime: known?.status === 'False' ? (known.lastTransitionTime ?? now) : now,
    };
    try {
      const { namespace, name, uid } = pod.metadata;
      return await client.patch(
        PODS,
        { namespace, name },
        { type: 'strategic', body: { metadata: { uid }, status: { conditions: [condition] } } },
        { subresource: 'status', signal },
      );
    } catch (error) {
      signal.throwIfAborted();
      if (!ApiError.is(error, 'NotFound', 'Conflict'))
        log.warn('the condition PodScheduled could not be written', { pod: podKey(pod), error });
      return undefined;
    }
  }

  #decision(placement: Placement, selected: string | undefined, message: string): SchedulerDecision {
    const { queued, running } = placement;
    return decisionOf({
      pod: queued.info,
      schedulerName: running.profile.schedulerName,
      attemptNumber: queued.attempts,
      nowMs: this.#options.clock.now(),
      attempt: placement.attempt,
      selected,
      message,
    });
  }

  #note({ queued, running, attempt: { feasible } }: Placement, node: string): string {
    return running.kind === 'aircraft'
      ? scheduledNote(feasible, this.#options.texts)
      : `Successfully assigned ${podKey(queued.pod)} to ${node}`;
  }
}

/** The plugins whose change of mind may place the Pod. */
function pluginsOf({ refused, refusal }: Attempt): ReadonlySet<string> {
  const refusals = refusal === undefined ? [...refused.values()] : [refusal, ...refused.values()];
  return new Set(refusals.flatMap(({ plugin }) => plugin ?? []));
}

export function referenceOf(pod: Stored<Pod>): {
  apiVersion: string;
  kind: string;
  namespace: string | undefined;
  name: string;
  uid: string;
} {
  const { namespace, name, uid } = pod.metadata;
  return { apiVersion: 'v1', kind: 'Pod', namespace, name, uid };
}
