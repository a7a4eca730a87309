import type { Container, ContainerState, ContainerStatus, Pod, PodStatus } from '@hardpoint/kubernetes';
import { secondTime } from '@hardpoint/machinery';
import type { ContainerRecord } from '../runtime/container-runtime.ts';
import { KUBELET_CONDITIONS, podConditions } from './pod-conditions.ts';
import { podPhase } from './pod-phase.ts';
import { qosClass } from './qos-class.ts';
import { initRestartsAfter, isSidecar, restartsAfter } from './restart-rule.ts';

/** Why a container that should be running is not: the reason and message of its waiting state. */
export interface StartFailure {
  readonly reason: string;
  readonly message: string;
}

/** What the probes say of one running container. */
export interface ProbeVerdict {
  /** The startup probe has passed, or there is none. */
  readonly started: boolean;
  readonly ready: boolean;
}

export interface StatusInput {
  /** As the API has it; `status` is what was last written or read. */
  readonly pod: Pod;
  /** The Pod's containers in the runtime, oldest first. */
  readonly records: readonly ContainerRecord[];
  readonly probe: (record: ContainerRecord) => ProbeVerdict;
  /** By container id. */
  readonly terminationMessage: (record: ContainerRecord) => string | undefined;
  /** By container name. */
  readonly failures: ReadonlyMap<string, StartFailure>;
  /** Nothing of the Pod runs and nothing will be started again. */
  readonly terminal: boolean;
  /** Volumes are mounted and the address is allotted. */
  readonly readyToStart: boolean;
  /** Set where the agent itself ends the Pod (deadline passed, not admitted). */
  readonly ended: { readonly reason: string; readonly message: string } | undefined;
  readonly containerId: (id: string) => string;
  readonly podIp: string | undefined;
  readonly hostIp: string;
  /** RFC 3339, whole seconds. */
  readonly startTime: string;
  readonly nowMs: number;
}

function stateOf(record: ContainerRecord, input: StatusInput): ContainerState {
  const { phase, spec } = record;
  if (phase.kind === 'running') return { running: { startedAt: secondTime(phase.startedAtMs) } };
  const message = phase.error ?? input.terminationMessage(record);
  return {
    terminated: {
      exitCode: phase.exitCode,
      reason: phase.error !== undefined ? 'StartError' : phase.exitCode === 0 ? 'Completed' : 'Error',
      ...(message === undefined || message === '' ? {} : { message }),
      startedAt: secondTime(phase.startedAtMs),
      finishedAt: secondTime(phase.finishedAtMs),
      containerID: input.containerId(spec.id),
    },
  };
}

function containerStatus(
  container: Container,
  kind: 'init' | 'main',
  input: StatusInput,
  old: ContainerStatus | undefined,
): ContainerStatus {
  const { pod } = input;
  const records = input.records.filter((record) => record.spec.container === container.name);
  const latest = records.at(-1);
  const before = records.at(-2);
  const mounts = (container.volumeMounts ?? []).map((mount) => ({
    name: mount.name,
    mountPath: mount.mountPath,
    ...(mount.readOnly === true ? { readOnly: true, recursiveReadOnly: 'Disabled' } : {}),
  }));
  const volumeMounts = mounts.length === 0 ? {} : { volumeMounts: mounts };
  const failure = input.failures.get(container.name);
  const hasInit = (pod.spec?.initContainers ?? []).length > 0;
  const waiting = (): ContainerState => ({
    waiting:
      failure === undefined
        ? { reason: hasInit ? 'PodInitializing' : 'ContainerCreating' }
        : { reason: failure.reason, message: failure.message },
  });

  if (latest === undefined) {
    if (old?.state?.terminated !== undefined) return old;
    let lastState = old?.lastState ?? {};
    let restartCount = old?.restartCount ?? 0;
    if (old?.state?.running !== undefined) {
      lastState = {
        terminated: {
          exitCode: 137,
          reason: 'ContainerStatusUnknown',
          message: 'The container could not be located when the pod was deleted.  The container used to be Running',
        },
      };
      if (pod.metadata?.deletionTimestamp === undefined) restartCount++;
    }
    return {
      name: container.name,
      image: container.image ?? '',
      imageID: '',
      ready: false,
      started: false,
      restartCount,
      lastState,
      state: waiting(),
      ...volumeMounts,
    };
  }

  let state = stateOf(latest, input);
  let lastState: ContainerState = before === undefined ? (old?.lastState ?? {}) : stateOf(before, input);
  const { phase } = latest;
  if (phase.kind === 'exited' && failure !== undefined && pod.metadata?.deletionTimestamp === undefined) {
    const { exitCode } = phase;
    const again =
      kind === 'main' || isSidecar(container)
        ? restartsAfter({ pod, container, exitCode })
        : initRestartsAfter({ pod, container, exitCode });
    if (again && !input.terminal) {
      lastState = state;
      state = { waiting: { reason: failure.reason, message: failure.message } };
    }
  }
  const probe = phase.kind === 'running' ? input.probe(latest) : { started: false, ready: false };
  const completed = kind === 'init' && !isSidecar(container) && state.terminated?.exitCode === 0;
  const resources = container.resources ?? {};
  return {
    name: container.name,
    image: container.image ?? '',
    imageID: latest.spec.imageId,
    containerID: input.containerId(latest.spec.id),
    restartCount: Math.max(latest.spec.attempt, 0),
    ready: kind === 'init' && !isSidecar(container) ? completed : probe.started && probe.ready,
    started: probe.started,
    state,
    lastState,
    ...(resources.requests === undefined ? {} : { allocatedResources: resources.requests }),
    resources,
    ...volumeMounts,
  };
}

/**
 * The status of a Pod from what runs, by the rules of a kubelet (generateAPIPodStatus, Kubernetes 1.37). Pure. A phase
 * that was terminal stays; conditions of other hands stay.
 */
export function podStatus(input: StatusInput): PodStatus {
  const { pod } = input;
  const previous = pod.status ?? {};
  const oldStatus = (name: string) =>
    [...(previous.initContainerStatuses ?? []), ...(previous.containerStatuses ?? [])].find(
      (status) => status.name === name,
    );
  const init = (pod.spec?.initContainers ?? []).map((each) =>
    containerStatus(each, 'init', input, oldStatus(each.name)),
  );
  const main = (pod.spec?.containers ?? [])
    .map((each) => containerStatus(each, 'main', input, oldStatus(each.name)))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const mainNames = new Set((pod.spec?.containers ?? []).map(({ name }) => name));
  const mainStarted = input.records.some(({ spec }) => mainNames.has(spec.container));

  let phase = podPhase({ pod, statuses: [...main, ...init], terminal: input.terminal, initialized: mainStarted });
  const running = input.records.some((record) => record.phase.kind === 'running');
  let { reason, message } = input.ended ?? {};
  if (input.ended !== undefined) phase = 'Failed';
  if (phase === 'Failed' || phase === 'Succeeded') {
    // A Pod is terminal only once nothing of it runs (mergePodStatus).
    if (running) {
      phase = previous.phase === 'Running' || mainStarted ? 'Running' : 'Pending';
      reason = undefined;
      message = undefined;
    }
  }
  if (previous.phase === 'Failed' || previous.phase === 'Succeeded') phase = previous.phase;
  if (phase === previous.phase) {
    reason ??= previous.reason;
    message ??= previous.message;
  }

  const conditions = podConditions({
    pod,
    statuses: [...init, ...main],
    phase,
    readyToStart: input.readyToStart,
    previous: previous.conditions ?? [],
    now: secondTime(input.nowMs),
  });
  const others = (previous.conditions ?? []).filter(({ type }) => !KUBELET_CONDITIONS.includes(type));
  const generation = pod.metadata?.generation;
  return {
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    phase,
    ...(reason === undefined ? {} : { reason }),
    ...(message === undefined ? {} : { message }),
    conditions: [...others, ...conditions],
    hostIP: input.hostIp,
    hostIPs: [{ ip: input.hostIp }],
    ...(input.podIp === undefined ? {} : { podIP: input.podIp, podIPs: [{ ip: input.podIp }] }),
    startTime: previous.startTime ?? input.startTime,
    ...(init.length === 0 ? {} : { initContainerStatuses: init }),
    containerStatuses: main,
    qosClass: previous.qosClass ?? qosClass(pod),
  };
}
