import { getOwn, type JsonObject, objectAt, stringAt } from '../schema/contract.ts';
import { podColumns } from '../table/pod-columns.ts';
import { ensureObject, nullTimes, numberAt, objectsAt } from './fields.ts';
import type { Strategy } from './kind.ts';
import { defaultPodSpec, qosClass } from './pod-defaults.ts';
import { podSpecErrors, podUpdateErrors } from './pod-validation.ts';

export const podStrategy: Strategy = {
  generation: 'spec',
  returnsDeleted: true,
  columns: podColumns,
  defaults(pod) {
    const spec = ensureObject(pod, 'spec');
    defaultPodSpec(spec);
    if (getOwn(spec, 'enableServiceLinks') === undefined) spec.enableServiceLinks = true;
  },
  prepareForCreate(pod) {
    const spec = objectAt(pod, 'spec');
    pod.status = { phase: 'Pending', qosClass: qosClass(spec) };
    if (objectsAt(spec, 'schedulingGates').length > 0) {
      pod.status.conditions = [
        {
          type: 'PodScheduled',
          status: 'False',
          reason: 'SchedulingGated',
          message: 'Scheduling is blocked due to non-empty scheduling gates',
          lastProbeTime: null,
          lastTransitionTime: null,
        },
      ];
    }
  },
  prepareForStatusUpdate(pod, live) {
    const status = ensureObject(pod, 'status');
    nullTimes(objectsAt(status, 'conditions'), 'lastProbeTime');
    if (getOwn(status, 'qosClass') === undefined) status.qosClass = qosClass(objectAt(live, 'spec'));
    // A deletion under way cannot be taken back through the status.
    const metadata = ensureObject(pod, 'metadata');
    const old = objectAt(live, 'metadata');
    const at = getOwn(old, 'deletionTimestamp');
    if (at !== undefined) metadata.deletionTimestamp = at;
    const grace = getOwn(old, 'deletionGracePeriodSeconds');
    if (grace !== undefined) metadata.deletionGracePeriodSeconds = grace;
  },
  validate: (pod) => podSpecErrors(objectAt(pod, 'spec'), 'spec'),
  validateUpdate: (pod, live) => [...podSpecErrors(objectAt(pod, 'spec'), 'spec'), ...podUpdateErrors(pod, live)],
  gracePeriodSeconds(pod, requested) {
    const spec = objectAt(pod, 'spec');
    const status = objectAt(pod, 'status');
    // A Pod that never reached a node, or has ended, needs no grace.
    if ((stringAt(spec, 'nodeName') ?? '') === '') return 0;
    const phase = stringAt(status, 'phase');
    if (phase === 'Failed' || phase === 'Succeeded') return 0;
    const seconds = requested ?? numberAt(spec, 'terminationGracePeriodSeconds') ?? 30;
    return seconds < 0 ? 1 : seconds;
  },
  selectableFields: {
    'spec.nodeName': (pod) => spec(pod, 'nodeName'),
    'spec.restartPolicy': (pod) => spec(pod, 'restartPolicy'),
    'spec.schedulerName': (pod) => spec(pod, 'schedulerName'),
    'spec.serviceAccountName': (pod) => spec(pod, 'serviceAccountName'),
    'spec.hostNetwork': (pod) => String(getOwn(objectAt(pod, 'spec'), 'hostNetwork') === true),
    'status.phase': (pod) => stringAt(objectAt(pod, 'status'), 'phase') ?? '',
    'status.podIP': (pod) => stringAt(objectAt(pod, 'status'), 'podIP') ?? '',
    'status.nominatedNodeName': (pod) => stringAt(objectAt(pod, 'status'), 'nominatedNodeName') ?? '',
  },
};

function spec(pod: JsonObject, field: string): string {
  return stringAt(objectAt(pod, 'spec'), field) ?? '';
}
