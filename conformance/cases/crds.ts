import { type Case, del, get, patch, post, put, type Step, table } from '../case.ts';

const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

const specSchema = {
  type: 'object',
  required: ['size'],
  properties: {
    size: { type: 'integer', minimum: 1, maximum: 10 },
    mode: { type: 'string', enum: ['on', 'off'], default: 'on' },
    name: { type: 'string', minLength: 2, maxLength: 5, pattern: '^[a-z]+$' },
    tags: { type: 'array', maxItems: 2, items: { type: 'string' }, 'x-kubernetes-list-type': 'set' },
    ports: {
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
      items: {
        type: 'object',
        required: ['name'],
        properties: { name: { type: 'string' }, port: { type: 'integer', default: 80 } },
      },
    },
    limit: { 'x-kubernetes-int-or-string': true },
    free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    map: { type: 'object', additionalProperties: { type: 'integer' } },
    nothing: { type: 'string', nullable: true },
    ratio: { type: 'number' },
    when: { type: 'string', format: 'date-time' },
    fixed: {
      type: 'string',
      'x-kubernetes-validations': [{ rule: 'self == oldSelf', message: 'fixed may not change' }],
    },
  },
  'x-kubernetes-validations': [
    { rule: "!has(self.name) || self.name != 'bad' || self.size > 3", message: 'a bad one needs size above 3' },
    {
      rule: 'self.size != 7',
      messageExpression: "self.size > 6 ? 'seven is out' : 'never said'",
      reason: 'FieldValueForbidden',
      fieldPath: '.size',
    },
  ],
};

const definition = (changes: object = {}, versionChanges: object = {}): object => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'things.{id}.example.com' },
  spec: {
    group: '{id}.example.com',
    scope: 'Namespaced',
    names: { plural: 'things', singular: 'thing', kind: 'Thing', shortNames: ['th'], categories: ['all'] },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: { status: {}, scale: { specReplicasPath: '.spec.size', statusReplicasPath: '.status.size' } },
        additionalPrinterColumns: [
          { name: 'Size', type: 'integer', jsonPath: '.spec.size', description: 'how big' },
          { name: 'Mode', type: 'string', jsonPath: '.spec.mode', priority: 1 },
          { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
          { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
        ],
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: { spec: specSchema, status: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
          },
        },
        ...versionChanges,
      },
    ],
    ...changes,
  },
});

const THINGS = '/apis/{id}.example.com/v1/namespaces/{ns}/things';
const A = `${THINGS}/a`;
const thing = (spec: object, metadata: object = {}): object => ({
  apiVersion: '{id}.example.com/v1',
  kind: 'Thing',
  metadata: { name: 'a', ...metadata },
  spec,
});
/** The definition, and a wait until it is served. */
const ready: readonly Step[] = [post(CRDS, definition()), get(`${THINGS}`, { untilStatus: 200, silent: true })];
const after = (name: string, ...steps: readonly Step[]): Case => ({
  name: `crd: ${name}`,
  steps: [...ready, ...steps],
});

const invalid: readonly (readonly [string, object])[] = [
  ['a missing field', {}],
  ['a wrong type', { size: 'x' }],
  ['below the minimum, above the maximum', { size: 0, ratio: 'x' }],
  ['not in the enumeration', { size: 1, mode: 'odd' }],
  ['lengths and patterns', { size: 1, name: 'A' }],
  ['too many items', { size: 1, tags: ['a', 'b', 'c'] }],
  ['twice in a set', { size: 1, tags: ['a', 'a'] }],
  ['twice the same key', { size: 1, ports: [{ name: 'a' }, { name: 'a' }] }],
  ['a missing key', { size: 1, ports: [{ port: 1 }] }],
  ['a null', { size: null }],
  ['a null where one may be', { size: 1, nothing: null }],
  ['a float for an integer', { size: 1.5 }],
  ['a time that is none', { size: 1, when: 'yesterday' }],
  ['values of a map', { size: 1, map: { a: 1, b: 'x' } }],
  ['a rule', { size: 1, name: 'bad' }],
  ['a rule with an expression as message', { size: 7 }],
  ['several at once', { size: 11, mode: 'odd', name: 'toolong' }],
];

const broken: readonly (readonly [string, object])[] = [
  ['another name', { ...(definition() as object), metadata: { name: 'others.{id}.example.com' } }],
  ['no schema', definition({}, { schema: undefined })],
  [
    'two that are stored',
    definition({
      versions: ['v1', 'v2'].map((name) => ({
        name,
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object' } },
      })),
    }),
  ],
  [
    'a schema without types',
    definition({}, { schema: { openAPIV3Schema: { properties: { spec: { properties: { a: {} } } } } } }),
  ],
  [
    'a default that does not fit',
    definition(
      {},
      {
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: { spec: { type: 'object', properties: { a: { type: 'integer', default: 'x' } } } },
          },
        },
      },
    ),
  ],
  [
    'a rule that does not compile',
    definition(
      {},
      {
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: {
                type: 'object',
                properties: { a: { type: 'integer' } },
                'x-kubernetes-validations': [{ rule: 'self.b > 1' }],
              },
            },
          },
        },
      },
    ),
  ],
  [
    'a rule of another type',
    definition(
      {},
      {
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: {
                type: 'object',
                properties: { a: { type: 'integer' } },
                'x-kubernetes-validations': [{ rule: 'self.a + 1' }],
              },
            },
          },
        },
      },
    ),
  ],
  [
    'a rule that costs too much',
    definition(
      {},
      {
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: {
                type: 'object',
                properties: { list: { type: 'array', items: { type: 'string' } } },
                'x-kubernetes-validations': [{ rule: 'self.list.all(a, self.list.all(b, a != b))' }],
              },
            },
          },
        },
      },
    ),
  ],
  ['kind in lower case', definition({ names: { plural: 'things', kind: 'thing not' } })],
  ['scope', definition({ scope: 'Odd' })],
  ['a printer column', definition({}, { additionalPrinterColumns: [{ name: 'X', type: 'odd', jsonPath: 'x' }] })],
];

export const crds: readonly Case[] = [
  {
    name: 'crd: create and become established',
    steps: [post(CRDS, definition()), get(THINGS, { untilStatus: 200 }), get(`${CRDS}/things.{id}.example.com`)],
  },
  after('discovery', get('/apis/{id}.example.com'), get('/apis/{id}.example.com/v1')),
  after(
    'defaults and pruning',
    post(THINGS, thing({ size: 1, unknown: 1, ports: [{ name: 'a' }], free: { any: [1] } })),
    get(A),
  ),
  after('defaults in place of nulls', post(THINGS, thing({ size: 1, mode: null }))),
  after(
    'unknown fields: strict',
    post(
      `${THINGS}?fieldValidation=Strict`,
      thing({ size: 1, unknown: 1, ports: [{ name: 'a', odd: 1 }] }, { odd: 1 }),
    ),
  ),
  after('unknown fields: warned of', post(`${THINGS}?fieldValidation=Warn`, thing({ size: 1, unknown: 1 }))),
  after('unknown fields: ignored', post(`${THINGS}?fieldValidation=Ignore`, thing({ size: 1, unknown: 1 }))),
  after(
    'int or string',
    post(THINGS, thing({ size: 1, limit: '50%' })),
    patch(A, 'merge', { spec: { limit: 5 } }),
    patch(A, 'merge', { spec: { limit: true } }),
  ),
  ...invalid.map(([what, spec]) => after(`invalid: ${what}`, post(THINGS, thing(spec)))),
  after(
    'a rule over the old value',
    post(THINGS, thing({ size: 1, fixed: 'a' }), { silent: true }),
    patch(A, 'merge', { spec: { fixed: 'b' } }),
    patch(A, 'merge', { spec: { size: 2 } }),
  ),
  after(
    'what was invalid before may stay',
    post(THINGS, thing({ size: 4, name: 'bad' }), { silent: true }),
    patch(A, 'merge', { spec: { size: 2 } }),
    patch(A, 'merge', { metadata: { labels: { a: 'b' } } }),
  ),
  after(
    'status apart',
    post(THINGS, { ...thing({ size: 1 }), status: { size: 9 } }),
    put(`${A}/status`, {
      ...thing({ size: 5 }, { resourceVersion: '{{2.body.metadata.resourceVersion}}' }),
      status: { size: 3 },
    }),
    get(A),
    patch(`${A}/status`, 'merge', { status: { conditions: [{ type: 'Ready', status: 'True' }] } }),
  ),
  after(
    'generation',
    post(THINGS, thing({ size: 1 })),
    patch(A, 'merge', { spec: { size: 2 } }),
    patch(A, 'merge', { metadata: { labels: { a: 'b' } } }),
    patch(`${A}/status`, 'merge', { status: { x: 1 } }),
  ),
  after(
    'scale',
    post(THINGS, thing({ size: 2 }), { silent: true }),
    get(`${A}/scale`),
    patch(`${A}/scale`, 'merge', { spec: { replicas: 4 } }),
    get(A),
  ),
  after(
    'printer columns',
    post(THINGS, thing({ size: 2 }), { silent: true }),
    table(THINGS),
    table(A),
    patch(`${A}/status`, 'merge', { status: { conditions: [{ type: 'Ready', status: 'True' }] } }, { silent: true }),
    table(THINGS),
  ),
  after('update needs a version', post(THINGS, thing({ size: 2 }), { silent: true }), put(A, thing({ size: 3 }))),
  after(
    'update',
    post(THINGS, thing({ size: 2 }), { silent: true }),
    put(A, thing({ size: 3 }, { resourceVersion: '{{2.body.metadata.resourceVersion}}' })),
    put(A, thing({ size: 4 }, { resourceVersion: '{{2.body.metadata.resourceVersion}}' })),
  ),
  after(
    'json patch',
    post(THINGS, thing({ size: 2 }), { silent: true }),
    patch(A, 'json', [{ op: 'replace', path: '/spec/size', value: 5 }]),
    patch(A, 'json', [{ op: 'add', path: '/spec/odd', value: 5 }]),
  ),
  after(
    'strategic patches are not read',
    post(THINGS, thing({ size: 2 }), { silent: true }),
    patch(A, 'strategic', { spec: { size: 3 } }),
  ),
  after(
    'apply',
    patch(`${A}?fieldManager=one`, 'apply', thing({ size: 2, ports: [{ name: 'a', port: 1 }] })),
    patch(`${A}?fieldManager=two`, 'apply', thing({ size: 2, ports: [{ name: 'b', port: 2 }] })),
    patch(`${A}?fieldManager=two`, 'apply', thing({ size: 3 })),
    patch(`${A}?fieldManager=one`, 'apply', thing({ size: 2 })),
  ),
  after(
    'apply: a map and a set',
    patch(`${A}?fieldManager=one`, 'apply', thing({ size: 2, tags: ['x'], map: { a: 1 } })),
    patch(`${A}?fieldManager=two`, 'apply', thing({ size: 2, tags: ['y'], map: { b: 2 } })),
  ),
  after(
    'delete, finalizer and gone',
    post(THINGS, thing({ size: 2 }, { finalizers: ['a.io/x'] }), { silent: true }),
    del(A),
    patch(A, 'merge', { metadata: { finalizers: [] } }),
    get(A),
  ),
  after(
    'watch',
    post(THINGS, thing({ size: 2 }), { silent: true }),
    patch(A, 'merge', { spec: { size: 3 } }, { silent: true }),
    del(A, undefined, { silent: true }),
    get(`${THINGS}?watch=true&resourceVersion={{2.body.metadata.resourceVersion}}`, { events: 2 }),
  ),
  after(
    'field selectors',
    post(THINGS, thing({ size: 2 }), { silent: true }),
    get(`${THINGS}?fieldSelector=metadata.name%3Da`),
    get(`${THINGS}?fieldSelector=spec.size%3D2`),
  ),
  after(
    'wrong kind and version',
    post(THINGS, { ...thing({ size: 1 }), kind: 'Other' }),
    post(THINGS, { ...thing({ size: 1 }), apiVersion: '{id}.example.com/v2' }),
  ),
  after(
    'the definition is deleted',
    post(THINGS, thing({ size: 1 }), { silent: true }),
    del(`${CRDS}/things.{id}.example.com`),
  ),
  ...broken.map(([what, body]): Case => ({ name: `crd: refused: ${what}`, steps: [post(CRDS, body)] })),
];
