import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judge } from '../fixtures/lab.ts';
import { type AircraftSpec, aircraftNode, sortiePod, WORKED_EXAMPLE } from '../fixtures/worked-example.ts';

const FIT: AircraftSpec = { name: 'a', fuel: '95', zone: 'east-sea', maintenance: '45', hardpoints: '10' };

function refusal(spec: AircraftSpec, pod = sortiePod('p')): string | undefined {
  return judge({ nodes: [aircraftNode(spec)], pod }).refusals[spec.name];
}

/** As `refusal`, with labels and annotations set (or, where null, taken away) afterwards. */
function refusalWith(changes: {
  readonly labels?: Readonly<Record<string, string | null>>;
  readonly annotations?: Readonly<Record<string, string | null>>;
}): string | undefined {
  const node = aircraftNode(FIT);
  for (const part of ['labels', 'annotations'] as const)
    for (const [key, value] of Object.entries(changes[part] ?? {})) {
      const into = (node.metadata ?? {})[part] ?? {};
      if (value === null) delete into[key];
      else into[key] = value;
    }
  return judge({ nodes: [node], pod: sortiePod('p') }).refusals[FIT.name];
}

void test('3.4 without a server', () => {
  const { result, refusals } = judge({ nodes: WORKED_EXAMPLE.map(aircraftNode), pod: sortiePod('p') });
  assert.deepEqual(
    result.feasible.map(({ node, total }) => [node.name, total]),
    [
      ['j20-01', 585],
      ['j20-02', 450],
    ],
  );
  assert.deepEqual(refusals, {
    'j20-03': 'AircraftCapability: 飞机状态不就绪: busy',
    'j20-04': 'FuelCheck: 燃料不足: 当前60%, 需要70%',
  });
});

void test('default requests bring 均衡 into trace and total', () => {
  const pod = sortiePod('p');
  const spec = pod.spec ?? { containers: [] };
  const requests = { cpu: '100m', memory: '128Mi' };
  const { result } = judge({
    nodes: WORKED_EXAMPLE.map(aircraftNode),
    pod: { ...pod, spec: { ...spec, containers: [{ name: 'w', image: 'i', resources: { requests } }] } },
  });
  assert.deepEqual(
    result.feasible[0]?.scores.map(({ plugin, raw }) => [plugin, raw]),
    [
      ['NodeResourcesBalancedAllocation', 74],
      ['FuelLevelScore', 95],
      ['LocationScore', 100],
      ['MaintenanceScore', 100],
    ],
  );
  assert.equal(result.feasible[0]?.total, 659);
});

void test('the refusals of AircraftCapability come in the order type, status, busy, hardpoints', () => {
  const pod = sortiePod('p', { annotations: { 'required-hardpoints': '11' } });
  const other = { ...sortiePod('other'), spec: { ...sortiePod('other').spec, containers: [], nodeName: 'a' } };
  const steps: readonly (readonly [AircraftSpec, string])[] = [
    [{ ...FIT, type: 'j16', status: 'repair' }, '飞机型号不匹配: 需要j20'],
    [{ ...FIT, status: 'repair' }, '飞机状态不就绪: repair'],
    [FIT, '飞机正在执行其他任务'],
  ];
  for (const [spec, text] of steps)
    assert.equal(
      judge({ nodes: [aircraftNode(spec)], others: [other], pod }).refusals['a'],
      `AircraftCapability: ${text}`,
    );
  assert.equal(refusal(FIT, pod), 'AircraftCapability: 挂载点不足: 可用10个，需要11个');
});

void test('only a living Pod of aircraft-scheduler makes an aircraft busy', () => {
  const on = (schedulerName: string, phase: string) => ({
    metadata: { name: 'x', namespace: 'default' },
    spec: { schedulerName, nodeName: 'a', containers: [] },
    status: { phase },
  });
  for (const other of [
    on('default-scheduler', 'Running'),
    on('aircraft-scheduler', 'Succeeded'),
    on('aircraft-scheduler', 'Failed'),
  ])
    assert.deepEqual(judge({ nodes: [aircraftNode(FIT)], others: [other], pod: sortiePod('p') }).refusals, {});
  assert.equal(
    judge({ nodes: [aircraftNode(FIT)], others: [on('aircraft-scheduler', 'Running')], pod: sortiePod('p') }).refusals[
      'a'
    ],
    'AircraftCapability: 飞机正在执行其他任务',
  );
});

void test('S4: a malformed label or annotation of a Node never counts as 0 or 100', () => {
  for (const value of ['abc', '-1', '150', '9.5', '1e2', '095x', ''])
    assert.equal(
      refusalWith({ labels: { 'aircraft.mil/fuel.level': value } }),
      `AircraftCapability: 标签 aircraft.mil/fuel.level 的值无效: ${JSON.stringify(value)}`,
    );
  assert.equal(
    refusalWith({ labels: { 'aircraft.mil/hardpoint.available': 'many' } }),
    'AircraftCapability: 标签 aircraft.mil/hardpoint.available 的值无效: "many"',
  );
  for (const value of ['soon', '2026-13-01', '2026-02-30', '-3', '4.5'])
    assert.equal(
      refusalWith({ annotations: { 'aircraft.mil/maintenance': value } }),
      `AircraftCapability: 注解 aircraft.mil/maintenance 的值无效: "${value}"`,
    );
});

void test('S4: what is missing on a Node', () => {
  assert.equal(refusalWith({ labels: { 'aircraft.mil/fuel.level': null } }), 'FuelCheck: 燃料未知');
  assert.equal(refusalWith({ labels: { 'aircraft.mil/status': null } }), 'AircraftCapability: 飞机状态不就绪: unknown');
  assert.match(refusalWith({ labels: { 'aircraft.mil/hardpoint.available': null } }) ?? '', /^AircraftCapability: /);
  const bare = aircraftNode({ name: 'a', fuel: '90' });
  delete bare.metadata?.labels?.['aircraft.mil/hardpoint.available'];
  const pod = sortiePod('p', { annotations: { 'required-hardpoints': '' } });
  const { result } = judge({ nodes: [bare], pod });
  assert.deepEqual(
    result.feasible[0]?.scores.map(({ plugin, raw }) => [plugin, raw]),
    [
      ['FuelLevelScore', 90],
      ['LocationScore', 30],
      ['MaintenanceScore', 20],
    ],
  );
});

void test('S4: a Pod without requirements is not checked, one with a malformed requirement is refused', () => {
  const bare = judge({
    nodes: [aircraftNode({ ...FIT, fuel: '3' })],
    pod: { metadata: { name: 'p', namespace: 'default' }, spec: { containers: [] } },
  });
  assert.equal(bare.result.feasible[0]?.scores.find(({ plugin }) => plugin === 'LocationScore')?.raw, 50);
  assert.equal(bare.result.feasible[0]?.scores.find(({ plugin }) => plugin === 'FuelLevelScore')?.raw, 0);
  for (const value of ['abc', '-1', '150']) {
    const pod = sortiePod('p', { annotations: { 'required-fuel-level': value } });
    const { result } = judge({ nodes: WORKED_EXAMPLE.map(aircraftNode), pod });
    assert.equal(result.refusal?.plugin, 'AircraftAvailability');
    assert.deepEqual(result.refusal?.reasons, [`注解 required-fuel-level 的值无效: "${value}"`]);
    assert.equal(result.notEvaluated.length, 4);
  }
});

void test('Nodes that are no aircraft are not evaluated; where none is one, 没有飞机节点', () => {
  const plain = { metadata: { name: 'plain' } };
  const { result } = judge({ nodes: [plain, aircraftNode(FIT)], pod: sortiePod('p') });
  assert.deepEqual(result.notEvaluated, ['plain']);
  assert.deepEqual(judge({ nodes: [plain], pod: sortiePod('p') }).result.refusal?.reasons, ['没有飞机节点']);
});

void test('a weapon is named by its Weapon or by its weaponType, on either side', () => {
  const weaponTypes = { 'pl15-missile': 'pl15' };
  const fits = (weapons: string, needed: string): boolean =>
    judge({
      nodes: [aircraftNode({ ...FIT, weapons })],
      pod: sortiePod('p', { annotations: { 'required-weapons': needed } }),
      weaponTypes,
    }).result.feasible.length === 1;
  assert.ok(fits('pl10, pl15-missile', 'pl15-missile'));
  assert.ok(fits('pl15', 'pl15-missile'));
  assert.ok(fits('pl15-missile', 'pl15'));
  assert.ok(fits('pl15,pl10', 'pl15-missile, pl10'));
  assert.ok(!fits('pl10', 'pl15-missile'));
  assert.equal(
    refusal({ ...FIT, weapons: 'pl10' }, sortiePod('p', { annotations: { 'required-weapons': 'pl15, pl12' } })),
    'WeaponCompatibility: 武器不兼容: 需要pl15,pl12',
  );
});

void test('nodeSelector: the aircraft type is AircraftCapability’s, every other key NodeAffinity’s', () => {
  const pod = sortiePod('p');
  const withSelector = (nodeSelector: Record<string, string>) => ({
    ...pod,
    spec: { containers: [], ...pod.spec, nodeSelector },
  });
  assert.equal(
    refusal(FIT, withSelector({ 'aircraft.type': 'j20' })),
    "NodeAffinity: node(s) didn't match Pod's node affinity/selector",
  );
  assert.equal(
    refusal(FIT, withSelector({ 'aircraft.mil/type': 'j16' })),
    'AircraftCapability: 飞机型号不匹配: 需要j16',
  );
  const config = `apiVersion: kubescheduler.config.k8s.io/v1
kind: KubeSchedulerConfiguration
profiles:
- schedulerName: aircraft-scheduler
  plugins: {filter: {enabled: [{name: NodeAffinity}]}}
`;
  assert.equal(
    judge({ config, nodes: [aircraftNode(FIT)], pod: withSelector({ 'aircraft.mil/type': 'j16' }) }).refusals['a'],
    "NodeAffinity: node(s) didn't match Pod's node affinity/selector",
  );
});

void test('a Pod that asks for what no enabled plugin decides is refused, naming the field', () => {
  const pod = sortiePod('p');
  const field = (spec: object): string | undefined =>
    judge({ nodes: [aircraftNode(FIT)], pod: { ...pod, spec: { containers: [], ...pod.spec, ...spec } } }).result
      .refusal?.reasons[0];
  assert.match(
    field({
      volumes: [
        { name: 'v', emptyDir: {} },
        { name: 'c', persistentVolumeClaim: { claimName: 'c' } },
      ],
    }) ?? '',
    /spec\.volumes\[1\]\.persistentVolumeClaim/,
  );
  assert.match(field({ topologySpreadConstraints: [{}] }) ?? '', /spec\.topologySpreadConstraints/);
  assert.match(field({ affinity: { podAntiAffinity: {} } }) ?? '', /spec\.affinity\.podAntiAffinity/);
  assert.match(field({ resourceClaims: [{ name: 'c' }] }) ?? '', /spec\.resourceClaims/);
  assert.equal(field({ volumes: [{ name: 'v', emptyDir: {} }] }), undefined);
});

void test('equal totals end in name order; adjacency holds both ways; English texts', () => {
  const twins = ['b', 'a', 'c'].map((name) => aircraftNode({ ...FIT, name }));
  assert.deepEqual(
    judge({ nodes: twins, pod: sortiePod('p') }).result.feasible.map(({ node }) => node.name),
    ['a', 'b', 'c'],
  );
  const zone = (from: string, to: string) =>
    judge({
      nodes: [aircraftNode({ ...FIT, zone: from })],
      pod: sortiePod('p', { annotations: { 'target-zone': to } }),
    }).result.feasible[0]?.scores.find(({ plugin }) => plugin === 'LocationScore')?.raw;
  assert.deepEqual(
    [zone('yellow-sea', 'east-sea'), zone('east-sea', 'yellow-sea'), zone('south-sea', 'yellow-sea'), zone('', '')],
    [70, 70, 30, 50],
  );
  assert.equal(
    judge({ locale: 'en', nodes: [aircraftNode({ ...FIT, status: 'busy' })], pod: sortiePod('p') }).refusals['a'],
    'AircraftCapability: aircraft not ready: busy',
  );
});
