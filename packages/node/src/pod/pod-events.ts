import type { Container, ObjectReference, Pod } from '@hardpoint/kubernetes';
import type { EventRecorder } from '@hardpoint/machinery';

/** Events about a Pod or one of its containers, worded as a kubelet's. */
export interface PodEvents {
  pod(type: 'Normal' | 'Warning', reason: string, note: string): void;
  container(container: Container, type: 'Normal' | 'Warning', reason: string, note: string): void;
}

/** `name_namespace(uid)`: how a kubelet names a Pod in messages. */
export function podLabel(pod: Pod): string {
  return `${pod.metadata?.name}_${pod.metadata?.namespace}(${pod.metadata?.uid})`;
}

const ACTIONS: Readonly<Record<string, string>> = {
  Pulling: 'Pull',
  Pulled: 'Pull',
  Created: 'Create',
  Started: 'Start',
  Killing: 'Stop',
  Unhealthy: 'Probe',
  FailedMount: 'Mount',
};

export function createPodEvents(options: { readonly recorder: EventRecorder; readonly pod: () => Pod }): PodEvents {
  const { recorder } = options;
  const reference = (fieldPath?: string): ObjectReference => {
    const { metadata } = options.pod();
    return {
      apiVersion: 'v1',
      kind: 'Pod',
      namespace: metadata?.namespace,
      name: metadata?.name,
      uid: metadata?.uid,
      resourceVersion: metadata?.resourceVersion,
      ...(fieldPath === undefined ? {} : { fieldPath }),
    };
  };
  const record = (regarding: ObjectReference, type: 'Normal' | 'Warning', reason: string, note: string): void =>
    recorder.record({ regarding, type, reason, action: ACTIONS[reason] ?? 'Sync', note });
  return {
    pod: (type, reason, note) => record(reference(), type, reason, note),
    container({ name }, type, reason, note) {
      const init = options.pod().spec?.initContainers?.some((each) => each.name === name) === true;
      record(reference(`spec.${init ? 'initContainers' : 'containers'}{${name}}`), type, reason, note);
    },
  };
}
