import { unresolvable } from '../../framework/status.ts';
import { noArgs, pluginFactory } from '../factory.ts';

export const NODE_NAME = 'NodeName';

/** A Pod that names its Node fits there only. */
export const nodeName = pluginFactory<undefined>({
  name: NODE_NAME,
  points: ['filter'],
  args: noArgs,
  create: () => ({
    name: NODE_NAME,
    events: [{ resource: 'Node', actions: ['add'] }],
    filter: (_state, { pod }, node) =>
      pod.spec?.nodeName === undefined || pod.spec.nodeName === '' || pod.spec.nodeName === node.name
        ? undefined
        : unresolvable("node(s) didn't match the requested node name"),
  }),
});
