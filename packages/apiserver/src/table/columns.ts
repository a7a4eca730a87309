import { booleanAt, numberAt, objectsAt, stringsAt } from '../kinds/fields.ts';
import type { Column } from '../kinds/kind.ts';
import { getOwn, type JsonObject, objectAt, stringAt } from '../schema/contract.ts';
import { age } from './age.ts';
import { ageColumn, nameColumn } from './plain-columns.ts';

const text = (name: string, read: (object: JsonObject, now: number) => string, priority = 0): Column => ({
  name,
  type: 'string',
  priority,
  cell: read,
});
const integer = (name: string, read: (object: JsonObject) => number): Column => ({ name, type: 'string', cell: read });

const size = (object: JsonObject, field: string): number => Object.keys(objectAt(object, field)).length;

export const configMapColumns: readonly Column[] = [
  nameColumn,
  integer('Data', (object) => size(object, 'data') + size(object, 'binaryData')),
  ageColumn,
];

export const secretColumns: readonly Column[] = [
  nameColumn,
  text('Type', (object) => stringAt(object, 'type') ?? ''),
  integer('Data', (object) => size(object, 'data')),
  ageColumn,
];

export const serviceAccountColumns: readonly Column[] = [nameColumn, ageColumn];

export const namespaceColumns: readonly Column[] = [
  nameColumn,
  text('Status', (object) => stringAt(objectAt(object, 'status'), 'phase') ?? ''),
  ageColumn,
];

function nodeStatus(node: JsonObject): string {
  const ready = objectsAt(objectAt(node, 'status'), 'conditions').find(({ type }) => type === 'Ready');
  const words = [ready === undefined ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady'];
  if (booleanAt(objectAt(node, 'spec'), 'unschedulable')) words.push('SchedulingDisabled');
  return words.join(',');
}

function nodeRoles(node: JsonObject): string {
  const prefix = 'node-role.kubernetes.io/';
  const roles: string[] = [];
  for (const [key, value] of Object.entries(objectAt(objectAt(node, 'metadata'), 'labels'))) {
    if (key.startsWith(prefix) && key.length > prefix.length) roles.push(key.slice(prefix.length));
    else if (key === 'kubernetes.io/role' && typeof value === 'string' && value !== '') roles.push(value);
  }
  return roles.length === 0 ? '<none>' : [...new Set(roles)].sort().join(',');
}

const address =
  (type: string) =>
  (node: JsonObject): string =>
    stringAt(
      objectsAt(objectAt(node, 'status'), 'addresses').find((each) => each.type === type),
      'address',
    ) ?? '<none>';

const info =
  (field: string, missing: string) =>
  (node: JsonObject): string => {
    const value = stringAt(objectAt(objectAt(node, 'status'), 'nodeInfo'), field) ?? '';
    return value === '' ? missing : value;
  };

export const nodeColumns: readonly Column[] = [
  nameColumn,
  text('Status', nodeStatus),
  text('Roles', nodeRoles),
  ageColumn,
  text('Version', info('kubeletVersion', '')),
  text('Internal-IP', address('InternalIP'), 1),
  text('External-IP', address('ExternalIP'), 1),
  text('OS-Image', info('osImage', '<unknown>'), 1),
  text('Kernel-Version', info('kernelVersion', '<unknown>'), 1),
  text('Container-Runtime', info('containerRuntimeVersion', '<unknown>'), 1),
];

/** An Event of either shape, read in core/v1's words. */
function eventView(event: JsonObject) {
  const about = objectAt(event, event.regarding === undefined ? 'involvedObject' : 'regarding');
  const series = objectAt(event, 'series');
  const hasSeries = getOwn(event, 'series') !== undefined;
  const eventTime = stringAt(event, 'eventTime');
  const firstSeen = stringAt(event, 'firstTimestamp') ?? stringAt(event, 'deprecatedFirstTimestamp') ?? eventTime;
  const lastSeen = hasSeries
    ? stringAt(series, 'lastObservedTime')
    : (stringAt(event, 'lastTimestamp') ?? stringAt(event, 'deprecatedLastTimestamp') ?? firstSeen);
  const count = hasSeries
    ? (numberAt(series, 'count') ?? 1)
    : Math.max(1, numberAt(event, 'count') ?? numberAt(event, 'deprecatedCount') ?? 1);
  return { about, firstSeen, lastSeen, count };
}

function eventSource(event: JsonObject): string {
  const source = objectAt(event, event.deprecatedSource === undefined ? 'source' : 'deprecatedSource');
  const component = stringAt(source, 'component') ?? '';
  const host = stringAt(source, 'host') ?? '';
  const reporter = stringAt(event, 'reportingComponent') ?? stringAt(event, 'reportingController') ?? '';
  const instance = stringAt(event, 'reportingInstance') ?? '';
  const first = component === '' ? reporter : component;
  const second = host === '' ? instance : host;
  return second === '' ? first : `${first}, ${second}`;
}

export const eventColumns: readonly Column[] = [
  text('Last Seen', (event, now) => age(eventView(event).lastSeen, now)),
  text('Type', (event) => stringAt(event, 'type') ?? ''),
  text('Reason', (event) => stringAt(event, 'reason') ?? ''),
  text('Object', (event) => {
    const { about } = eventView(event);
    const kind = (stringAt(about, 'kind') ?? '').toLowerCase();
    const name = stringAt(about, 'name') ?? '';
    return name === '' ? kind : `${kind}/${name}`;
  }),
  text('Subobject', (event) => stringAt(eventView(event).about, 'fieldPath') ?? '', 1),
  text('Source', eventSource, 1),
  text('Message', (event) => (stringAt(event, 'message') ?? stringAt(event, 'note') ?? '').trim()),
  text('First Seen', (event, now) => age(eventView(event).firstSeen, now), 1),
  { name: 'Count', type: 'string', priority: 1, cell: (event) => eventView(event).count },
  { ...nameColumn, priority: 1 },
];

export const leaseColumns: readonly Column[] = [
  nameColumn,
  text('Holder', (lease) => stringAt(objectAt(lease, 'spec'), 'holderIdentity') ?? ''),
  ageColumn,
];

const joined = (values: readonly string[]): string => (values.length === 0 ? '<none>' : values.join(','));

export const serviceColumns: readonly Column[] = [
  nameColumn,
  text('Type', (service) => stringAt(objectAt(service, 'spec'), 'type') ?? ''),
  text('Cluster-IP', (service) => stringAt(objectAt(service, 'spec'), 'clusterIP') ?? '<none>'),
  text('External-IP', (service) => joined(stringsAt(objectAt(service, 'spec'), 'externalIPs'))),
  text('Port(s)', (service) =>
    joined(
      objectsAt(objectAt(service, 'spec'), 'ports').map((port) => {
        const nodePort = numberAt(port, 'nodePort') ?? 0;
        const number = numberAt(port, 'port') ?? 0;
        return nodePort > 0 ? `${number}:${nodePort}/${String(port.protocol)}` : `${number}/${String(port.protocol)}`;
      }),
    ),
  ),
  ageColumn,
  text(
    'Selector',
    (service) =>
      joined(
        Object.entries(objectAt(objectAt(service, 'spec'), 'selector')).map(
          ([key, value]) => `${key}=${String(value)}`,
        ),
      ),
    1,
  ),
];

export const roleBindingColumns: readonly Column[] = [
  nameColumn,
  text(
    'Role',
    (binding) => `${String(objectAt(binding, 'roleRef').kind)}/${String(objectAt(binding, 'roleRef').name)}`,
  ),
  ageColumn,
  ...(['User', 'Group', 'ServiceAccount'] as const).map((kind) =>
    text(
      `${kind}s`,
      (binding) =>
        objectsAt(binding, 'subjects')
          .filter((subject) => subject.kind === kind)
          .map(({ name, namespace }) =>
            kind === 'ServiceAccount' ? `${String(namespace)}/${String(name)}` : String(name),
          )
          .join(', '),
      1,
    ),
  ),
];

/** Roles show their creation as it is written, as kube-apiserver's printer does. */
export const roleColumns: readonly Column[] = [
  nameColumn,
  { name: 'Created At', type: 'date', cell: (role) => stringAt(objectAt(role, 'metadata'), 'creationTimestamp') ?? '' },
];

export const webhookColumns: readonly Column[] = [
  nameColumn,
  integer('Webhooks', (configuration) => objectsAt(configuration, 'webhooks').length),
  ageColumn,
];

export const definitionColumns: readonly Column[] = [
  nameColumn,
  { name: 'Created At', type: 'date', cell: (crd) => stringAt(objectAt(crd, 'metadata'), 'creationTimestamp') ?? '' },
];

export const disruptionBudgetColumns: readonly Column[] = [
  nameColumn,
  text('Min Available', (budget) => String(getOwn(objectAt(budget, 'spec'), 'minAvailable') ?? 'N/A')),
  text('Max Unavailable', (budget) => String(getOwn(objectAt(budget, 'spec'), 'maxUnavailable') ?? 'N/A')),
  integer('Allowed Disruptions', (budget) => numberAt(objectAt(budget, 'status'), 'disruptionsAllowed') ?? 0),
  ageColumn,
];

export const priorityClassColumns: readonly Column[] = [
  nameColumn,
  integer('Value', (object) => numberAt(object, 'value') ?? 0),
  { name: 'Global-Default', type: 'boolean', cell: (object) => booleanAt(object, 'globalDefault') },
  ageColumn,
  text('PreemptionPolicy', (object) => stringAt(object, 'preemptionPolicy') ?? ''),
];
