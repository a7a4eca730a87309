import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { SCHEDULING_RECORDS, WEAPONS } from '@hardpoint/api';
import {
  CLUSTER_ROLE_BINDINGS,
  CLUSTER_ROLES,
  EVENTS,
  type EventsEvent,
  NODES,
  PODS,
  type Pod,
  type Stored,
} from '@hardpoint/kubernetes';
import { ApiError, createClient, systemClock, type Transport } from '@hardpoint/machinery';
import { eventually, startTestApi, type TestApi } from '@hardpoint/testing';
import { Registry } from '@prometheus-io/client';
import { startScheduler, testConfig } from './fixtures/running-scheduler.ts';
import { bound, createAircraft, prepareApi, sortiePod, WORKED_EXAMPLE } from './fixtures/worked-example.ts';
import { policyRules } from './policy.ts';
import type { SchedulerDecision } from './records/decision.ts';

let api: TestApi;
before(async () => {
  api = await startTestApi();
  await prepareApi(api.client);
});
after(async () => {
  await api[Symbol.asyncDispose]();
});

async function reset(): Promise<void> {
  const { client } = api;
  for (const { metadata } of (await client.list(PODS)).items)
    await client.delete(PODS, { namespace: metadata.namespace, name: metadata.name }, { gracePeriodSeconds: 0 });
  for (const { metadata } of (await client.list(NODES)).items) await client.delete(NODES, { name: metadata.name });
}

async function eventOf(pod: string, reason: string): Promise<Stored<EventsEvent>> {
  return await eventually(async () => {
    const { items } = await api.client.list(EVENTS, { namespace: 'default' });
    const found = items.find((event) => event.reason === reason && event.regarding?.name === pod);
    assert.ok(found, `no ${reason} of ${pod}`);
    return found;
  });
}

async function decisionsOf(pod: string): Promise<readonly SchedulerDecision[]> {
  const record = await api.client.get(SCHEDULING_RECORDS, { namespace: 'default', name: pod });
  return record.decisions as SchedulerDecision[];
}

const scheduledCondition = (pod: Stored<Pod>) =>
  (pod.status?.conditions ?? []).find(({ type }) => type === 'PodScheduled');

void test('a Pod that fits nowhere says why, and is placed once that changes', async () => {
  await reset();
  const { client } = api;
  for (const aircraft of WORKED_EXAMPLE)
    await createAircraft(client, { ...aircraft, name: `w-${aircraft.name}`, fuel: '60' });
  await using _scheduler = startScheduler(client);
  await client.create(PODS, sortiePod('waits'));
  const message = '0/4 架飞机可用: 3 燃料不足: 当前60%, 需要70%, 1 飞机状态不就绪: busy';
  const event = await eventOf('waits', 'FailedScheduling');
  assert.equal(event.note, message);
  assert.equal(event.type, 'Warning');
  await eventually(async () => {
    const condition = scheduledCondition(await client.get(PODS, { namespace: 'default', name: 'waits' }));
    assert.deepEqual([condition?.status, condition?.reason, condition?.message], ['False', 'Unschedulable', message]);
  });
  await eventually(async () => assert.equal((await decisionsOf('waits')).at(-1)?.selected, null));
  await client.patch(
    NODES,
    { name: 'w-j20-02' },
    { type: 'merge', body: { metadata: { labels: { 'aircraft.mil/fuel.level': '81' } } } },
  );
  assert.equal((await bound(client, 'waits')).spec?.nodeName, 'w-j20-02');
  await eventually(async () => {
    const decisions = await decisionsOf('waits');
    assert.deepEqual(
      decisions.map(({ outcome, selected }) => [outcome, selected]),
      [
        ['pending', null],
        ['bound', 'w-j20-02'],
      ],
    );
  });
});

void test('a malformed requirement refuses the Pod; a corrected one places it', async () => {
  await reset();
  const { client } = api;
  await createAircraft(client, { name: 'm-1', fuel: '90', zone: 'east-sea', maintenance: '45' });
  await using _scheduler = startScheduler(client);
  await client.create(PODS, sortiePod('malformed', { annotations: { 'required-fuel-level': 'abc' } }));
  const event = await eventOf('malformed', 'FailedScheduling');
  assert.equal(event.note, '0/1 架飞机可用: 注解 required-fuel-level 的值无效: "abc"');
  await client.patch(
    PODS,
    { namespace: 'default', name: 'malformed' },
    { type: 'merge', body: { metadata: { annotations: { 'required-fuel-level': '70' } } } },
  );
  await bound(client, 'malformed');
});

void test('the next sortie takes the aircraft when the last one has ended, in the order of priority', async () => {
  await reset();
  const { client } = api;
  await createAircraft(client, { name: 'only', fuel: '90', zone: 'east-sea', maintenance: '45' });
  await using _scheduler = startScheduler(client);
  await client.create(PODS, sortiePod('flies'));
  await bound(client, 'flies');
  await client.create(PODS, sortiePod('low'));
  await client.create(PODS, sortiePod('high', { annotations: { 'airforce.mil/task-priority': '5' } }));
  for (const name of ['low', 'high'])
    assert.equal((await eventOf(name, 'FailedScheduling')).note, '0/1 架飞机可用: 1 飞机正在执行其他任务');
  const land = async (name: string) => {
    await client.patch(
      PODS,
      { namespace: 'default', name },
      { type: 'merge', body: { status: { phase: 'Succeeded' } } },
      { subresource: 'status' },
    );
  };
  // Both are past their first back-off, so that priority alone decides.
  await systemClock.sleep(200);
  await land('flies');
  await bound(client, 'high');
  assert.equal((await client.get(PODS, { namespace: 'default', name: 'low' })).spec?.nodeName ?? '', '');
  await land('high');
  await bound(client, 'low');
});

void test('an answer to a Binding that is lost is read back: bound once, recorded once', async () => {
  await reset();
  const { client } = api;
  await createAircraft(client, { name: 'lossy', fuel: '90', zone: 'east-sea', maintenance: '45' });
  let bindings = 0;
  const transport: Transport = {
    request: async (request) => {
      const response = await api.transport.request(request);
      if (request.method !== 'POST' || !request.path.includes('/binding')) return response;
      bindings += 1;
      for await (const _chunk of response.body);
      throw new ApiError({ code: 'Unreachable', message: 'the connection was lost' });
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  await using _scheduler = startScheduler(createClient({ transport }));
  await client.create(PODS, sortiePod('lost-answer'));
  await bound(client, 'lost-answer');
  await eventually(async () => {
    const decisions = await decisionsOf('lost-answer');
    assert.deepEqual(
      decisions.map(({ outcome }) => outcome),
      ['bound'],
    );
  });
  assert.equal(bindings, 1);
});

void test('a Pod that changes while it is being bound is judged anew at once', async () => {
  await reset();
  const { client } = api;
  await createAircraft(client, { name: 'r-1', fuel: '90', zone: 'east-sea', maintenance: '45' });
  let touched = false;
  const transport: Transport = {
    request: async (request) => {
      if (!touched && request.method === 'POST' && request.path.includes('/binding')) {
        touched = true;
        const body = { metadata: { annotations: { touched: 'yes' } } };
        await client.patch(PODS, { namespace: 'default', name: 'racing' }, { type: 'merge', body });
      }
      return await api.transport.request(request);
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  await using _scheduler = startScheduler(createClient({ transport }));
  await client.create(PODS, sortiePod('racing'));
  await bound(client, 'racing');
  await eventually(async () => {
    const decisions = await decisionsOf('racing');
    assert.deepEqual(
      decisions.map(({ outcome, selected }) => [outcome, selected]),
      [
        ['not-bound', null],
        ['bound', 'r-1'],
      ],
    );
  });
});

void test('the policy rules are enough', async () => {
  await reset();
  const { client } = api;
  const name = 'scheduler-under-test';
  await client.create(CLUSTER_ROLES, { metadata: { name }, rules: [...policyRules] });
  await client.create(CLUSTER_ROLE_BINDINGS, {
    metadata: { name },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name }],
  });
  await createAircraft(client, { name: 'p-1', fuel: '90', zone: 'east-sea', maintenance: '45' });
  const { leaderElection } = testConfig();
  const config = { ...testConfig(), leaderElection: { ...leaderElection, leaderElect: true } };
  await using _scheduler = startScheduler(api.clientFor({ name }), { config });
  await client.create(PODS, sortiePod('permitted'));
  await bound(client, 'permitted');
  await client.create(PODS, sortiePod('refused'));
  await eventOf('refused', 'FailedScheduling');
  await eventually(async () => assert.equal((await decisionsOf('permitted')).at(-1)?.outcome, 'bound'));
  await eventually(async () => assert.equal((await decisionsOf('refused')).at(-1)?.outcome, 'pending'));
  await client.delete(PODS, { namespace: 'default', name: 'permitted' }, { gracePeriodSeconds: 0 });
  await bound(client, 'refused');
});

void test('gates, weapons that appear later, the stock profile, and metrics', async () => {
  await reset();
  const { client } = api;
  await createAircraft(client, { name: 'g-1', fuel: '90', zone: 'east-sea', maintenance: '45', weapons: 'pl15' });
  const metrics = new Registry();
  await using _scheduler = startScheduler(client, { stockProfile: true, metrics, config: testConfig() });
  const pod = sortiePod('gated', { annotations: { 'required-weapons': 'pl15-missile' } });
  await client.create(PODS, { ...pod, spec: { containers: [], ...pod.spec, schedulingGates: [{ name: 'mil/hold' }] } });
  const plain = {
    metadata: { name: 'plain', namespace: 'default' },
    spec: { containers: [{ name: 'c', image: 'i' }] },
  };
  await client.create(PODS, plain);
  assert.equal((await bound(client, 'plain')).spec?.nodeName, 'g-1');
  assert.equal((await eventOf('plain', 'Scheduled')).note, 'Successfully assigned default/plain to g-1');
  assert.equal((await eventOf('plain', 'Scheduled')).reportingController, 'default-scheduler');
  await client.patch(
    PODS,
    { namespace: 'default', name: 'gated' },
    { type: 'merge', body: { spec: { schedulingGates: null } } },
  );
  assert.equal((await eventOf('gated', 'FailedScheduling')).note, '0/1 架飞机可用: 1 武器不兼容: 需要pl15-missile');
  await client.create(WEAPONS, {
    metadata: { name: 'pl15-missile', namespace: 'weapons' },
    spec: { weaponType: 'pl15', image: { repository: 'registry.mil/weapons/pl15-missile', tag: 'v2.3.0' } },
  } as never);
  await bound(client, 'gated');
  const text = await metrics.metrics();
  assert.match(
    text,
    /hardpoint_scheduler_schedule_attempts_total\{profile="aircraft-scheduler",result="scheduled"\} 1/,
  );
  assert.match(text, /hardpoint_scheduler_pending_pods\{queue="active"\} 0/);
});
