import { SCHEDULING_RECORDS, type SchedulingRecord } from '@hardpoint/api';
import { apiVersionOf, type OwnerReference, PODS, type Pod, type Stored } from '@hardpoint/kubernetes';
import { ApiError, type Client, type Clock, type Logger } from '@hardpoint/machinery';
import { podKey } from '../framework/node-info.ts';
import type { SchedulerDecision } from './decision.ts';
import { bounded, withDecision, withOutcome } from './history.ts';

/** Tries to write one change before it is given up: a record must not keep a sortie on the ground. */
const TRIES = 5;
const RETRY_MS = 200;

/** Writes SchedulingRecords. Never rejects but with the signal's reason: a record that cannot be written is logged. */
export interface RecordWriter {
  /** Adds a decision on the Pod. */
  add(pod: Stored<Pod>, decision: SchedulerDecision, signal: AbortSignal): Promise<void>;
  /** Says whether a selection came to a Binding. */
  settle(
    pod: Stored<Pod>,
    decision: Pick<SchedulerDecision, 'podUID' | 'time'>,
    outcome: 'bound' | 'not-bound',
    signal: AbortSignal,
  ): Promise<void>;
}

/** The Pod's controller, so that the record outlives the Pod; where it has none, the Pod. */
function ownerOf(pod: Stored<Pod>): OwnerReference {
  const controller = (pod.metadata.ownerReferences ?? []).find((owner) => owner.controller === true);
  if (controller !== undefined) {
    const { apiVersion, kind, name, uid } = controller;
    return { apiVersion, kind, name, uid };
  }
  return { apiVersion: apiVersionOf(PODS), kind: PODS.kind, name: pod.metadata.name, uid: pod.metadata.uid };
}

export function createRecordWriter(options: {
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Logger;
}): RecordWriter {
  const { client, clock, log } = options;
  /** One change of one record at a time: the next waits for it. */
  const writing = new Map<string, Promise<void>>();

  const read = async (pod: Stored<Pod>, signal: AbortSignal): Promise<Stored<SchedulingRecord> | undefined> => {
    const { namespace, name } = pod.metadata;
    try {
      return await client.get(SCHEDULING_RECORDS, { namespace, name }, { signal });
    } catch (error) {
      if (ApiError.is(error, 'NotFound')) return undefined;
      throw error;
    }
  };

  const change = async (
    pod: Stored<Pod>,
    edit: (history: readonly SchedulerDecision[]) => readonly SchedulerDecision[] | undefined,
    signal: AbortSignal,
  ): Promise<void> => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        const record = await read(pod, signal);
        const edited = edit((record?.decisions ?? []) as SchedulerDecision[]);
        if (edited === undefined) return;
        const decisions = [...edited];
        const owners = [ownerOf(pod)];
        if (record === undefined) {
          const { namespace, name } = pod.metadata;
          const metadata = { namespace, name, ownerReferences: owners };
          await client.create(SCHEDULING_RECORDS, { metadata, decisions }, { signal });
        } else {
          const metadata = { ...record.metadata, ownerReferences: owners };
          await client.update(SCHEDULING_RECORDS, { ...record, metadata, decisions }, { signal });
        }
        return;
      } catch (error) {
        signal.throwIfAborted();
        const failed = ApiError.from(error);
        const mayPass =
          failed.status === 0 ||
          failed.status >= 500 ||
          ['Conflict', 'AlreadyExists', 'TooManyRequests'].includes(failed.code);
        if (!mayPass || attempt === TRIES) {
          log.warn('a scheduling record could not be written', { pod: podKey(pod), error: failed });
          return;
        }
        if (failed.code !== 'Conflict' && failed.code !== 'AlreadyExists') await clock.sleep(RETRY_MS, signal);
      }
    }
  };

  const inTurn = async (pod: Stored<Pod>, run: () => Promise<void>): Promise<void> => {
    const key = podKey(pod);
    const turn = (writing.get(key) ?? Promise.resolve()).then(run, run);
    writing.set(key, turn);
    try {
      await turn;
    } finally {
      if (writing.get(key) === turn) writing.delete(key);
    }
  };

  return {
    add: (pod, decision, signal) =>
      inTurn(pod, () => change(pod, (history) => withDecision(history, decision), signal)),
    settle: (pod, decision, outcome, signal) =>
      inTurn(pod, () =>
        change(
          pod,
          (history) => {
            const settled = withOutcome(history, decision, outcome);
            return settled === undefined ? undefined : bounded(settled);
          },
          signal,
        ),
      ),
  };
}
