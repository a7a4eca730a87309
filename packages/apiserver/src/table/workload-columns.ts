import { numberAt, objectsAt } from '../kinds/fields.ts';
import type { Column } from '../kinds/kind.ts';
import { getOwn, type JsonObject, objectAt, stringAt } from '../schema/contract.ts';
import { humanDuration } from './age.ts';
import { ageColumn, nameColumn } from './plain-columns.ts';

const spec =
  (field: string) =>
  (object: JsonObject): number =>
    numberAt(objectAt(object, 'spec'), field) ?? 0;
const status =
  (field: string) =>
  (object: JsonObject): number =>
    numberAt(objectAt(object, 'status'), field) ?? 0;
const integer = (name: string, cell: (object: JsonObject) => number): Column => ({ name, type: 'string', cell });
const text = (name: string, cell: Column['cell'], priority = 0): Column => ({ name, type: 'string', priority, cell });

function containers(object: JsonObject): JsonObject[] {
  return objectsAt(objectAt(objectAt(objectAt(object, 'spec'), 'template'), 'spec'), 'containers');
}

/** `a=b,c in (d)`: a LabelSelector as text. */
function selectorText(object: JsonObject): string {
  const selector = objectAt(objectAt(object, 'spec'), 'selector');
  const terms = Object.entries(objectAt(selector, 'matchLabels'))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${String(value)}`);
  for (const expression of objectsAt(selector, 'matchExpressions')) {
    const values = Array.isArray(expression.values) ? expression.values.join(',') : '';
    if (expression.operator === 'In') terms.push(`${String(expression.key)} in (${values})`);
    else if (expression.operator === 'NotIn') terms.push(`${String(expression.key)} notin (${values})`);
    else terms.push(`${expression.operator === 'DoesNotExist' ? '!' : ''}${String(expression.key)}`);
  }
  return terms.length === 0 ? '<none>' : terms.join(',');
}

const wide: readonly Column[] = [
  text(
    'Containers',
    (object) =>
      containers(object)
        .map((container) => stringAt(container, 'name'))
        .join(','),
    1,
  ),
  text(
    'Images',
    (object) =>
      containers(object)
        .map((container) => stringAt(container, 'image'))
        .join(','),
    1,
  ),
  text('Selector', selectorText, 1),
];

export const deploymentColumns: readonly Column[] = [
  nameColumn,
  text('Ready', (object) => `${status('readyReplicas')(object)}/${spec('replicas')(object)}`),
  integer('Up-to-date', status('updatedReplicas')),
  integer('Available', status('availableReplicas')),
  ageColumn,
  ...wide,
];

export const replicaSetColumns: readonly Column[] = [
  nameColumn,
  integer('Desired', spec('replicas')),
  integer('Current', status('replicas')),
  integer('Ready', status('readyReplicas')),
  ageColumn,
  ...wide,
];

export const statefulSetColumns: readonly Column[] = [
  nameColumn,
  text('Ready', (object) => `${status('readyReplicas')(object)}/${spec('replicas')(object)}`),
  ageColumn,
  ...wide.slice(0, 2),
];

export const daemonSetColumns: readonly Column[] = [
  nameColumn,
  integer('Desired', status('desiredNumberScheduled')),
  integer('Current', status('currentNumberScheduled')),
  integer('Ready', status('numberReady')),
  integer('Up-to-date', status('updatedNumberScheduled')),
  integer('Available', status('numberAvailable')),
  text('Node Selector', (object) => {
    const selector = objectAt(objectAt(objectAt(objectAt(object, 'spec'), 'template'), 'spec'), 'nodeSelector');
    const terms = Object.entries(selector).map(([key, value]) => `${key}=${String(value)}`);
    return terms.length === 0 ? '<none>' : terms.join(',');
  }),
  ageColumn,
  ...wide,
];

export const jobColumns: readonly Column[] = [
  nameColumn,
  text('Status', (object) => {
    const conditions = objectsAt(objectAt(object, 'status'), 'conditions').filter((each) => each.status === 'True');
    const has = (type: string): boolean => conditions.some((each) => each.type === type);
    if (has('Complete')) return 'Complete';
    if (has('Failed')) return 'Failed';
    if (getOwn(objectAt(object, 'metadata'), 'deletionTimestamp') !== undefined) return 'Terminating';
    if (has('Suspended')) return 'Suspended';
    if (has('FailureTarget')) return 'FailureTarget';
    return has('SuccessCriteriaMet') ? 'SuccessCriteriaMet' : 'Running';
  }),
  text('Completions', (object) => {
    const completions = numberAt(objectAt(object, 'spec'), 'completions');
    const done = status('succeeded')(object);
    if (completions !== undefined) return `${done}/${completions}`;
    const parallel = spec('parallelism')(object);
    return parallel > 1 ? `${done}/1 of ${parallel}` : `${done}/1`;
  }),
  text('Duration', (object, now) => {
    const start = stringAt(objectAt(object, 'status'), 'startTime');
    if (start === undefined) return '';
    const end = stringAt(objectAt(object, 'status'), 'completionTime');
    return humanDuration((end === undefined ? now : Date.parse(end)) - Date.parse(start));
  }),
  ageColumn,
  ...wide,
];
