import { type Case, configMap, core, del, get, patch, post, type Step } from '../case.ts';

const RBAC = '/apis/rbac.authorization.k8s.io/v1';
const AUTHZ = '/apis/authorization.k8s.io/v1';
const AUTHN = '/apis/authentication.k8s.io/v1';
const pilot = { user: 'pilot-{id}', group: 'crew' };
const role = (rules: readonly object[]): Step =>
  post(
    `${RBAC}/namespaces/{ns}/roles`,
    { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', metadata: { name: 'r' }, rules },
    { silent: true },
  );
const bound = (subject: object): Step =>
  post(
    `${RBAC}/namespaces/{ns}/rolebindings`,
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { name: 'b' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'r' },
      subjects: [subject],
    },
    { silent: true },
  );
const pilotSubject = { apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'pilot-{id}' };
const readMaps = { apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'list'] };
const review = (resourceAttributes: object, user = 'pilot-{id}'): Step =>
  post(`${AUTHZ}/subjectaccessreviews`, {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SubjectAccessReview',
    spec: { user, resourceAttributes },
  });

export const access: readonly Case[] = [
  {
    name: 'rbac: refusals name who, what and where',
    steps: [
      get(`${core('configmaps')}/a`, { as: pilot }),
      get(core('configmaps'), { as: pilot }),
      get('/api/v1/nodes', { as: pilot }),
      get('/api/v1/nodes/n', { as: pilot }),
      post(core('pods'), {}, { as: pilot }),
      del(`${core('pods')}/a`, undefined, { as: pilot }),
      del(core('pods'), undefined, { as: pilot }),
      patch(`${core('pods')}/a/status`, 'merge', {}, { as: pilot }),
      get(`${core('pods')}?watch=true`, { as: pilot }),
      get('/apis/apps/v1/namespaces/{ns}/deployments', { as: pilot }),
      get('/api/v1/configmaps', { as: pilot }),
      get('/metrics', { as: pilot }),
    ],
  },
  {
    name: 'rbac: what everyone may see',
    steps: [get('/version', { as: pilot, silent: true }), get('/api', { as: pilot }), get('/healthz', { as: pilot })],
  },
  {
    name: 'rbac: a role opens just what it names',
    steps: [
      role([readMaps]),
      bound(pilotSubject),
      post(core('configmaps'), configMap('a'), { silent: true }),
      get(`${core('configmaps')}/a`, { as: pilot, untilStatus: 200 }),
      get(`${core('secrets')}`, { as: pilot }),
      del(`${core('configmaps')}/a`, undefined, { as: pilot }),
      get('/api/v1/namespaces/default/configmaps', { as: pilot }),
    ],
  },
  {
    name: 'rbac: a role for a group and by resource name',
    steps: [
      role([{ apiGroups: [''], resources: ['configmaps'], resourceNames: ['a'], verbs: ['get'] }]),
      bound({ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: 'crew' }),
      post(core('configmaps'), configMap('a'), { silent: true }),
      get(`${core('configmaps')}/a`, { as: pilot, untilStatus: 200 }),
      get(`${core('configmaps')}/b`, { as: pilot }),
      get(core('configmaps'), { as: pilot }),
    ],
  },
  {
    name: 'rbac: a service account, and a subresource',
    steps: [
      role([{ apiGroups: [''], resources: ['pods/status'], verbs: ['patch'] }]),
      bound({ kind: 'ServiceAccount', name: 'default', namespace: '{ns}' }),
      patch(
        `${core('pods')}/none/status`,
        'merge',
        {},
        { as: { user: 'system:serviceaccount:{ns}:default' }, untilStatus: 404 },
      ),
      patch(`${core('pods')}/none`, 'merge', {}, { as: { user: 'system:serviceaccount:{ns}:default' } }),
    ],
  },
  {
    name: 'rbac: nobody gives what he has not',
    steps: [
      role([{ apiGroups: ['rbac.authorization.k8s.io'], resources: ['roles', 'rolebindings'], verbs: ['create'] }]),
      bound(pilotSubject),
      post(
        `${RBAC}/namespaces/{ns}/roles`,
        {
          apiVersion: 'rbac.authorization.k8s.io/v1',
          kind: 'Role',
          metadata: { name: 'own' },
          rules: [{ apiGroups: ['rbac.authorization.k8s.io'], resources: ['roles'], verbs: ['create'] }],
        },
        { as: pilot, untilStatus: 201 },
      ),
      post(
        `${RBAC}/namespaces/{ns}/roles`,
        { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', metadata: { name: 'more' }, rules: [readMaps] },
        { as: pilot },
      ),
      post(
        `${RBAC}/namespaces/{ns}/rolebindings`,
        {
          apiVersion: 'rbac.authorization.k8s.io/v1',
          kind: 'RoleBinding',
          metadata: { name: 'more' },
          roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
          subjects: [pilotSubject],
        },
        { as: pilot },
      ),
    ],
  },
  {
    name: 'rbac: a roleRef may not change',
    steps: [
      role([readMaps]),
      bound(pilotSubject),
      patch(`${RBAC}/namespaces/{ns}/rolebindings/b`, 'merge', { roleRef: { name: 'other' } }),
    ],
  },
  {
    name: 'review: of another',
    steps: [
      role([readMaps]),
      bound(pilotSubject),
      get(core('configmaps'), { as: pilot, untilStatus: 200, silent: true }),
      review({ namespace: '{ns}', verb: 'get', resource: 'configmaps' }),
      review({ namespace: '{ns}', verb: 'delete', resource: 'configmaps' }),
      review({ namespace: '{ns}', verb: 'authorize', group: 'airforce.mil', resource: 'flighttasks', name: 't' }),
      review({ verb: 'get', resource: 'nodes' }),
      post(`${AUTHZ}/subjectaccessreviews`, {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SubjectAccessReview',
        spec: { user: 'x', nonResourceAttributes: { path: '/healthz', verb: 'get' } },
      }),
      post(`${AUTHZ}/subjectaccessreviews`, {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SubjectAccessReview',
        spec: { user: 'x', groups: ['system:masters'], resourceAttributes: { verb: '*', resource: '*', group: '*' } },
      }),
      post(`${AUTHZ}/subjectaccessreviews`, {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SubjectAccessReview',
        spec: {},
      }),
    ],
  },
  {
    name: 'review: of oneself',
    steps: [
      role([readMaps]),
      bound(pilotSubject),
      get(core('configmaps'), { as: pilot, untilStatus: 200, silent: true }),
      post(
        `${AUTHZ}/selfsubjectaccessreviews`,
        {
          apiVersion: 'authorization.k8s.io/v1',
          kind: 'SelfSubjectAccessReview',
          spec: { resourceAttributes: { namespace: '{ns}', verb: 'list', resource: 'configmaps' } },
        },
        { as: { ...pilot, group: 'system:authenticated' } },
      ),
      post(
        `${AUTHZ}/selfsubjectaccessreviews`,
        {
          apiVersion: 'authorization.k8s.io/v1',
          kind: 'SelfSubjectAccessReview',
          spec: { resourceAttributes: { namespace: '{ns}', verb: 'list', resource: 'secrets' } },
        },
        { as: { ...pilot, group: 'system:authenticated' } },
      ),
      post(
        `${AUTHN}/selfsubjectreviews`,
        { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' },
        { as: { ...pilot, group: 'system:authenticated' } },
      ),
    ],
  },
  {
    name: 'review: rules of oneself',
    steps: [
      role([readMaps, { apiGroups: ['airforce.mil'], resources: ['*'], verbs: ['*'] }]),
      bound(pilotSubject),
      get(core('configmaps'), { as: pilot, untilStatus: 200, silent: true }),
      post(
        `${AUTHZ}/selfsubjectrulesreviews`,
        { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectRulesReview', spec: { namespace: '{ns}' } },
        { as: { ...pilot, group: 'system:authenticated' } },
      ),
    ],
  },
  {
    name: 'review: a token',
    steps: [
      post(`${core('serviceaccounts')}/default/token`, {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenRequest',
        spec: { expirationSeconds: 600 },
      }),
      post(`${AUTHN}/tokenreviews`, {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenReview',
        spec: { token: '{{0.body.status.token}}' },
      }),
      post(`${AUTHN}/tokenreviews`, {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenReview',
        spec: { token: 'no.such.token' },
      }),
    ],
  },
  {
    name: 'authentication: an unknown token',
    steps: [get(core('pods'), { headers: { authorization: 'Bearer wrong' } })],
  },
  {
    name: 'impersonation: not for everyone',
    steps: [get(core('pods'), { headers: { authorization: 'Bearer wrong', 'impersonate-user': 'x' } })],
  },
];

const WEBHOOKS = '/apis/admissionregistration.k8s.io/v1';
const hook = (path: string, changes: object = {}): object => ({
  name: 'hook.example.com',
  clientConfig: { url: `{webhook}${path}`, caBundle: '{webhookCa}' },
  rules: [
    { apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps'], operations: ['CREATE', 'UPDATE', 'DELETE'] },
  ],
  namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': '{ns}' } },
  sideEffects: 'None',
  admissionReviewVersions: ['v1'],
  timeoutSeconds: 5,
  ...changes,
});
const configured = (type: 'Mutating' | 'Validating', ...hooks: readonly object[]): Step =>
  post(
    `${WEBHOOKS}/${type.toLowerCase()}webhookconfigurations`,
    {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: `${type}WebhookConfiguration`,
      metadata: { name: `${type.toLowerCase()}-{id}` },
      webhooks: hooks,
    },
    { silent: true },
  );
/** A real server takes a moment to hear of a new configuration. */
const tried = (status: number, name = 'a'): Step =>
  post(`${core('configmaps')}?dryRun=All`, configMap(name), { untilStatus: status, silent: true });

export const webhooks: readonly Case[] = [
  {
    name: 'webhook: configurations and their defaults',
    steps: [
      post(`${WEBHOOKS}/validatingwebhookconfigurations`, {
        apiVersion: 'admissionregistration.k8s.io/v1',
        kind: 'ValidatingWebhookConfiguration',
        metadata: { name: 'v-{id}' },
        webhooks: [
          {
            name: 'hook.example.com',
            clientConfig: { service: { name: 's', namespace: 'n' } },
            sideEffects: 'None',
            admissionReviewVersions: ['v1'],
          },
        ],
      }),
      post(`${WEBHOOKS}/mutatingwebhookconfigurations`, {
        apiVersion: 'admissionregistration.k8s.io/v1',
        kind: 'MutatingWebhookConfiguration',
        metadata: { name: 'm-{id}' },
        webhooks: [{ name: 'bad', clientConfig: {}, sideEffects: 'Odd', admissionReviewVersions: [] }],
      }),
    ],
  },
  {
    name: 'webhook: refuses',
    steps: [
      configured('Validating', hook('/deny')),
      tried(400),
      post(core('configmaps'), configMap('a')),
      get(`${core('configmaps')}/a`),
    ],
  },
  {
    name: 'webhook: refuses with a status of its own',
    steps: [configured('Validating', hook('/deny-status')), tried(418), post(core('configmaps'), configMap('a'))],
  },
  {
    name: 'webhook: changes',
    steps: [
      configured('Mutating', hook('/label')),
      tried(400, 'probe'),
      post(core('configmaps'), configMap('a')),
      patch(`${core('configmaps')}/a`, 'merge', { data: { settled: '1' } }),
    ],
  },
  {
    name: 'webhook: warns',
    steps: [
      configured(
        'Validating',
        hook('/deny', {
          name: 'first.example.com',
          matchConditions: [{ name: 'c', expression: "object.metadata.name == 'probe'" }],
        }),
        hook('/warn', { name: 'second.example.com' }),
      ),
      tried(400, 'probe'),
      post(core('configmaps'), configMap('a')),
    ],
  },
  {
    name: 'webhook: fails closed, and open',
    steps: [
      configured(
        'Validating',
        hook('/fail', { matchConditions: [{ name: 'c', expression: "object.metadata.name != 'open'" }] }),
        hook('/fail', { name: 'open.example.com', failurePolicy: 'Ignore' }),
      ),
      tried(500),
      post(core('configmaps'), configMap('a')),
      post(core('configmaps'), configMap('open')),
    ],
  },
  {
    name: 'webhook: of a delete',
    steps: [
      post(core('configmaps'), configMap('a'), { silent: true }),
      configured('Validating', hook('/deny')),
      tried(400, 'b'),
      del(`${core('configmaps')}/a`),
    ],
  },
  {
    name: 'webhook: what the review carries',
    steps: [
      configured('Validating', hook('/echo')),
      tried(400),
      post(`${core('configmaps')}?fieldManager=me`, configMap('a')),
    ],
  },
];
