import { type Case, configMap, core, get, node, patch, pod, post, type Step } from '../case.ts';

const MAPS = core('configmaps');
const A = `${MAPS}/a`;
const base: Step = post(MAPS, configMap('a', { x: '1', y: '2' }, { labels: { l: '1' }, annotations: { 'a/b': '1' } }), {
  silent: true,
});
const jsonPatches: readonly (readonly [string, unknown])[] = [
  ['add', [{ op: 'add', path: '/data/z', value: '3' }]],
  [
    'replace and remove',
    [
      { op: 'replace', path: '/data/x', value: '9' },
      { op: 'remove', path: '/data/y' },
    ],
  ],
  [
    'a passed test',
    [
      { op: 'test', path: '/data/x', value: '1' },
      { op: 'add', path: '/data/t', value: 'ok' },
    ],
  ],
  [
    'a failed test',
    [
      { op: 'test', path: '/data/x', value: '2' },
      { op: 'add', path: '/data/t', value: 'ok' },
    ],
  ],
  [
    'move and copy',
    [
      { op: 'move', from: '/data/x', path: '/data/m' },
      { op: 'copy', from: '/data/y', path: '/data/c' },
    ],
  ],
  ['escaped key', [{ op: 'replace', path: '/metadata/annotations/a~1b', value: '2' }]],
  ['remove what is not there', [{ op: 'remove', path: '/data/none' }]],
  ['replace what is not there', [{ op: 'replace', path: '/data/none', value: '1' }]],
  ['below what is not there', [{ op: 'add', path: '/none/x', value: '1' }]],
  ['an unknown operation', [{ op: 'odd', path: '/data/x' }]],
  ['no list', { op: 'add', path: '/data/x', value: '1' }],
  ['a wrong type of value', [{ op: 'add', path: '/data/x', value: 5 }]],
  ['another name', [{ op: 'replace', path: '/metadata/name', value: 'b' }]],
  ['nothing', []],
];
const mergePatches: readonly (readonly [string, unknown])[] = [
  ['set and delete', { data: { x: '9', y: null } }],
  ['an unknown field', { odd: 1 }],
  ['an old version', { metadata: { resourceVersion: '1' }, data: { x: '9' } }],
  ['a list', []],
  ['a wrong type', { data: 'x' }],
  ['all labels away', { metadata: { labels: null } }],
  ['an invalid label', { metadata: { labels: { a: 'not valid!' } } }],
];
const twoContainers = pod('a', {
  containers: [
    {
      name: 'a',
      image: 'a',
      env: [
        { name: 'X', value: '1' },
        { name: 'Y', value: '2' },
      ],
    },
    { name: 'b', image: 'b' },
  ],
  tolerations: [{ key: 'k', operator: 'Exists' }],
});
const PODS = core('pods');
const strategicPods: readonly (readonly [string, unknown])[] = [
  ['a container by name', { spec: { containers: [{ name: 'b', image: 'c' }] } }],
  ['labels merged', { metadata: { labels: { new: '1' } } }],
  ['a forbidden field', { spec: { containers: [{ name: 'a', env: [{ name: 'X', value: '9' }] }] } }],
  ['delete directive', { spec: { containers: [{ name: 'b', $patch: 'delete' }] } }],
  ['an unknown directive', { spec: { containers: [{ name: 'b', $patch: 'odd' }] } }],
  ['without a merge key', { spec: { containers: [{ image: 'x' }] } }],
  [
    'a toleration more',
    {
      spec: {
        tolerations: [
          { key: 'k', operator: 'Exists' },
          { key: 'm', operator: 'Exists' },
        ],
      },
    },
  ],
  ['active deadline', { spec: { activeDeadlineSeconds: 10 } }],
];
const strategicMeta: readonly (readonly [string, unknown])[] = [
  ['finalizers add up', { metadata: { finalizers: ['a.io/two'] } }],
  ['delete from a primitive list', { metadata: { '$deleteFromPrimitiveList/finalizers': ['a.io/one'] } }],
  ['replace directive', { data: { $patch: 'replace', only: '1' } }],
  ['retain keys', { data: { $retainKeys: ['x'], x: '5' } }],
  ['null deletes', { data: { x: null } }],
  [
    'set element order',
    { metadata: { '$setElementOrder/finalizers': ['a.io/three', 'a.io/one'], finalizers: ['a.io/three'] } },
  ],
];
const NODES = '/api/v1/nodes/node-{id}';
const makeNode = post('/api/v1/nodes', node('node-{id}'), { silent: true });
const status = (body: object): Step => patch(`${NODES}/status`, 'strategic', { status: body });

const plain: readonly Case[] = [
  ...jsonPatches.map(
    ([what, body]): Case => ({ name: `json patch: ${what}`, steps: [base, patch(A, 'json', body), get(A)] }),
  ),
  ...mergePatches.map(
    ([what, body]): Case => ({ name: `merge patch: ${what}`, steps: [base, patch(A, 'merge', body), get(A)] }),
  ),
  ...strategicPods.map(
    ([what, body]): Case => ({
      name: `strategic patch: pod: ${what}`,
      steps: [post(PODS, twoContainers, { silent: true }), patch(`${PODS}/a`, 'strategic', body)],
    }),
  ),
  ...strategicMeta.map(
    ([what, body]): Case => ({
      name: `strategic patch: ${what}`,
      steps: [
        post(MAPS, configMap('a', { x: '1', y: '2' }, { finalizers: ['a.io/one'] }), { silent: true }),
        patch(A, 'strategic', body),
      ],
    }),
  ),
  {
    name: 'strategic patch: node conditions and addresses by their keys',
    steps: [
      makeNode,
      status({
        conditions: [{ type: 'Ready', status: 'True' }],
        addresses: [{ type: 'InternalIP', address: '127.0.0.1' }],
      }),
      status({
        conditions: [
          { type: 'MemoryPressure', status: 'False' },
          { type: 'Ready', status: 'False', reason: 'x' },
        ],
      }),
      status({ capacity: { cpu: '8', memory: '16Gi', pods: '110', 'example.com/x': '1000m' } }),
    ],
  },
  {
    name: 'patch: of what is not there',
    steps: [patch(A, 'merge', { data: {} }), patch(A, 'json', []), patch(A, 'strategic', {})],
  },
  {
    name: 'patch: cut JSON',
    steps: [
      base,
      { method: 'PATCH', path: A, text: '{"data":', headers: { 'content-type': 'application/merge-patch+json' } },
    ],
  },
  {
    name: 'patch: strict about unknown fields',
    steps: [base, patch(`${A}?fieldValidation=Strict`, 'merge', { odd: 1, metadata: { odder: 2 } })],
  },
  { name: 'patch: warns of unknown fields', steps: [base, patch(`${A}?fieldValidation=Warn`, 'merge', { odd: 1 })] },
  { name: 'patch: dry run', steps: [base, patch(`${A}?dryRun=All`, 'merge', { data: { x: '7' } }), get(A)] },
  {
    name: 'patch: fieldManager is kept',
    steps: [base, patch(`${A}?fieldManager=mine`, 'merge', { data: { x: '7' } })],
  },
];

const apply = (name: string, data: object, query: string, metadata: object = {}): Step =>
  patch(`${MAPS}/${name}?${query}`, 'apply', {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, ...metadata },
    data,
  });
const deployment = (spec: object): object => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'd' },
  spec,
});
const DEPLOYMENT = '/apis/apps/v1/namespaces/{ns}/deployments/d';
const template = (image: string, env: readonly object[] = []): object => ({
  metadata: { labels: { app: 'd' } },
  spec: { containers: [{ name: 'a', image, ...(env.length === 0 ? {} : { env }) }] },
});
const selector = { matchLabels: { app: 'd' } };

const applies: readonly Case[] = [
  { name: 'apply: creates', steps: [apply('a', { x: '1' }, 'fieldManager=one')] },
  {
    name: 'apply: again changes nothing',
    steps: [apply('a', { x: '1' }, 'fieldManager=one'), apply('a', { x: '1' }, 'fieldManager=one')],
  },
  { name: 'apply: without a manager', steps: [apply('a', { x: '1' }, '')] },
  {
    name: 'apply: what is no longer named goes away',
    steps: [apply('a', { x: '1', y: '2' }, 'fieldManager=one'), apply('a', { x: '1' }, 'fieldManager=one')],
  },
  {
    name: 'apply: a conflict with another applier',
    steps: [
      apply('a', { x: '1', y: '1' }, 'fieldManager=one'),
      apply('a', { x: '2', y: '2' }, 'fieldManager=two'),
      get(A),
    ],
  },
  {
    name: 'apply: force takes over',
    steps: [apply('a', { x: '1', y: '1' }, 'fieldManager=one'), apply('a', { x: '2' }, 'fieldManager=two&force=true')],
  },
  {
    name: 'apply: the same value is shared, and stays while one names it',
    steps: [
      apply('a', { x: '1', y: '1' }, 'fieldManager=one'),
      apply('a', { x: '1' }, 'fieldManager=two'),
      apply('a', { y: '1' }, 'fieldManager=one'),
      apply('a', { z: '1' }, 'fieldManager=two'),
    ],
  },
  {
    name: 'apply: a conflict with an update',
    steps: [base, apply('a', { x: '5' }, 'fieldManager=one'), apply('a', { x: '5' }, 'fieldManager=one&force=true')],
  },
  {
    name: 'apply: with managedFields in the body',
    steps: [apply('a', { x: '1' }, 'fieldManager=one', { managedFields: [{ manager: 'x' }] })],
  },
  { name: 'apply: another name in the body', steps: [patch(`${MAPS}/a?fieldManager=one`, 'apply', configMap('b'))] },
  {
    name: 'apply: an unknown field',
    steps: [
      patch(`${A}?fieldManager=one`, 'apply', { ...configMap('a'), odd: 1 }),
      patch(`${A}?fieldManager=one&fieldValidation=Strict`, 'apply', { ...configMap('a'), odd: 1 }),
    ],
  },
  {
    name: 'apply: a wrong type',
    steps: [
      patch(`${A}?fieldManager=one`, 'apply', {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'a' },
        data: { x: 1 },
      }),
    ],
  },
  {
    name: 'apply: another kind',
    steps: [patch(`${A}?fieldManager=one`, 'apply', { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'a' } })],
  },
  {
    name: 'apply: YAML',
    steps: [
      {
        method: 'PATCH',
        path: `${A}?fieldManager=one`,
        text: 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  k: v\n',
        headers: { 'content-type': 'application/apply-patch+yaml' },
      },
    ],
  },
  { name: 'apply: dry run', steps: [apply('a', { x: '1' }, 'fieldManager=one&dryRun=All'), get(A)] },
  {
    name: 'apply: with an old version',
    steps: [base, apply('a', { q: '1' }, 'fieldManager=one', { resourceVersion: '1' })],
  },
  {
    name: 'apply: a list by key',
    steps: [
      patch(
        `${DEPLOYMENT}?fieldManager=one`,
        'apply',
        deployment({ selector, template: template('a', [{ name: 'X', value: '1' }]) }),
      ),
      patch(
        `${DEPLOYMENT}?fieldManager=two`,
        'apply',
        deployment({ template: { spec: { containers: [{ name: 'a', env: [{ name: 'Y', value: '2' }] }] } } }),
      ),
      patch(
        `${DEPLOYMENT}?fieldManager=two`,
        'apply',
        deployment({ template: { spec: { containers: [{ name: 'a', image: 'b' }] } } }),
      ),
    ],
  },
  {
    name: 'apply: the same key twice',
    steps: [
      patch(
        `${DEPLOYMENT}?fieldManager=one`,
        'apply',
        deployment({
          selector,
          template: template('a', [
            { name: 'X', value: '1' },
            { name: 'X', value: '2' },
          ]),
        }),
      ),
    ],
  },
  {
    name: 'apply: status by its subresource',
    steps: [
      post(PODS, pod('a'), { silent: true }),
      patch(`${PODS}/a/status?fieldManager=one`, 'apply', {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'a' },
        status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
      }),
      patch(`${PODS}/a?fieldManager=one`, 'apply', {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'a', labels: { l: '1' } },
      }),
    ],
  },
  {
    name: 'apply: managers are told by operation',
    steps: [
      apply('a', { x: '1' }, 'fieldManager=one'),
      patch(`${A}?fieldManager=one`, 'merge', { data: { y: '1' } }),
      apply('a', {}, 'fieldManager=one'),
    ],
  },
  {
    name: 'apply: an owner of nothing disappears',
    steps: [
      apply('a', { x: '1' }, 'fieldManager=one'),
      apply('a', { x: '2' }, 'fieldManager=two&force=true'),
      apply('a', {}, 'fieldManager=two'),
    ],
  },
  {
    name: 'apply: managedFields emptied by hand',
    steps: [
      apply('a', { x: '1' }, 'fieldManager=one'),
      patch(A, 'json', [{ op: 'replace', path: '/metadata/managedFields', value: [{}] }]),
    ],
  },
  { name: 'apply: a manager with a name too long', steps: [apply('a', { x: '1' }, `fieldManager=${'m'.repeat(129)}`)] },
];

export const patches: readonly Case[] = [...plain, ...applies];
