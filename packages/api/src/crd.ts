import type { CustomResourceDefinition, JSONSchemaProps } from '@hardpoint/kubernetes';
import * as z from 'zod';
import { flightTaskRules, flightTaskSpec, flightTaskStatus } from './flight-task.ts';
import { launchAuthorizationSpec, launchAuthorizationStatus } from './launch-authorization.ts';
import { GROUP, VERSION } from './names.ts';
import { decisions } from './scheduling-record.ts';
import type { Rule } from './structural.ts';
import { weaponSpec, weaponStatus } from './weapon.ts';
import { weaponPoolSpec, weaponPoolStatus } from './weapon-pool.ts';

/** Keys of a JSON Schema that a structural schema may keep. Others (`$schema`, `propertyNames`, …) are left out. */
const KEPT = new Set([
  'type',
  'format',
  'description',
  'default',
  'nullable',
  'enum',
  'pattern',
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minLength',
  'maxLength',
  'minItems',
  'maxItems',
  'minProperties',
  'maxProperties',
  'required',
]);

const INT32 = 2 ** 31 - 1;

type Json = Readonly<Record<string, unknown>>;

/** One node of zod's JSON Schema as Kubernetes wants it. */
function structural(node: Json): JSONSchemaProps {
  const out: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(node)) {
    if (KEPT.has(key) || key.startsWith('x-kubernetes-')) out[key] = value;
  }
  if (node['x-kubernetes-int-or-string'] === true) {
    delete out.type;
    return out;
  }
  if (node.type === 'integer') {
    if (out.minimum === Number.MIN_SAFE_INTEGER) delete out.minimum;
    if (out.maximum === Number.MAX_SAFE_INTEGER) delete out.maximum;
    const maximum = out.maximum;
    out.format = typeof maximum === 'number' && maximum <= INT32 ? 'int32' : 'int64';
  }
  if (node.items !== undefined) out.items = structural(node.items as Json);
  if (node.properties !== undefined) {
    out.properties = Object.fromEntries(
      Object.entries(node.properties as Record<string, Json>).map(([name, child]) => [name, structural(child)]),
    );
  }
  const rest = node.additionalProperties;
  if (typeof rest === 'object' && rest !== null) {
    // A loose object has properties and takes more; Kubernetes says that by a key of its own.
    if (node.properties === undefined) out.additionalProperties = structural(rest as Json);
    else out['x-kubernetes-preserve-unknown-fields'] = true;
  }
  return out;
}

function schemaOf(schema: z.ZodType, description: string): JSONSchemaProps {
  const json = z.toJSONSchema(schema, { target: 'openapi-3.0', io: 'input', reused: 'inline' });
  return { ...structural(json), description };
}

interface Column {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'date' | 'boolean' | 'number';
  readonly jsonPath: string;
  readonly description: string;
  /** 0 always, 1 with `-o wide`. */
  readonly priority?: 0 | 1;
}

const AGE: Column = {
  name: 'Age',
  type: 'date',
  jsonPath: '.metadata.creationTimestamp',
  description: 'Time since it was created.',
};

interface Definition {
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly description: string;
  /** Fields beside apiVersion, kind and metadata. */
  readonly fields: Readonly<Record<string, JSONSchemaProps>>;
  readonly required: readonly string[];
  readonly rules?: readonly Rule[];
  readonly columns: readonly Column[];
  readonly status: boolean;
  readonly scale?: { specReplicasPath: string; statusReplicasPath: string; labelSelectorPath: string };
  readonly selectable?: readonly string[];
}

/** metadata.name as a structural schema may bound it: a container is called `weapon-NAME`. */
const WEAPON_NAME_RULE: Rule = {
  rule: "self.metadata.name.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$') && self.metadata.name.size() <= 56",
  message: 'the name of a Weapon has at most 56 characters and no dots: its container is called weapon-NAME',
};

/** The task's name is a label's value, and with the attempt's number a Pod's name and host name. */
const TASK_NAME_RULE: Rule = {
  rule: 'self.metadata.name.size() <= 60',
  message: 'the name of a FlightTask has at most 60 characters: its Pod is called NAME-ATTEMPT',
};

function definitions(): readonly Definition[] {
  return [
    {
      kind: 'Weapon',
      plural: 'weapons',
      singular: 'weapon',
      shortNames: ['wpn'],
      description:
        'A weapon’s definition: image, versions, what it fits and how its simulator behaves. Read in namespace weapons.',
      fields: {
        spec: schemaOf(weaponSpec, 'What the weapon is.'),
        status: schemaOf(weaponStatus, 'What is known of it. Written by the operator.'),
      },
      required: ['spec'],
      rules: [WEAPON_NAME_RULE],
      columns: [
        { name: 'Version', type: 'string', jsonPath: '.spec.image.tag', description: 'Version new tasks get.' },
        { name: 'Current', type: 'string', jsonPath: '.status.currentVersion', description: 'Version that is out.' },
        {
          name: 'Instances',
          type: 'integer',
          jsonPath: '.status.instances',
          description: 'Instances of all versions.',
        },
        {
          name: 'Strategy',
          type: 'string',
          jsonPath: '.spec.updateStrategy.type',
          description: 'How it is updated.',
          priority: 1,
        },
        {
          name: 'Aircraft',
          type: 'string',
          jsonPath: '.spec.compatibility.aircraftTypes',
          description: 'Aircraft types it fits.',
          priority: 1,
        },
        {
          name: 'Hardpoints',
          type: 'string',
          jsonPath: '.spec.compatibility.hardpointTypes',
          description: 'Types of mount points it fits.',
          priority: 1,
        },
        { name: 'Repository', type: 'string', jsonPath: '.spec.image.repository', description: 'Image.', priority: 1 },
        AGE,
      ],
      status: true,
    },
    {
      kind: 'FlightTask',
      plural: 'flighttasks',
      singular: 'flighttask',
      shortNames: ['ft'],
      description: 'One mission of one aircraft with its stores.',
      fields: {
        spec: schemaOf(flightTaskSpec, 'What is to be flown. Immutable once status.podRef is set, recall excepted.'),
        status: schemaOf(flightTaskStatus, 'How it goes. Written by the operator.'),
      },
      required: ['spec'],
      rules: [TASK_NAME_RULE, ...flightTaskRules],
      columns: [
        { name: 'Phase', type: 'string', jsonPath: '.status.phase', description: 'Where the task stands.' },
        { name: 'Aircraft', type: 'string', jsonPath: '.status.aircraft', description: 'Node it flies on.' },
        { name: 'Ready', type: 'string', jsonPath: '.status.ready', description: 'Weapons ready of all.' },
        { name: 'Released', type: 'string', jsonPath: '.status.used', description: 'Stores released of all mounted.' },
        { name: 'Mission', type: 'string', jsonPath: '.status.missionPhase', description: 'Phase of the mission.' },
        { name: 'Reason', type: 'string', jsonPath: '.status.reason', description: 'Why it stands there.' },
        {
          name: 'Type',
          type: 'string',
          jsonPath: '.spec.aircraftRequirement.type',
          description: 'Aircraft type asked for.',
          priority: 1,
        },
        { name: 'Target', type: 'string', jsonPath: '.spec.targetZone', description: 'Zone of the task.', priority: 1 },
        {
          name: 'Fuel',
          type: 'integer',
          jsonPath: '.status.fuelLevel',
          description: 'Fuel last reported, percent.',
          priority: 1,
        },
        { name: 'Pod', type: 'string', jsonPath: '.status.podRef.name', description: 'The sortie’s Pod.', priority: 1 },
        { name: 'Message', type: 'string', jsonPath: '.status.message', description: 'For people.', priority: 1 },
        AGE,
      ],
      status: true,
      selectable: ['.status.phase', '.spec.aircraftRequirement.type'],
    },
    {
      kind: 'WeaponPool',
      plural: 'weaponpools',
      singular: 'weaponpool',
      shortNames: ['wp'],
      description: 'Weapons held ready in standby, to be borrowed by tasks of its namespace.',
      fields: {
        spec: schemaOf(weaponPoolSpec, 'What is held ready.'),
        status: schemaOf(weaponPoolStatus, 'What there is. Written by the operator.'),
      },
      required: ['spec'],
      columns: [
        { name: 'Weapon', type: 'string', jsonPath: '.spec.weaponRef.name', description: 'The weapon.' },
        { name: 'Desired', type: 'integer', jsonPath: '.spec.replicas', description: 'Instances asked for.' },
        { name: 'Ready', type: 'integer', jsonPath: '.status.ready', description: 'Ready and idle.' },
        { name: 'Borrowed', type: 'integer', jsonPath: '.status.borrowed', description: 'Lent.' },
        { name: 'Version', type: 'string', jsonPath: '.spec.version', description: 'Version held.', priority: 1 },
        AGE,
      ],
      status: true,
      scale: {
        specReplicasPath: '.spec.replicas',
        statusReplicasPath: '.status.replicas',
        labelSelectorPath: '.status.selector',
      },
    },
    {
      kind: 'LaunchAuthorization',
      plural: 'launchauthorizations',
      singular: 'launchauthorization',
      shortNames: ['la'],
      description:
        'A person’s word that a number of stores may be released by one task. Never changed, kept as the audit.',
      fields: {
        spec: schemaOf(launchAuthorizationSpec, 'What is authorised.'),
        status: schemaOf(launchAuthorizationStatus, 'What became of it. Written by the operator.'),
      },
      required: ['spec'],
      columns: [
        { name: 'Task', type: 'string', jsonPath: '.spec.taskRef.name', description: 'The task.' },
        { name: 'Weapon', type: 'string', jsonPath: '.spec.weapon', description: 'The weapon.' },
        { name: 'Count', type: 'integer', jsonPath: '.spec.count', description: 'Stores.' },
        { name: 'Phase', type: 'string', jsonPath: '.status.phase', description: 'Where it stands.' },
        { name: 'By', type: 'string', jsonPath: '.spec.requestedBy', description: 'Who authorised.' },
        {
          name: 'Expires',
          type: 'string',
          jsonPath: '.status.expiresAt',
          description: 'When the token expires.',
          priority: 1,
        },
        { name: 'Reason', type: 'string', jsonPath: '.status.reason', description: 'Why.', priority: 1 },
        { name: 'Message', type: 'string', jsonPath: '.status.message', description: 'For people.', priority: 1 },
        AGE,
      ],
      status: true,
      selectable: ['.spec.taskRef.name'],
    },
    {
      kind: 'SchedulingRecord',
      plural: 'schedulingrecords',
      singular: 'schedulingrecord',
      shortNames: ['sr'],
      description: 'The scheduler’s last decisions on the Pod of the same name.',
      fields: { decisions: schemaOf(decisions, 'The last decisions, newest last, at most ten.') },
      required: ['decisions'],
      columns: [
        {
          name: 'Selected',
          type: 'string',
          jsonPath: '.decisions[-1:].selected',
          description: 'Node of the last decision.',
        },
        {
          name: 'Message',
          type: 'string',
          jsonPath: '.decisions[-1:].message',
          description: 'Text of the last decision.',
          priority: 1,
        },
        AGE,
      ],
      status: false,
    },
  ];
}

function customResourceDefinition(definition: Definition): CustomResourceDefinition {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${definition.plural}.${GROUP}` },
    spec: {
      group: GROUP,
      scope: 'Namespaced',
      names: {
        kind: definition.kind,
        listKind: `${definition.kind}List`,
        plural: definition.plural,
        singular: definition.singular,
        shortNames: [...definition.shortNames],
        categories: ['hardpoint', 'airforce'],
      },
      versions: [
        {
          name: VERSION,
          served: true,
          storage: true,
          schema: {
            openAPIV3Schema: {
              type: 'object',
              description: definition.description,
              required: [...definition.required],
              properties: {
                apiVersion: { type: 'string', description: 'Version of the schema of this object.' },
                kind: { type: 'string', description: 'The kind of this object.' },
                metadata: { type: 'object' },
                ...definition.fields,
              },
              ...(definition.rules === undefined
                ? {}
                : { 'x-kubernetes-validations': definition.rules.map((rule) => ({ ...rule })) }),
            },
          },
          additionalPrinterColumns: definition.columns.map((column) => ({ ...column })),
          ...(definition.selectable === undefined
            ? {}
            : { selectableFields: definition.selectable.map((jsonPath) => ({ jsonPath })) }),
          subresources: {
            ...(definition.status ? { status: {} } : {}),
            ...(definition.scale === undefined ? {} : { scale: { ...definition.scale } }),
          },
        },
      ],
    },
  };
}

/** The CustomResourceDefinitions of all kinds, in the order of their importance. Fresh objects at each call. */
export function crds(): CustomResourceDefinition[] {
  return definitions().map(customResourceDefinition);
}
