import { type Case, configMap, core, del, get, node, patch, pod, post, put, type Step, TABLE, table } from '../case.ts';

const MAPS = core('configmaps');
const made = (name: string, labels: Record<string, string>): Step =>
  post(MAPS, configMap(name, { n: name }, { labels: { suite: 'x', ...labels } }), { silent: true });
const three: readonly Step[] = [made('a', { tier: 'one' }), made('b', { tier: 'two' }), made('c', {})];

const selectors = [
  'tier=one',
  'tier!=one,suite=x',
  'tier in (one,two)',
  'tier notin (one),suite',
  'tier',
  '!tier,suite',
  'suite=x,tier=two',
  'tier>1,suite',
  '',
];

const lists: readonly Case[] = [
  ...selectors
    .filter((selector) => selector !== '')
    .map(
      (selector): Case => ({
        name: `list: labels ${selector}`,
        steps: [...three, get(`${MAPS}?labelSelector=${encodeURIComponent(selector)}`)],
      }),
    ),
  {
    name: 'list: by name',
    steps: [
      ...three,
      get(`${MAPS}?fieldSelector=metadata.name%3Db`),
      get(`${MAPS}?fieldSelector=metadata.name!%3Db&labelSelector=suite`),
    ],
  },
  {
    name: 'list: pods by node, phase and name',
    steps: [
      post(core('pods'), pod('a', { nodeName: 'n1' }), { silent: true }),
      post(core('pods'), pod('b'), { silent: true }),
      get(`${core('pods')}?fieldSelector=spec.nodeName%3Dn1`),
      get(`${core('pods')}?fieldSelector=spec.nodeName%3D,status.phase%3DPending`),
      get(`${core('pods')}?fieldSelector=spec.image%3Da`),
    ],
  },
  {
    name: 'list: events by what they are about',
    steps: [
      post(
        core('events'),
        {
          apiVersion: 'v1',
          kind: 'Event',
          metadata: { name: 'a' },
          involvedObject: { kind: 'Pod', name: 'p', namespace: '{ns}', uid: 'u-1' },
          reason: 'Done',
        },
        { silent: true },
      ),
      get(`${core('events')}?fieldSelector=involvedObject.name%3Dp,involvedObject.kind%3DPod,involvedObject.uid%3Du-1`),
      get('/apis/events.k8s.io/v1/namespaces/{ns}/events?fieldSelector=regarding.name%3Dp'),
      get(`${core('events')}?fieldSelector=reason%3DOther`),
    ],
  },
  {
    name: 'list: page by page',
    steps: [
      ...three,
      get(`${MAPS}?labelSelector=suite&limit=1`),
      get(`${MAPS}?limit=2&fieldSelector=metadata.name!%3Dkube-root-ca.crt`),
      get(`${MAPS}?limit=2&fieldSelector=metadata.name!%3Dkube-root-ca.crt&continue={{4.body.metadata.continue}}`),
    ],
  },
  {
    name: 'list: pages show what was there at the first',
    steps: [
      ...three,
      get(`${MAPS}?limit=2`),
      del(`${MAPS}/c`, undefined, { silent: true }),
      get(`${MAPS}?limit=5&continue={{3.body.metadata.continue}}`),
    ],
  },
  {
    name: 'list: at an exact version',
    steps: [
      ...three,
      get(`${MAPS}?labelSelector=suite&resourceVersion={{1.body.metadata.resourceVersion}}&resourceVersionMatch=Exact`),
      get(
        `${MAPS}?labelSelector=suite&resourceVersion={{1.body.metadata.resourceVersion}}&resourceVersionMatch=NotOlderThan`,
      ),
      get(`${MAPS}?labelSelector=suite&resourceVersion=0`),
    ],
  },
  { name: 'list: empty', steps: [get(core('pods')), get('/apis/apps/v1/namespaces/{ns}/deployments')] },
  {
    name: 'list: across namespaces',
    steps: [made('a', { only: '{id}' }), get('/api/v1/configmaps?labelSelector=only%3D{id}')],
  },
  {
    name: 'list: metadata only',
    steps: [
      made('a', {}),
      get(`${MAPS}/a`, { headers: { accept: 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io' } }),
      get(`${MAPS}?labelSelector=suite`, {
        headers: { accept: 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io' },
      }),
    ],
  },
];

const tables: readonly Case[] = [
  { name: 'table: configmaps', steps: [made('a', {}), table(`${MAPS}?labelSelector=suite`), table(`${MAPS}/a`)] },
  {
    name: 'table: pods',
    steps: [
      post(
        core('pods'),
        pod('a', { nodeName: 'n1', initContainers: [{ name: 'i', image: 'i', restartPolicy: 'Always' }] }),
        { silent: true },
      ),
      table(core('pods')),
    ],
  },
  {
    name: 'table: a pod as a kubelet reports it',
    steps: [
      post(core('pods'), pod('a', { nodeName: 'n1' }), { silent: true }),
      patch(`${core('pods')}/a/status`, 'merge', {
        status: {
          phase: 'Running',
          podIP: '127.1.2.3',
          podIPs: [{ ip: '127.1.2.3' }],
          containerStatuses: [
            {
              name: 'main',
              image: 'a',
              imageID: '',
              ready: false,
              restartCount: 3,
              state: { waiting: { reason: 'CrashLoopBackOff' } },
              lastState: { terminated: { exitCode: 1, finishedAt: '2020-01-01T00:00:00Z' } },
            },
          ],
        },
      }),
      table(core('pods')),
    ],
  },
  {
    name: 'table: nodes',
    steps: [
      post('/api/v1/nodes', node('node-{id}', { labels: { only: '{id}' } }), { silent: true }),
      table('/api/v1/nodes?labelSelector=only%3D{id}'),
    ],
  },
  { name: 'table: namespaces', steps: [table('/api/v1/namespaces/{ns}')] },
  {
    name: 'table: secrets',
    steps: [
      post(
        core('secrets'),
        { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'a' }, stringData: { k: 'v' } },
        { silent: true },
      ),
      table(core('secrets')),
    ],
  },
  {
    name: 'table: serviceaccounts',
    steps: [table(`${core('serviceaccounts')}?fieldSelector=metadata.name%3Ddefault`)],
  },
  {
    name: 'table: events',
    steps: [
      post(
        core('events'),
        {
          apiVersion: 'v1',
          kind: 'Event',
          metadata: { name: 'a' },
          involvedObject: { kind: 'Pod', name: 'p', namespace: '{ns}' },
          reason: 'Done',
          message: 'm',
          type: 'Warning',
        },
        { silent: true },
      ),
      table(core('events')),
    ],
  },
  {
    name: 'table: leases',
    steps: [
      post(
        '/apis/coordination.k8s.io/v1/namespaces/{ns}/leases',
        {
          apiVersion: 'coordination.k8s.io/v1',
          kind: 'Lease',
          metadata: { name: 'a' },
          spec: { holderIdentity: 'me' },
        },
        { silent: true },
      ),
      table('/apis/coordination.k8s.io/v1/namespaces/{ns}/leases'),
    ],
  },
  {
    name: 'table: with the objects, without, and a wrong wish',
    steps: [
      made('a', {}),
      get(`${MAPS}?labelSelector=suite&includeObject=Object`, { headers: { accept: TABLE } }),
      get(`${MAPS}?labelSelector=suite&includeObject=None`, { headers: { accept: TABLE } }),
      get(`${MAPS}?labelSelector=suite&includeObject=Odd`, { headers: { accept: TABLE } }),
    ],
  },
  { name: 'table: of an error', steps: [table(`${MAPS}/none`)] },
  {
    name: 'table: only a table wanted, of what has none',
    steps: [get('/version', { headers: { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' } })],
  },
  { name: 'table: roles', steps: [table('/apis/rbac.authorization.k8s.io/v1/clusterroles/cluster-admin')] },
  { name: 'table: deployments', steps: [table('/apis/apps/v1/namespaces/{ns}/deployments')] },
];

const from = '&resourceVersion={{0.body.metadata.resourceVersion}}';
const first: Step = post(MAPS, configMap('a', { n: '1' }, { labels: { suite: 'x' } }), { silent: true });
const changed: readonly Step[] = [
  first,
  put(`${MAPS}/a`, configMap('a', { n: '2' }, { labels: { suite: 'x' } }), { silent: true }),
  post(MAPS, configMap('b', { n: '1' }), { silent: true }),
  put(`${MAPS}/a`, configMap('a', { n: '3' }), { silent: true }),
  put(`${MAPS}/b`, configMap('b', { n: '2' }, { labels: { suite: 'x' } }), { silent: true }),
  del(`${MAPS}/a`, undefined, { silent: true }),
];

const watches: readonly Case[] = [
  { name: 'watch: every change from a version', steps: [...changed, get(`${MAPS}?watch=true${from}`, { events: 5 })] },
  {
    name: 'watch: a label selector makes added and deleted',
    steps: [...changed, get(`${MAPS}?watch=1&labelSelector=suite%3Dx${from}`, { events: 3 })],
  },
  {
    name: 'watch: one name',
    steps: [...changed, get(`${MAPS}?watch=true&fieldSelector=metadata.name%3Db${from}`, { events: 2 })],
  },
  {
    name: 'watch: without a version, what is there first',
    steps: [...changed, get(`${MAPS}?watch=true&fieldSelector=metadata.name%3Db`, { events: 1 })],
  },
  {
    name: 'watch: the old path',
    steps: [
      ...changed,
      get(`/api/v1/watch/namespaces/{ns}/configmaps?fieldSelector=metadata.name%3Db${from}`, { events: 2 }),
    ],
  },
  {
    name: 'watch: ends by its timeout',
    steps: [first, get(`${MAPS}?watch=true&timeoutSeconds=1${from}`, { events: 1 })],
  },
  {
    name: 'watch: initial events and the bookmark after them',
    steps: [
      ...changed,
      get(
        `${MAPS}?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&labelSelector=suite`,
        { events: 2 },
      ),
    ],
  },
  {
    name: 'watch: initial events asked for wrongly',
    steps: [
      get(`${MAPS}?watch=true&sendInitialEvents=true`),
      get(`${MAPS}?sendInitialEvents=true`),
      get(`${MAPS}?watch=true&resourceVersionMatch=NotOlderThan`),
      get(`${MAPS}?watch=true&sendInitialEvents=true&resourceVersionMatch=Exact`),
    ],
  },
  {
    name: 'watch: a version that cannot be',
    steps: [get(`${MAPS}?watch=true&resourceVersion=x`), get(`${MAPS}?watch=true&limit=1&continue=x`)],
  },
  {
    name: 'watch: as a table',
    steps: [...changed.slice(0, 2), get(`${MAPS}?watch=true${from}`, { events: 1, headers: { accept: TABLE } })],
  },
  {
    name: 'watch: metadata only',
    steps: [
      ...changed.slice(0, 2),
      get(`${MAPS}?watch=true${from}`, {
        events: 1,
        headers: { accept: 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io' },
      }),
    ],
  },
  {
    name: 'watch: pods through their end',
    steps: [
      post(core('pods'), pod('a', { nodeName: 'n1', terminationGracePeriodSeconds: 30 }), { silent: true }),
      del(`${core('pods')}/a`, undefined, { silent: true }),
      del(`${core('pods')}/a`, { apiVersion: 'v1', kind: 'DeleteOptions', gracePeriodSeconds: 0 }, { silent: true }),
      get(`${core('pods')}?watch=true${from}`, { events: 3 }),
    ],
  },
];

export const reading: readonly Case[] = [...lists, ...tables, ...watches];
