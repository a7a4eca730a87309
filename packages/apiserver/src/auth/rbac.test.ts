import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CLUSTER_ROLES, PODS, ROLE_BINDINGS, resourceType } from '@hardpoint/kubernetes';
import { ApiError, createClient, silentLogger, systemClock, systemRandom } from '@hardpoint/machinery';
import { startApiServer } from '../server.ts';

test('a role labelled for view widens view, and with the label gone it does no more', async () => {
  await using server = await startApiServer({
    dataDir: 'memory',
    clock: systemClock,
    random: systemRandom,
    log: silentLogger,
  });
  const admin = createClient({ transport: server.transportFor({ name: 'admin', groups: ['system:masters'] }) });
  const jane = createClient({ transport: server.transportFor({ name: 'jane', groups: [] }) });
  await admin.create(ROLE_BINDINGS, {
    metadata: { name: 'jane', namespace: 'default' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'jane' }],
  });
  await jane.list(PODS, { namespace: 'default' });
  const leases = resourceType('coordination.k8s.io', 'v1', 'leases', 'Lease');
  const refused = (error: unknown): boolean => ApiError.is(error, 'Forbidden');
  await assert.rejects(jane.list(leases, { namespace: 'default' }), refused);
  await admin.create(CLUSTER_ROLES, {
    metadata: { name: 'more', labels: { 'rbac.authorization.k8s.io/aggregate-to-view': 'true' } },
    rules: [{ apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['get', 'list', 'watch'] }],
  });
  await jane.list(leases, { namespace: 'default' });
  await admin.patch(
    CLUSTER_ROLES,
    { name: 'more' },
    { type: 'merge', body: { metadata: { labels: { 'rbac.authorization.k8s.io/aggregate-to-view': null } } } },
  );
  await assert.rejects(jane.list(leases, { namespace: 'default' }), refused);
});
