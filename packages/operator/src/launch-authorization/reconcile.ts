import {
  ANNOTATIONS,
  FLIGHT_TASKS,
  type FlightTask,
  LAUNCH_AUTHORIZATIONS,
  type LaunchAuthorization,
  type Texts,
} from '@hardpoint/api';
import { PODS, type Pod, type Stored } from '@hardpoint/kubernetes';
import {
  ApiError,
  type Client,
  type Clock,
  type EventRecorder,
  type Lister,
  type Reconcile,
  splitKey,
} from '@hardpoint/machinery';
import { formatTrust, parseTrust, type SigningKey } from '@hardpoint/wip';
import type { LiveRefusal } from '../sortie-watch/sortie-report.ts';
import { mergeDelivery, planAuthorization } from './plan.ts';

export interface AuthorizationDependencies {
  readonly client: Client;
  readonly clock: Clock;
  readonly texts: Texts;
  readonly authorizations: Lister<LaunchAuthorization>;
  readonly tasks: Lister<FlightTask>;
  readonly events: Pick<EventRecorder, 'record'>;
  readonly key: () => SigningKey;
  /** What the weapons of a task's sortie refused; `task` is namespace/name. */
  readonly refusals: (task: string, podUID: string) => readonly LiveRefusal[];
}

/** Reconciles one LaunchAuthorization: token, delivery, end, audit. */
export function createAuthorizationReconcile(deps: AuthorizationDependencies): Reconcile {
  const { client, clock } = deps;

  /** The Pod that the task says is its own, asked of the API: a token goes to no other. */
  const livingPod = async (task: Stored<FlightTask>, signal: AbortSignal): Promise<Stored<Pod> | undefined> => {
    const ref = task.status?.podRef;
    if (ref?.uid === undefined) return undefined;
    const pod = await orAbsent(client.get(PODS, { namespace: task.metadata.namespace, name: ref.name }, { signal }));
    if (pod === undefined || pod.metadata.uid !== ref.uid || pod.metadata.deletionTimestamp !== undefined)
      return undefined;
    return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed' ? undefined : pod;
  };

  return async (key, signal) => {
    const authorization = deps.authorizations.get(key);
    if (authorization === undefined) return undefined;
    const { namespace = '' } = splitKey(key);
    const taskKey = `${namespace}/${authorization.spec.taskRef.name}`;
    const phase = authorization.status?.phase;
    const open = phase === undefined || phase === 'Pending' || phase === 'Issued';
    let task = deps.tasks.get(taskKey);
    // Before a token is signed the task is read from the API itself: a cache may show the one before it.
    if (phase === undefined || phase === 'Pending') {
      task = await orAbsent(client.get(FLIGHT_TASKS, { namespace, name: authorization.spec.taskRef.name }, { signal }));
    }
    const pod = open && task !== undefined ? await livingPod(task, signal) : undefined;
    const launchKey = deps.key();
    const podUID = authorization.status?.podRef?.uid;
    const plan = planAuthorization({
      authorization,
      nowMs: clock.now(),
      task,
      pod,
      refusals: podUID === undefined ? [] : deps.refusals(taskKey, podUID),
      key: launchKey,
      trust: parseTrust(formatTrust([launchKey]), 'launch key'),
      texts: deps.texts,
    });
    if (plan.remove) {
      const { uid } = authorization.metadata;
      await orAbsent(
        client.delete(
          LAUNCH_AUTHORIZATIONS,
          { namespace, name: authorization.metadata.name },
          { preconditions: { uid }, signal },
        ),
      );
      return undefined;
    }
    if (plan.status !== undefined) {
      // With the version that was read: of two that sign, one writes.
      const written = await client.update(
        LAUNCH_AUTHORIZATIONS,
        { ...authorization, status: plan.status },
        { subresource: 'status', signal },
      );
      record(deps, written, task);
    }
    if (plan.deliver !== undefined) await deliver(client, namespace, plan.deliver, signal);
    return plan.requeueAfterMs === undefined ? undefined : { requeueAfterMs: Math.min(plan.requeueAfterMs, 2 ** 30) };
  };
}

function record(
  deps: AuthorizationDependencies,
  written: Stored<LaunchAuthorization>,
  task: Stored<FlightTask> | undefined,
): void {
  const { phase, reason = '', message = '' } = written.status ?? {};
  if (phase === undefined || phase === 'Pending') return;
  const type = phase === 'Issued' || phase === 'Spent' ? 'Normal' : 'Warning';
  const about = task === undefined ? { regarding: written } : { regarding: written, related: task };
  deps.events.record({ ...about, type, reason: reason === '' ? phase : reason, action: 'Authorize', note: message });
  if (phase === 'Issued' && task !== undefined) {
    deps.events.record({
      regarding: task,
      related: written,
      type: 'Normal',
      reason: 'LaunchAuthorized',
      action: 'Authorize',
      note: message,
    });
  }
}

/** Merges one entry into the Pod's annotation. Others may write it at the same time: the version that was read decides. */
async function deliver(
  client: Client,
  namespace: string,
  delivery: { readonly podUID: string; readonly podName: string; readonly entry: Parameters<typeof mergeDelivery>[1] },
  signal: AbortSignal,
): Promise<void> {
  for (let tries = 0; ; tries += 1) {
    const pod = await orAbsent(client.get(PODS, { namespace, name: delivery.podName }, { signal }));
    if (pod === undefined || pod.metadata.uid !== delivery.podUID) return;
    const before = pod.metadata.annotations?.[ANNOTATIONS.launchAuthorizations];
    const value = mergeDelivery(before, delivery.entry);
    if (value === before) return;
    try {
      await client.patch(
        PODS,
        { namespace, name: delivery.podName },
        {
          type: 'merge',
          body: {
            metadata: {
              uid: delivery.podUID,
              resourceVersion: pod.metadata.resourceVersion,
              annotations: { [ANNOTATIONS.launchAuthorizations]: value },
            },
          },
        },
        { signal },
      );
      return;
    } catch (error) {
      if (ApiError.is(error, 'NotFound')) return;
      if (!ApiError.is(error, 'Conflict') || tries >= 10) throw error;
    }
  }
}

async function orAbsent<T>(promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise;
  } catch (error) {
    if (ApiError.is(error, 'NotFound')) return undefined;
    throw error;
  }
}
