import { qualifiedNameProblems } from '../registry/metadata.ts';
import { fieldError, getOwn, type JsonObject, objectAt, stringAt } from '../schema/contract.ts';
import { eventColumns } from '../table/columns.ts';
import type { Kind, Strategy } from './kind.ts';

const core: [string, (event: JsonObject) => string][] = [
  ...['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'].map(
    (field): [string, (event: JsonObject) => string] => [
      `involvedObject.${field}`,
      (event) => stringAt(objectAt(event, 'involvedObject'), field) ?? '',
    ],
  ),
  ['reason', (event) => stringAt(event, 'reason') ?? ''],
  ['reportingComponent', (event) => stringAt(event, 'reportingComponent') ?? ''],
  [
    'source',
    (event) => stringAt(objectAt(event, 'source'), 'component') ?? stringAt(event, 'reportingComponent') ?? '',
  ],
  ['type', (event) => stringAt(event, 'type') ?? ''],
];

export const coreEventStrategy: Strategy = {
  allowCreateOnUpdate: true,
  columns: eventColumns,
  selectableFields: Object.fromEntries(core),
  // After ownership was told: what Go writes of empty fields belongs to nobody.
  prepareForCreate: (event) => fillEmpty(event),
  prepareForUpdate: (event) => fillEmpty(event),
  validate(event) {
    const namespace = stringAt(objectAt(event, 'metadata'), 'namespace') ?? '';
    const about = stringAt(objectAt(event, 'involvedObject'), 'namespace') ?? '';
    const expected = about === '' ? 'default' : about;
    const wrong = about === '' ? namespace !== 'default' && namespace !== 'kube-system' : namespace !== expected;
    return wrong ? [fieldError.invalid('involvedObject.namespace', about, 'does not match event.namespace')] : [];
  },
};

const noteLimit = 1024;

function fillEmpty(event: JsonObject): void {
  for (const field of ['source', 'involvedObject']) if (getOwn(event, field) === undefined) event[field] = {};
  for (const field of ['firstTimestamp', 'lastTimestamp', 'eventTime']) {
    if (getOwn(event, field) === undefined) event[field] = null;
  }
  for (const field of ['reportingComponent', 'reportingInstance']) {
    if (getOwn(event, field) === undefined) event[field] = '';
  }
}

/** The shape of events.k8s.io/v1; stored as core/v1. */
export const newEventStrategy: Strategy = {
  allowCreateOnUpdate: true,
  columns: eventColumns,
  selectableFields: {
    ...Object.fromEntries(
      core
        .filter(([name]) => !name.startsWith('involvedObject'))
        .map(([name, read]) => [name, (event: JsonObject) => read(toCoreEvent(event))]),
    ),
    ...Object.fromEntries(
      core
        .filter(([name]) => name.startsWith('involvedObject'))
        .map(([name, read]) => [
          name.replace('involvedObject', 'regarding'),
          (event: JsonObject) => read(toCoreEvent(event)),
        ]),
    ),
    reportingController: (event) => stringAt(event, 'reportingController') ?? '',
  },
  validate(event) {
    const out = [];
    const note = stringAt(event, 'note') ?? '';
    if (getOwn(event, 'eventTime') === undefined || getOwn(event, 'eventTime') === null) {
      out.push(fieldError.required('eventTime'));
    }
    const controller = stringAt(event, 'reportingController') ?? '';
    if (controller === '') out.push(fieldError.required('reportingController'));
    for (const text of qualifiedNameProblems(controller)) {
      out.push(fieldError.invalid('reportingController', controller, text));
    }
    if ((stringAt(event, 'reportingInstance') ?? '') === '') out.push(fieldError.required('reportingInstance'));
    if ((stringAt(event, 'action') ?? '') === '') out.push(fieldError.required('action'));
    if ((stringAt(event, 'reason') ?? '') === '') out.push(fieldError.required('reason'));
    const type = stringAt(event, 'type') ?? '';
    if (type !== 'Normal' && type !== 'Warning') {
      out.push(fieldError.invalid('type', '', `has invalid value: ${type}`));
    }
    if (Buffer.byteLength(note) > noteLimit) {
      out.push(fieldError.invalid('message', '', 'can have at most 1024 characters'));
    }
    return out;
  },
};

/** From the stored shape (core/v1) to events.k8s.io/v1. */
export function fromCoreEvent(event: JsonObject): JsonObject {
  const {
    involvedObject,
    message,
    source,
    firstTimestamp,
    lastTimestamp,
    count,
    reportingComponent,
    reportingInstance,
    ...rest
  } = event;
  return {
    ...rest,
    apiVersion: 'events.k8s.io/v1',
    ...(reportingComponent === undefined || reportingComponent === ''
      ? {}
      : { reportingController: reportingComponent }),
    ...(reportingInstance === undefined || reportingInstance === '' ? {} : { reportingInstance }),
    ...(involvedObject === undefined ? {} : { regarding: involvedObject }),
    ...(message === undefined ? {} : { note: message }),
    deprecatedSource: source ?? {},
    deprecatedFirstTimestamp: firstTimestamp ?? null,
    deprecatedLastTimestamp: lastTimestamp ?? null,
    ...(count === undefined ? {} : { deprecatedCount: count }),
  };
}

export function toCoreEvent(event: JsonObject): JsonObject {
  const {
    regarding,
    note,
    deprecatedSource,
    deprecatedFirstTimestamp,
    deprecatedLastTimestamp,
    deprecatedCount,
    reportingController,
    ...rest
  } = event;
  return {
    ...rest,
    apiVersion: 'v1',
    involvedObject: regarding ?? {},
    ...(note === undefined ? {} : { message: note }),
    source: deprecatedSource ?? {},
    firstTimestamp: deprecatedFirstTimestamp ?? null,
    lastTimestamp: deprecatedLastTimestamp ?? null,
    ...(deprecatedCount === undefined ? {} : { count: deprecatedCount }),
    reportingComponent: reportingController ?? '',
    reportingInstance: rest.reportingInstance ?? '',
  };
}

const newShapes = new WeakMap<JsonObject, JsonObject>();

/** Both shapes of one storage; the converted form of an object is made once. */
export const eventConversion: NonNullable<Kind['convert']> = {
  fromStorage(object) {
    let found = newShapes.get(object);
    if (found === undefined) {
      found = fromCoreEvent(object);
      newShapes.set(object, found);
    }
    return found;
  },
  toStorage: toCoreEvent,
};
