import { type Case, configMap, core, get, pod, post, put } from '../case.ts';

const event = (changes: object): object => ({
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
  ...changes,
});
const EVENTS = '/apis/events.k8s.io/v1/namespaces/{ns}/events';
const container = (changes: object): object => ({ containers: [{ name: 'a', image: 'a', ...changes }] });

const invalid: readonly (readonly [string, string, object])[] = [
  ['configmap name', core('configmaps'), configMap('Not_A_Name')],
  ['configmap name too long', core('configmaps'), configMap('a'.repeat(254))],
  ['configmap key', core('configmaps'), configMap('a', { 'no key': '1' })],
  ['label value', core('configmaps'), configMap('a', {}, { labels: { a: 'not valid!' } })],
  ['label key', core('configmaps'), configMap('a', {}, { labels: { '-a': 'x' } })],
  ['annotation key', core('configmaps'), configMap('a', {}, { annotations: { 'a b': 'x' } })],
  ['finalizer', core('configmaps'), configMap('a', {}, { finalizers: ['no finalizer'] })],
  [
    'owner without uid',
    core('configmaps'),
    configMap('a', {}, { ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'p' }] }),
  ],
  [
    'two controllers',
    core('configmaps'),
    configMap(
      'a',
      {},
      {
        ownerReferences: ['x', 'y'].map((name) => ({
          apiVersion: 'v1',
          kind: 'Pod',
          name,
          uid: name,
          controller: true,
        })),
      },
    ),
  ],
  ['pod without containers', core('pods'), { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' }, spec: {} }],
  ['pod container name and image', core('pods'), pod('a', container({ name: 'No', image: '' }))],
  [
    'pod twice the same container',
    core('pods'),
    pod('a', {
      containers: [
        { name: 'a', image: 'a' },
        { name: 'a', image: 'a' },
      ],
    }),
  ],
  [
    'pod port',
    core('pods'),
    pod('a', container({ ports: [{ containerPort: 99999 }, { containerPort: 1, protocol: 'X' }] })),
  ],
  [
    'pod mount without volume',
    core('pods'),
    pod('a', container({ volumeMounts: [{ name: 'none', mountPath: '/x' }] })),
  ],
  ['pod volume without source', core('pods'), pod('a', { volumes: [{ name: 'v' }] })],
  ['pod restart policy', core('pods'), pod('a', { restartPolicy: 'Sometimes' })],
  ['pod quantity', core('pods'), pod('a', container({ resources: { requests: { cpu: 'x' } } }))],
  [
    'pod request above limit',
    core('pods'),
    pod('a', container({ resources: { requests: { cpu: '2' }, limits: { cpu: '1' } } })),
  ],
  ['pod negative request', core('pods'), pod('a', container({ resources: { requests: { memory: '-1' } } }))],
  ['pod env name', core('pods'), pod('a', container({ env: [{ name: '', value: 'x' }] }))],
  [
    'pod probe with two handlers',
    core('pods'),
    pod('a', container({ livenessProbe: { tcpSocket: { port: 1 }, exec: { command: ['x'] } } })),
  ],
  ['pod toleration', core('pods'), pod('a', { tolerations: [{ key: 'a', operator: 'Exists', value: 'x' }] })],
  ['pod node selector', core('pods'), pod('a', { nodeSelector: { 'no key': 'x' } })],
  ['pod priority class unknown', core('pods'), pod('a', { priorityClassName: 'none-such' })],
  ['event note too long', EVENTS, event({ note: '装'.repeat(342) })],
  ['event without action', EVENTS, event({ action: '' })],
  ['event without reporter', EVENTS, event({ reportingController: '', reportingInstance: '' })],
  ['event type', EVENTS, event({ type: 'Odd' })],
  ['event of another namespace', EVENTS, event({ regarding: { kind: 'Pod', name: 'p', namespace: 'other' } })],
  ['namespace name', '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'a.b' } }],
  ['node name', '/api/v1/nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name: 'A' } }],
  [
    'lease spec',
    '/apis/coordination.k8s.io/v1/namespaces/{ns}/leases',
    {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: 'a' },
      spec: { leaseDurationSeconds: 0, leaseTransitions: -1 },
    },
  ],
  [
    'deployment selector',
    '/apis/apps/v1/namespaces/{ns}/deployments',
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'a' },
      spec: {
        selector: { matchLabels: { app: 'a' } },
        template: { metadata: { labels: { app: 'b' } }, spec: { containers: [{ name: 'a', image: 'a' }] } },
      },
    },
  ],
  [
    'role rule',
    '/apis/rbac.authorization.k8s.io/v1/namespaces/{ns}/roles',
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'Role',
      metadata: { name: 'a' },
      rules: [{ resources: ['pods'] }],
    },
  ],
  [
    'rolebinding without role',
    '/apis/rbac.authorization.k8s.io/v1/namespaces/{ns}/rolebindings',
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { name: 'a' },
      subjects: [{ kind: 'User', name: 'x' }],
    },
  ],
];

const malformed: readonly (readonly [string, string])[] = [
  ['cut JSON', '{"apiVersion":"v1","kind":"ConfigMap"'],
  ['an array', '[]'],
  ['nothing', ''],
  ['a wrong type of field', '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"k":1}}'],
  ['a wrong type of metadata', '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":5}}'],
  ['labels that are a list', '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","labels":["x"]}}'],
  ['no kind', '{"metadata":{"name":"a"},"data":{"k":"v"}}'],
  ['a malformed time', '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","creationTimestamp":"x"}}'],
];

export const errors: readonly Case[] = [
  ...invalid.map(([what, path, body]): Case => ({ name: `invalid: ${what}`, steps: [post(path, body)] })),
  ...malformed.map(
    ([what, text]): Case => ({
      name: `malformed: ${what}`,
      steps: [{ method: 'POST', path: core('configmaps'), text, headers: { 'content-type': 'application/json' } }],
    }),
  ),
  {
    name: 'errors: a method that is not served',
    steps: [
      { method: 'PUT', path: core('configmaps'), body: configMap('a') },
      { method: 'POST', path: `${core('configmaps')}/a`, body: configMap('a') },
      {
        method: 'PATCH',
        path: core('configmaps'),
        body: {},
        headers: { 'content-type': 'application/merge-patch+json' },
      },
      { method: 'DELETE', path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews' },
    ],
  },
  {
    name: 'errors: a media type that is not read',
    steps: [
      post(core('configmaps'), configMap('a'), { headers: { 'content-type': 'text/plain' } }),
      {
        method: 'PATCH',
        path: `${core('configmaps')}/kube-root-ca.crt`,
        body: {},
        headers: { 'content-type': 'application/json' },
      },
    ],
  },
  {
    name: 'errors: a media type that is not written',
    steps: [
      get(`${core('configmaps')}`, { headers: { accept: 'text/html' } }),
      get(`${core('configmaps')}/none`, { headers: { accept: 'image/png' } }),
      get(`${core('configmaps')}?labelSelector=x`, { headers: { accept: '*/*' } }),
    ],
  },
  {
    name: 'errors: YAML is read',
    steps: [
      {
        method: 'POST',
        path: core('configmaps'),
        text: 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  k: "1"\n',
        headers: { 'content-type': 'application/yaml' },
      },
    ],
  },
  {
    name: 'errors: an unknown subresource',
    steps: [
      post(core('configmaps'), configMap('a'), { silent: true }),
      get(`${core('configmaps')}/a/status`),
      put(`${core('pods')}/a/none`, {}),
    ],
  },
  {
    name: 'errors: queries that cannot be read',
    steps: [
      get(`${core('configmaps')}?labelSelector=a%3D%3D%3Db`),
      get(`${core('configmaps')}?labelSelector=a%20in%20(`),
      get(`${core('configmaps')}?fieldSelector=data.a%3Db`),
      get(`${core('configmaps')}?limit=x`),
      get(`${core('configmaps')}?continue=x`),
      get(`${core('configmaps')}?resourceVersion=x`),
      get(`${core('configmaps')}?resourceVersionMatch=Exact`),
      get(`${core('configmaps')}?resourceVersion=0&resourceVersionMatch=Exact`),
      get(`${core('configmaps')}?resourceVersion=99999999999&resourceVersionMatch=NotOlderThan&timeoutSeconds=1`),
    ],
  },
  ...(['Strict', 'Warn', 'Ignore', ''] as const).map(
    (level): Case => ({
      name: `fieldValidation: ${level === '' ? 'none given' : level}`,
      steps: [
        post(`${core('configmaps')}?fieldValidation=${level}`, {
          ...configMap('a'),
          unknown: 1,
          metadata: { name: 'a', odd: true },
        }),
        {
          method: 'POST',
          path: `${core('configmaps')}?fieldValidation=${level}`,
          text: '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"b"},"data":{"k":"1","k":"2"}}',
          headers: { 'content-type': 'application/json' },
        },
      ],
    }),
  ),
  {
    name: 'fieldValidation: a level that is none',
    steps: [post(`${core('configmaps')}?fieldValidation=Odd`, configMap('a'))],
  },
  {
    name: 'fieldValidation: in a pod, in place',
    steps: [
      post(
        `${core('pods')}?fieldValidation=Strict`,
        pod('a', { containers: [{ name: 'a', image: 'a', imagee: 'b' }], hostname: 'x', odd: {} }),
      ),
    ],
  },
];
