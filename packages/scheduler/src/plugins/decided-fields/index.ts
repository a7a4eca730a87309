import { LABELS } from '@hardpoint/api';
import type { Pod } from '@hardpoint/kubernetes';
import { unresolvable } from '../../framework/status.ts';
import { noArgs, pluginFactory } from '../factory.ts';
import { AIRCRAFT_CAPABILITY } from '../names.ts';
import { NODE_AFFINITY } from '../node-affinity/index.ts';
import { NODE_RESOURCES_FIT } from '../node-resources-fit/index.ts';

export const DECIDED_FIELDS = 'DecidedFields';

/** The first field of a Pod that asks for something no enabled plugin decides; undefined where there is none. */
export function undecidedField(pod: Pod, enables: (plugin: string) => boolean): string | undefined {
  const { spec } = pod;
  for (const [index, volume] of (spec?.volumes ?? []).entries()) {
    if (volume.persistentVolumeClaim !== undefined) return `spec.volumes[${index}].persistentVolumeClaim`;
    if (volume.ephemeral !== undefined) return `spec.volumes[${index}].ephemeral`;
  }
  if ((spec?.topologySpreadConstraints ?? []).length > 0) return 'spec.topologySpreadConstraints';
  if (spec?.affinity?.podAffinity !== undefined) return 'spec.affinity.podAffinity';
  if (spec?.affinity?.podAntiAffinity !== undefined) return 'spec.affinity.podAntiAffinity';
  if ((spec?.resourceClaims ?? []).length > 0) return 'spec.resourceClaims';
  if (spec?.schedulingGroup !== undefined) return 'spec.schedulingGroup';
  if (!enables(NODE_AFFINITY)) {
    if (spec?.affinity?.nodeAffinity !== undefined) return 'spec.affinity.nodeAffinity';
    for (const key of Object.keys(spec?.nodeSelector ?? {}))
      if (key !== LABELS.aircraftType || !enables(AIRCRAFT_CAPABILITY)) return `spec.nodeSelector[${key}]`;
  }
  if (!enables(NODE_RESOURCES_FIT)) {
    for (const list of ['containers', 'initContainers'] as const)
      for (const [index, container] of (spec?.[list] ?? []).entries())
        if (Object.keys(container.resources?.requests ?? {}).length > 0)
          return `spec.${list}[${index}].resources.requests`;
    if (Object.keys(spec?.resources?.requests ?? {}).length > 0) return 'spec.resources.requests';
    if (Object.keys(spec?.overhead ?? {}).length > 0) return 'spec.overhead';
  }
  return undefined;
}

/** Refuses a Pod that asks for what no enabled plugin decides, naming the field (S3). Always on. */
export const decidedFields = pluginFactory<undefined>({
  name: DECIDED_FIELDS,
  points: ['preFilter'],
  args: noArgs,
  create: (_args, handle) => ({
    name: DECIDED_FIELDS,
    events: [{ resource: 'TargetPod' }],
    preFilter: (_state, { pod }) => {
      const field = undecidedField(pod, handle.enables);
      return field === undefined ? undefined : unresolvable(handle.texts.scheduler.unsupportedField(field));
    },
  }),
});
