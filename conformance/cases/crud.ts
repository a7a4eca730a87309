import { type Case, configMap, core, del, get, node, pod, post, put } from '../case.ts';

interface Sample {
  readonly what: string;
  readonly collection: string;
  readonly object: object;
  readonly name: string;
}

const lease = {
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  metadata: { name: 'a' },
  spec: { holderIdentity: 'x', leaseDurationSeconds: 15, renewTime: '2026-01-01T00:00:00.000000Z' },
};
const role = {
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'Role',
  metadata: { name: 'a' },
  rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }],
};
const deployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'a' },
  spec: {
    selector: { matchLabels: { app: 'a' } },
    template: { metadata: { labels: { app: 'a' } }, spec: { containers: [{ name: 'a', image: 'a' }] } },
  },
};
const event = {
  apiVersion: 'events.k8s.io/v1',
  kind: 'Event',
  metadata: { name: 'a' },
  eventTime: '2026-01-01T00:00:00.000000Z',
  reportingController: 'test',
  reportingInstance: 'test-0',
  action: 'Do',
  reason: 'Done',
  type: 'Normal',
  note: 'n',
  regarding: { apiVersion: 'v1', kind: 'Pod', name: 'p', namespace: '{ns}' },
};

const named = (apiPath: string, resource: string): string => `/apis/${apiPath}/namespaces/{ns}/${resource}`;

const samples: readonly Sample[] = [
  { what: 'configmap', collection: core('configmaps'), object: configMap('a'), name: 'a' },
  {
    what: 'secret from stringData',
    collection: core('secrets'),
    object: { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'a' }, stringData: { k: 'v' } },
    name: 'a',
  },
  {
    what: 'serviceaccount',
    collection: core('serviceaccounts'),
    object: { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'a' } },
    name: 'a',
  },
  { what: 'pod', collection: core('pods'), object: pod('a'), name: 'a' },
  { what: 'lease', collection: named('coordination.k8s.io/v1', 'leases'), object: lease, name: 'a' },
  { what: 'event', collection: named('events.k8s.io/v1', 'events'), object: event, name: 'a' },
  { what: 'role', collection: named('rbac.authorization.k8s.io/v1', 'roles'), object: role, name: 'a' },
  { what: 'deployment', collection: named('apps/v1', 'deployments'), object: deployment, name: 'a' },
  { what: 'node', collection: '/api/v1/nodes', object: node('node-{id}'), name: 'node-{id}' },
  {
    what: 'namespace',
    collection: '/api/v1/namespaces',
    object: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'ns-{id}' } },
    name: 'ns-{id}',
  },
  {
    what: 'priorityclass',
    collection: '/apis/scheduling.k8s.io/v1/priorityclasses',
    object: { apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', metadata: { name: 'pc-{id}' }, value: 7 },
    name: 'pc-{id}',
  },
  {
    what: 'poddisruptionbudget',
    collection: named('policy/v1', 'poddisruptionbudgets'),
    object: {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name: 'a' },
      spec: { minAvailable: 1, selector: { matchLabels: { a: 'b' } } },
    },
    name: 'a',
  },
  {
    what: 'job',
    collection: named('batch/v1', 'jobs'),
    object: {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'a' },
      spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'a', image: 'a' }] } } },
    },
    name: 'a',
  },
  {
    what: 'service',
    collection: core('services'),
    object: {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'a' },
      spec: { clusterIP: 'None', selector: { a: 'b' }, ports: [{ port: 9000 }] },
    },
    name: 'a',
  },
];

export const crud: readonly Case[] = [
  ...samples.flatMap(({ what, collection, object, name }): Case[] => [
    {
      name: `crud: ${what}: create, read, again`,
      steps: [post(collection, object), get(`${collection}/${name}`), post(collection, object)],
    },
  ]),
  ...samples
    .filter(({ what }) => !['pod', 'namespace', 'job', 'event'].includes(what))
    .map(({ what, collection, object, name }): Case => {
      const labelled = {
        ...object,
        metadata: { ...(object as { metadata: object }).metadata, labels: { added: 'yes' } },
      };
      return {
        name: `crud: ${what}: update without a version, delete, gone`,
        steps: [
          post(collection, object, { silent: true }),
          put(`${collection}/${name}`, labelled),
          del(`${collection}/${name}`),
          get(`${collection}/${name}`),
          del(`${collection}/${name}`),
        ],
      };
    }),
  {
    name: 'crud: update with an old version',
    steps: [
      post(core('configmaps'), configMap('a'), { silent: true }),
      put(`${core('configmaps')}/a`, configMap('a', { a: '2' })),
      put(
        `${core('configmaps')}/a`,
        configMap('a', { a: '3' }, { resourceVersion: '{{0.body.metadata.resourceVersion}}' }),
      ),
    ],
  },
  {
    name: 'crud: update with another uid',
    steps: [
      post(core('configmaps'), configMap('a'), { silent: true }),
      put(`${core('configmaps')}/a`, configMap('a', {}, { uid: '11111111-2222-3333-4444-555555555555' })),
    ],
  },
  { name: 'crud: update of what is not there', steps: [put(`${core('configmaps')}/a`, configMap('a'))] },
  { name: 'crud: update under another name', steps: [put(`${core('configmaps')}/b`, configMap('a'))] },
  {
    name: 'crud: an update that changes nothing keeps the version',
    steps: [
      post(core('configmaps'), configMap('a'), { silent: true }),
      put(`${core('configmaps')}/a`, configMap('a')),
      get(
        `${core('configmaps')}?fieldSelector=metadata.name%3Da&resourceVersion={{0.body.metadata.resourceVersion}}&resourceVersionMatch=Exact`,
      ),
    ],
  },
  {
    name: 'crud: immutable configmap and secret',
    steps: [
      post(core('configmaps'), { ...configMap('a'), immutable: true }, { silent: true }),
      put(`${core('configmaps')}/a`, { ...configMap('a', { a: '2' }), immutable: true }),
      put(`${core('configmaps')}/a`, configMap('a')),
    ],
  },
  {
    name: 'crud: generateName',
    steps: [
      post(core('configmaps'), { apiVersion: 'v1', kind: 'ConfigMap', metadata: { generateName: 'generated-' } }),
      post(core('configmaps'), { apiVersion: 'v1', kind: 'ConfigMap', metadata: {} }),
    ],
  },
  {
    name: 'crud: dryRun writes nothing',
    steps: [
      post(`${core('configmaps')}?dryRun=All`, configMap('a')),
      get(`${core('configmaps')}/a`),
      post(core('configmaps'), configMap('a'), { silent: true }),
      put(`${core('configmaps')}/a?dryRun=All`, configMap('a', { b: '2' })),
      del(`${core('configmaps')}/a?dryRun=All`),
      get(`${core('configmaps')}/a`),
      post(`${core('configmaps')}?dryRun=Some`, configMap('b')),
    ],
  },
  {
    name: 'crud: what a client may not set',
    steps: [
      post(
        core('configmaps'),
        configMap('a', {}, { uid: 'x', creationTimestamp: '2020-01-01T00:00:00Z', generation: 7, selfLink: '/x' }),
      ),
      post(core('configmaps'), configMap('b', {}, { resourceVersion: '1' })),
      post(core('configmaps'), configMap('c', {}, { deletionTimestamp: '2020-01-01T00:00:00Z' })),
    ],
  },
  {
    name: 'crud: a namespace in the body that is not the path',
    steps: [post(core('configmaps'), configMap('a', {}, { namespace: 'other' }))],
  },
  {
    name: 'crud: a namespace that is not there',
    steps: [
      post('/api/v1/namespaces/none-such/configmaps', configMap('a')),
      get('/api/v1/namespaces/none-such/configmaps'),
    ],
  },
  {
    name: 'crud: another kind, another version',
    steps: [
      post(core('configmaps'), { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'a' } }),
      post(core('configmaps'), { apiVersion: 'v2', kind: 'ConfigMap', metadata: { name: 'a' } }),
      post(core('configmaps'), { metadata: { name: 'a' }, data: { k: 'v' } }),
    ],
  },
  {
    name: 'crud: deletecollection by label',
    steps: [
      post(core('configmaps'), configMap('a', {}, { labels: { x: '1' } }), { silent: true }),
      post(core('configmaps'), configMap('b', {}, { labels: { x: '2' } }), { silent: true }),
      del(`${core('configmaps')}?labelSelector=x%3D1`),
      get(`${core('configmaps')}?labelSelector=x`),
    ],
  },
  {
    name: 'crud: a core event and its events.k8s.io form',
    steps: [
      post(core('events'), {
        apiVersion: 'v1',
        kind: 'Event',
        metadata: { name: 'a' },
        involvedObject: { kind: 'Pod', name: 'p', namespace: '{ns}' },
        reason: 'Done',
        message: 'm',
        type: 'Normal',
        source: { component: 'c' },
        firstTimestamp: '2026-01-01T00:00:00Z',
        count: 2,
      }),
      get('/apis/events.k8s.io/v1/namespaces/{ns}/events/a'),
      post('/apis/events.k8s.io/v1/namespaces/{ns}/events', { ...event, metadata: { name: 'b' } }),
      get(`${core('events')}/b`),
    ],
  },
];
