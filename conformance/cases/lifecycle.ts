import { type Case, configMap, core, del, get, node, patch, pod, post, put, type Step } from '../case.ts';

const MAPS = core('configmaps');
const PODS = core('pods');
const A = `${MAPS}/a`;
const made: Step = post(MAPS, configMap('a'), { silent: true });
const options = (body: object): object => ({ apiVersion: 'v1', kind: 'DeleteOptions', ...body });
const owned = (name: string, block = false): object =>
  configMap(
    name,
    {},
    {
      ownerReferences: [
        {
          apiVersion: 'v1',
          kind: 'ConfigMap',
          name: 'a',
          uid: '{{0.body.metadata.uid}}',
          ...(block ? { blockOwnerDeletion: true } : {}),
        },
      ],
    },
  );

const deletion: readonly Case[] = [
  {
    name: 'finalizers: hold an object until they are gone',
    steps: [
      post(MAPS, configMap('a', {}, { finalizers: ['a.io/x'] }), { silent: true }),
      del(A),
      get(A),
      put(A, configMap('a', { more: '1' }, { finalizers: ['a.io/x', 'a.io/y'] })),
      patch(A, 'merge', { metadata: { finalizers: null } }),
      get(A),
    ],
  },
  {
    name: 'finalizers: deleted twice',
    steps: [
      post(MAPS, configMap('a', {}, { finalizers: ['a.io/x'] }), { silent: true }),
      del(A, undefined, { silent: true }),
      del(A),
    ],
  },
  {
    name: 'preconditions: uid',
    steps: [
      made,
      del(A, options({ preconditions: { uid: 'other' } })),
      del(A, options({ preconditions: { uid: '{{0.body.metadata.uid}}' } })),
    ],
  },
  {
    name: 'preconditions: version',
    steps: [made, del(A, options({ preconditions: { resourceVersion: '1' } })), get(A)],
  },
  {
    name: 'delete: options that are wrong',
    steps: [
      made,
      del(A, options({ propagationPolicy: 'Odd' })),
      del(A, options({ propagationPolicy: 'Orphan', orphanDependents: true })),
      del(A, options({ gracePeriodSeconds: -1 })),
      del(A, { apiVersion: 'v1', kind: 'Pod' }),
      del(`${A}?propagationPolicy=Odd`),
      del(A, options({ odd: 1 })),
    ],
  },
  {
    name: 'owners: background deletion takes what is owned',
    steps: [made, post(MAPS, owned('b'), { silent: true }), del(A), get(`${MAPS}/b`, { untilStatus: 404 })],
  },
  {
    name: 'owners: foreground deletion waits',
    steps: [
      made,
      post(MAPS, owned('b', true), { silent: true }),
      del(A, options({ propagationPolicy: 'Foreground' })),
      get(A, { untilStatus: 404 }),
      get(`${MAPS}/b`),
    ],
  },
  {
    name: 'owners: orphan',
    steps: [
      made,
      post(MAPS, owned('b'), { silent: true }),
      del(A, options({ propagationPolicy: 'Orphan' })),
      get(A, { untilStatus: 404 }),
      get(`${MAPS}/b`),
    ],
  },
  {
    name: 'owners: an owner that never was',
    steps: [
      post(
        MAPS,
        configMap(
          'b',
          {},
          {
            ownerReferences: [
              { apiVersion: 'v1', kind: 'ConfigMap', name: 'none', uid: '11111111-2222-3333-4444-555555555555' },
            ],
          },
        ),
        { silent: true },
      ),
      get(`${MAPS}/b`, { untilStatus: 404 }),
    ],
  },
  {
    name: 'pods: deletion by grace',
    steps: [
      post(PODS, pod('a', { nodeName: 'n' }), { silent: true }),
      del(`${PODS}/a`),
      get(`${PODS}/a`),
      del(`${PODS}/a`, options({ gracePeriodSeconds: 0 })),
      get(`${PODS}/a`),
    ],
  },
  {
    name: 'pods: one that is not bound goes at once',
    steps: [post(PODS, pod('a'), { silent: true }), del(`${PODS}/a`), get(`${PODS}/a`)],
  },
  {
    name: 'pods: a shorter grace',
    steps: [
      post(PODS, pod('a', { nodeName: 'n' }), { silent: true }),
      del(`${PODS}/a`, options({ gracePeriodSeconds: 20 })),
      del(`${PODS}/a?gracePeriodSeconds=10`),
      del(`${PODS}/a`, options({ gracePeriodSeconds: 25 })),
    ],
  },
  {
    name: 'namespaces: their end takes all with them',
    steps: [
      post(
        '/api/v1/namespaces',
        { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'end-{id}' } },
        { silent: true },
      ),
      post('/api/v1/namespaces/end-{id}/configmaps', configMap('a'), { silent: true }),
      del('/api/v1/namespaces/end-{id}'),
      post('/api/v1/namespaces/end-{id}/configmaps', configMap('b'), { silent: true }),
      get('/api/v1/namespaces/end-{id}', { untilStatus: 404 }),
      get('/api/v1/namespaces/end-{id}/configmaps'),
    ],
  },
  {
    name: 'namespaces: the ones that stay',
    steps: [del('/api/v1/namespaces/default'), del('/api/v1/namespaces/kube-system')],
  },
];

const RESTARTED = { type: 'Ready', status: 'True' };
const subresources: readonly Case[] = [
  {
    name: 'status: only the status is taken',
    steps: [
      post(PODS, pod('a'), { silent: true }),
      put(`${PODS}/a/status`, {
        ...pod('a', {}, { labels: { x: '1' } }),
        status: { phase: 'Running', conditions: [RESTARTED] },
      }),
      get(`${PODS}/a/status`),
      put(`${PODS}/a`, { ...pod('a', {}, { labels: { x: '2' } }), status: { phase: 'Failed' } }),
    ],
  },
  {
    name: 'status: a node',
    steps: [
      post('/api/v1/nodes', node('node-{id}'), { silent: true }),
      put('/api/v1/nodes/node-{id}/status', {
        ...node('node-{id}'),
        status: {
          capacity: { cpu: '4', memory: '1024Mi' },
          allocatable: { cpu: '4000m' },
          nodeInfo: { kubeletVersion: 'v1.37.0' },
        },
      }),
      patch('/api/v1/nodes/node-{id}', 'merge', { status: { capacity: { cpu: '9' } }, spec: { unschedulable: true } }),
    ],
  },
  {
    name: 'status: of what is not there',
    steps: [get(`${PODS}/none/status`), patch(`${PODS}/none/status`, 'merge', {})],
  },
  {
    name: 'binding: binds once',
    steps: [
      post(PODS, pod('a'), { silent: true }),
      post(`${PODS}/a/binding`, {
        apiVersion: 'v1',
        kind: 'Binding',
        metadata: { name: 'a' },
        target: { apiVersion: 'v1', kind: 'Node', name: 'n1' },
      }),
      get(`${PODS}/a`),
      post(`${PODS}/a/binding`, {
        apiVersion: 'v1',
        kind: 'Binding',
        metadata: { name: 'a' },
        target: { apiVersion: 'v1', kind: 'Node', name: 'n2' },
      }),
    ],
  },
  {
    name: 'binding: with annotations, labels and conditions of the binding',
    steps: [
      post(PODS, pod('a'), { silent: true }),
      post(`${PODS}/a/binding`, {
        apiVersion: 'v1',
        kind: 'Binding',
        metadata: { name: 'a', annotations: { k: 'v' }, labels: { l: 'v' } },
        target: { kind: 'Node', name: 'n1' },
      }),
      get(`${PODS}/a`),
    ],
  },
  {
    name: 'binding: refused',
    steps: [
      post(`${PODS}/none/binding`, {
        apiVersion: 'v1',
        kind: 'Binding',
        metadata: { name: 'none' },
        target: { kind: 'Node', name: 'n1' },
      }),
      post(PODS, pod('a'), { silent: true }),
      post(`${PODS}/a/binding`, {
        apiVersion: 'v1',
        kind: 'Binding',
        metadata: { name: 'a' },
        target: { kind: 'Odd', name: 'n1' },
      }),
      post(`${PODS}/a/binding`, {
        apiVersion: 'v1',
        kind: 'Binding',
        metadata: { name: 'a' },
        target: { kind: 'Node', name: '' },
      }),
      post(`${PODS}/a/binding`, {
        apiVersion: 'v1',
        kind: 'Binding',
        metadata: { name: 'a', uid: 'other' },
        target: { kind: 'Node', name: 'n1' },
      }),
    ],
  },
  {
    name: 'scale: a deployment',
    steps: [
      post(
        '/apis/apps/v1/namespaces/{ns}/deployments',
        {
          apiVersion: 'apps/v1',
          kind: 'Deployment',
          metadata: { name: 'd' },
          spec: {
            replicas: 2,
            selector: { matchLabels: { a: 'b' } },
            template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'a', image: 'a' }] } },
          },
        },
        { silent: true },
      ),
      get('/apis/apps/v1/namespaces/{ns}/deployments/d/scale'),
      patch('/apis/apps/v1/namespaces/{ns}/deployments/d/scale', 'merge', { spec: { replicas: 5 } }),
      patch('/apis/apps/v1/namespaces/{ns}/deployments/d/scale', 'merge', { spec: { replicas: -1 } }),
    ],
  },
  {
    name: 'token: for a service account',
    steps: [
      post(`${core('serviceaccounts')}/default/token`, {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenRequest',
        spec: { expirationSeconds: 600 },
      }),
      post(`${core('serviceaccounts')}/default/token`, {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenRequest',
        spec: { expirationSeconds: 10 },
      }),
      post(`${core('serviceaccounts')}/none/token`, {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenRequest',
        spec: {},
      }),
    ],
  },
  {
    name: 'eviction: of a pod',
    steps: [
      post(PODS, pod('a'), { silent: true }),
      post(`${PODS}/a/eviction`, { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'a' } }),
      get(`${PODS}/a`),
      post(`${PODS}/none/eviction`, { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'none' } }),
    ],
  },
  {
    name: 'log: of a pod that is not bound',
    steps: [post(PODS, pod('a'), { silent: true }), get(`${PODS}/a/log`), get(`${PODS}/none/log`)],
  },
];

const podRules: readonly Case[] = [
  {
    name: 'pods: defaults of a sidecar, probes and volumes',
    steps: [
      post(
        PODS,
        pod('a', {
          initContainers: [
            {
              name: 's',
              image: 's:v1',
              restartPolicy: 'Always',
              livenessProbe: { grpc: { port: 9001 } },
              resources: { requests: { cpu: '0.1', memory: '64Mi' } },
            },
          ],
          containers: [
            {
              name: 'main',
              image: 'm',
              env: [{ name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } }],
              ports: [{ containerPort: 9000 }],
              readinessProbe: { httpGet: { port: 80 } },
            },
          ],
          volumes: [
            { name: 'e', emptyDir: {} },
            { name: 'c', configMap: { name: 'c' } },
            { name: 'd', downwardAPI: { items: [{ path: 'l', fieldRef: { fieldPath: 'metadata.labels' } }] } },
          ],
        }),
      ),
    ],
  },
  {
    name: 'pods: limits become requests, and their quality of service',
    steps: [
      post(
        PODS,
        pod('a', { containers: [{ name: 'a', image: 'a', resources: { limits: { cpu: '500m', memory: '1024Mi' } } }] }),
      ),
      post(PODS, pod('b', { containers: [{ name: 'a', image: 'a', resources: { requests: { cpu: '0.5' } } }] })),
    ],
  },
  {
    name: 'pods: priority classes',
    steps: [
      post(
        '/apis/scheduling.k8s.io/v1/priorityclasses',
        {
          apiVersion: 'scheduling.k8s.io/v1',
          kind: 'PriorityClass',
          metadata: { name: 'p-{id}' },
          value: 77,
          preemptionPolicy: 'Never',
        },
        { silent: true },
      ),
      post(PODS, pod('a', { priorityClassName: 'p-{id}' })),
      post(PODS, pod('b', { priority: 5 })),
    ],
  },
  {
    name: 'pods: what may change after creation',
    steps: [
      post(PODS, pod('a', { containers: [{ name: 'a', image: 'a' }] }), { silent: true }),
      patch(`${PODS}/a`, 'strategic', { spec: { containers: [{ name: 'a', image: 'b' }] } }),
      patch(`${PODS}/a`, 'merge', { spec: { nodeName: 'n' } }),
      patch(`${PODS}/a`, 'merge', { spec: { schedulerName: 'other' } }),
      patch(`${PODS}/a`, 'merge', { spec: { nodeSelector: { a: 'b' } } }),
    ],
  },
];

export const lifecycle: readonly Case[] = [...deletion, ...subresources, ...podRules];
