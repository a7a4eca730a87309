import { SCHEDULING_RECORDS, type SchedulingRecord } from '@hardpoint/api';
import { EVENTS, type Pod, type Stored } from '@hardpoint/kubernetes';
import { ApiError, type Client, type Clock, type Informer, type Logger } from '@hardpoint/machinery';
import type { SchedulerDecision } from './records/decision.ts';
import type { RecordWriter } from './records/record-writer.ts';
import { type RunningProfile, referenceOf } from './scheduler.ts';

const RETRY_MS = 500;

/**
 * Finishes what a scheduler that ended between Bind and PostBind left open: Pods that are bound while their record says
 * `binding` get their Event, where it is missing, and their record is settled.
 */
export async function recover(options: {
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Logger;
  readonly pods: Informer<Pod>;
  readonly records: RecordWriter;
  readonly profiles: ReadonlyMap<string, RunningProfile>;
  readonly signal: AbortSignal;
}): Promise<void> {
  const { client, clock, log, pods, records, profiles, signal } = options;
  try {
    const items = await listRecords(client, clock, signal);
    for (const record of items) {
      const decision = record.decisions.at(-1) as SchedulerDecision | undefined;
      if (decision?.outcome !== 'binding') continue;
      const pod = pods.get(decision.pod);
      const running = profiles.get(decision.scheduler ?? '');
      if (pod === undefined || pod.metadata.uid !== decision.podUID || running === undefined) continue;
      if (pod.spec?.nodeName !== decision.selected) continue;
      if (!(await hasEvent(client, pod, signal))) {
        const note = decision.message ?? '';
        running.events.record({
          regarding: referenceOf(pod),
          type: 'Normal',
          reason: 'Scheduled',
          action: 'Binding',
          note,
        });
        await running.events.flush(signal);
      }
      await records.settle(pod, decision, 'bound', signal);
      log.info('finished a binding that was left open', { pod: decision.pod, node: decision.selected });
    }
  } catch (error) {
    signal.throwIfAborted();
    log.warn('open bindings could not be looked through', { error });
  }
}

/** Every record; none where the kind is not installed. Asks again where the server says to come later. */
async function listRecords(
  client: Client,
  clock: Clock,
  signal: AbortSignal,
): Promise<readonly Stored<SchedulingRecord>[]> {
  for (;;) {
    try {
      return (await client.list(SCHEDULING_RECORDS, { signal })).items;
    } catch (error) {
      signal.throwIfAborted();
      const { code, status, retryAfterSeconds } = ApiError.from(error);
      if (code === 'NotFound') return [];
      if (status >= 400 && status < 500 && status !== 429) throw error;
      await clock.sleep(Math.max(RETRY_MS, (retryAfterSeconds ?? 0) * 1000), signal);
    }
  }
}

async function hasEvent(client: Client, pod: Stored<Pod>, signal: AbortSignal): Promise<boolean> {
  const { items } = await client.list(EVENTS, { namespace: pod.metadata.namespace, signal });
  return items.some((event) => event.reason === 'Scheduled' && event.regarding?.uid === pod.metadata.uid);
}
