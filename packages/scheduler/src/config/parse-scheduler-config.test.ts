import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DOCUMENT_CONFIG } from '../fixtures/lab.ts';
import { SchedulerConfigError } from './config-error.ts';
import { parseSchedulerConfig } from './parse-scheduler-config.ts';
import type { ProfileConfig } from './scheduler-config.ts';

const HEAD = 'apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n';

function parse(text: string): ProfileConfig {
  const profile = parseSchedulerConfig(text, { file: 'c.yaml' }).profiles[0];
  assert.ok(profile);
  return profile;
}

/** The messages of what is wrong with a file. */
function problems(text: string): readonly string[] {
  try {
    parseSchedulerConfig(text, { file: 'c.yaml' });
  } catch (error) {
    assert.ok(error instanceof SchedulerConfigError, String(error));
    return error.message.split('\n');
  }
  return [];
}

const plugins = (text: string): string =>
  `${HEAD}profiles:\n- schedulerName: s\n  plugins:\n${text.replace(/^/gm, '    ')}\n`;

void test('the document’s file as it stands', () => {
  const { schedulerName, points, weights, plugins: configured } = parse(DOCUMENT_CONFIG);
  assert.equal(schedulerName, 'aircraft-scheduler');
  assert.deepEqual(points.preFilter, [
    'NodeResourcesFit',
    'AircraftAvailability',
    'DecidedFields',
    'NodePorts',
    'AircraftClaim',
  ]);
  assert.deepEqual(points.filter, [
    'NodeResourcesFit',
    'NodeAffinity',
    'TaintToleration',
    'AircraftCapability',
    'FuelCheck',
    'WeaponCompatibility',
    'NodeName',
    'NodeUnschedulable',
    'NodePorts',
    'AircraftClaim',
  ]);
  assert.deepEqual(points.score, [
    'NodeResourcesBalancedAllocation',
    'FuelLevelScore',
    'LocationScore',
    'MaintenanceScore',
  ]);
  assert.deepEqual(
    [...weights],
    [
      ['NodeResourcesBalancedAllocation', 1],
      ['FuelLevelScore', 3],
      ['LocationScore', 2],
      ['MaintenanceScore', 1],
    ],
  );
  assert.deepEqual(
    [points.queueSort, points.preEnqueue, points.bind],
    [['PrioritySort'], ['SchedulingGates'], ['DefaultBinder']],
  );
  assert.deepEqual(configured.get('FuelLevelScore')?.args, { minimumFuelThreshold: 30 });
});

void test('only what is listed is enabled; a missing weight is 1; preFilter brings its Filter, score its PreScore', () => {
  const { points, weights } = parse(
    plugins('preFilter: {enabled: [{name: NodeResourcesFit}]}\nscore: {enabled: [{name: TaintToleration}]}'),
  );
  assert.deepEqual(points.filter, ['NodeResourcesFit', 'NodeName', 'NodeUnschedulable', 'NodePorts', 'AircraftClaim']);
  assert.deepEqual(points.preScore, ['TaintToleration']);
  assert.equal(weights.get('TaintToleration'), 1);
  assert.deepEqual(parse(`${HEAD}profiles: [{schedulerName: s}]`).points.bind, ['DefaultBinder']);
});

void test('disabled lists and multiPoint', () => {
  const { points, weights } = parse(
    plugins(
      'multiPoint: {enabled: [{name: NodeResourcesFit, weight: 4}, {name: TaintToleration}]}\n' +
        'score: {enabled: [{name: TaintToleration, weight: 7}], disabled: [{name: "*"}]}\n' +
        'filter: {disabled: [{name: TaintToleration}]}',
    ),
  );
  assert.deepEqual(points.score, ['TaintToleration']);
  assert.equal(weights.get('TaintToleration'), 7);
  assert.ok(points.filter.includes('NodeResourcesFit'));
  assert.ok(!points.filter.includes('TaintToleration'));
  assert.match(problems(plugins('filter: {disabled: [{name: NodePorts}]}')).join(), /NodePorts is always on/);
});

void test('two profiles; the same name twice is an error', () => {
  const two = parseSchedulerConfig(`${HEAD}profiles: [{schedulerName: a}, {schedulerName: b}, {}]`, { file: 'c' });
  assert.deepEqual(
    two.profiles.map(({ schedulerName }) => schedulerName),
    ['a', 'b', 'default-scheduler'],
  );
  assert.match(problems(`${HEAD}profiles: [{schedulerName: a}, {schedulerName: a}]`).join(), /is there twice/);
});

void test('what is wrong is named with file, line, value and what is allowed', () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    [
      DOCUMENT_CONFIG.replace('plugins:', 'plugin:'),
      /^c\.yaml:6:3: profiles\[0\]\.plugin: unknown key "plugin"; allowed: schedulerName, .*plugins/,
    ],
    [
      DOCUMENT_CONFIG.replace('weight: 3 ', 'weight: heavy '),
      /^c\.yaml:\d+:17: profiles\[0\]\.plugins\.score\.enabled\[1\]\.weight: "heavy" is not allowed; allowed: a whole number from 0/,
    ],
    [DOCUMENT_CONFIG.replace('weight: 3 ', 'weight: -3 '), /-3 is not allowed/],
    [
      DOCUMENT_CONFIG.replace('FuelCheck  ', 'FuelChek  '),
      /^c\.yaml:19:15: .*filter\.enabled\[3\]\.name: unknown plugin "FuelChek"; allowed: .*FuelCheck/,
    ],
    [
      DOCUMENT_CONFIG.replace('- name: DefaultBinder', '- name: FuelCheck'),
      /plugin FuelCheck has no bind; allowed: DefaultBinder/,
    ],
    [
      DOCUMENT_CONFIG.replace('minimumFuelThreshold: 30', 'minimumFuelThreshold: 130'),
      /minimumFuelThreshold: 130 is not allowed; allowed: a whole number from 0 to 100/,
    ],
    [
      DOCUMENT_CONFIG.replace('minimumFuelThreshold: 30', 'minimumFuel: 30'),
      /unknown key "minimumFuel"; allowed: minimumFuelThreshold/,
    ],
    [
      DOCUMENT_CONFIG.replace('["east-sea"]', 'east-sea'),
      /adjacentZones\.south-sea: "east-sea" is not a list; allowed: a list/,
    ],
    [
      DOCUMENT_CONFIG.replace('/v1', '/v1beta3'),
      /apiVersion: "kubescheduler\.config\.k8s\.io\/v1beta3" is not allowed; allowed: kubescheduler\.config\.k8s\.io\/v1$/,
    ],
    [DOCUMENT_CONFIG.replace('kind: KubeSchedulerConfiguration\n', ''), /kind is missing/],
    [`${HEAD}profiles: []`, /no profile/],
    [HEAD, /profiles is missing/],
    ['', /^c\.yaml: no YAML documents/],
    ['a: 1\n---\nb: 2\n', /^c\.yaml: 2 YAML documents/],
    [`${HEAD}profiles: [\n`, /^c\.yaml:4:/],
    [`${HEAD}kind: X\n`, /^c\.yaml:3:1: Map keys must be unique/],
    [
      `${HEAD}leaderElection: {leaseDuration: soon}\nprofiles: [{}]`,
      /leaseDuration: "soon" is not allowed; allowed: a duration/,
    ],
    [`${HEAD}extenders: [{urlPrefix: x}]\nprofiles: [{}]`, /extenders are not supported; allowed: an empty list/],
    [`${HEAD}percentageOfNodesToScore: 50\nprofiles: [{}]`, /every node is judged; allowed: 0, 100/],
    [plugins('score: {enabled: [{weight: 2}]}'), /name is missing/],
    [plugins('filter: {enabled: [{name: NodeAffinity}, {name: NodeAffinity}]}'), /listed twice/],
    [plugins('filter: {enabled: [{name: NodeAffinity, weight: 2}]}'), /a weight has no meaning at filter/],
  ];
  for (const [text, message] of cases) assert.match(problems(text).join('\n'), message);
});

void test('several problems are told at once', () => {
  const text = DOCUMENT_CONFIG.replace('weight: 3 ', 'weight: x ').replace('plugins:', 'plugins:\n    frobnicate: {}');
  assert.equal(problems(text).length, 2);
});

void test('leader election, back-off and parallelism', () => {
  const config = parseSchedulerConfig(
    `${HEAD}podInitialBackoffSeconds: 2\npodMaxBackoffSeconds: 20\nparallelism: 4
leaderElection: {leaderElect: false, leaseDuration: 1m30s, renewDeadline: 20s, retryPeriod: 500ms, resourceLock: leases}
clientConnection: {qps: 50, burst: 100, kubeconfig: ""}
profiles: [{}]`,
    { file: 'c' },
  );
  assert.deepEqual(
    [config.podInitialBackoffMs, config.podMaxBackoffMs, config.parallelism, config.leaderElection.leaderElect],
    [2000, 20_000, 4, false],
  );
  assert.deepEqual([config.leaderElection.leaseDurationMs, config.leaderElection.retryPeriodMs], [90_000, 500]);
});

void test('plugin arguments of kube-scheduler’s plugins are checked', () => {
  const args = (name: string, text: string): string =>
    `${HEAD}profiles:\n- pluginConfig:\n  - name: ${name}\n    args: ${text}\n`;
  assert.deepEqual(
    problems(args('NodeResourcesFit', '{kind: NodeResourcesFitArgs, scoringStrategy: {type: MostAllocated}}')),
    [],
  );
  assert.match(
    problems(args('NodeResourcesFit', '{scoringStrategy: {type: RequestedToCapacityRatio}}')).join(),
    /requestedToCapacityRatio is missing/,
  );
  assert.match(
    problems(
      args(
        'NodeAffinity',
        '{addedAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [{key: a, operator: Is}]}]}}}',
      ),
    ).join(),
    /operator: "Is" is not allowed; allowed: In, NotIn/,
  );
  assert.match(problems(args('FuelCheck', '{x: 1}')).join(), /unknown key "x"; allowed: nothing/);
});

void test('whatever the text, the answer is a configuration or a SchedulerConfigError', () => {
  const lines = DOCUMENT_CONFIG.split('\n');
  fc.assert(
    fc.property(fc.nat(lines.length - 1), fc.string(), fc.boolean(), (at, junk, replace) => {
      const text = lines.toSpliced(at, replace ? 1 : 0, junk).join('\n');
      try {
        parseSchedulerConfig(text, { file: 'c.yaml' });
      } catch (error) {
        assert.ok(error instanceof SchedulerConfigError, String(error));
        assert.ok(error.problems.length > 0);
      }
    }),
    { numRuns: 300 },
  );
});
