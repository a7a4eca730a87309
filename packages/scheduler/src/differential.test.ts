import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, openSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { NODES, PODS } from '@hardpoint/kubernetes';
import { type Client, seededRandom } from '@hardpoint/machinery';
import { eventually, startTestApi, temporaryFolder } from '@hardpoint/testing';
import { stockProfile } from './config/profile-config.ts';
import { judge } from './fixtures/lab.ts';
import { randomCluster } from './fixtures/random-cluster.ts';
import { createAircraft } from './fixtures/worked-example.ts';
import { schedulerTexts } from './texts.ts';
import { pendingMessage } from './trace/pending-message.ts';

const ASSETS = process.env['KUBEBUILDER_ASSETS'] ?? '';
const BINARY = `${ASSETS}/kube-scheduler`;
const NODE_COUNT = 9;
const POD_COUNT = 40;
const SEED = Number(process.env['HARDPOINT_TEST_SEED'] ?? 1);

/** The same plugins that the stock profile has, and nothing else. */
const KUBE_CONFIG = (kubeconfig: string): string => `apiVersion: kubescheduler.config.k8s.io/v1
kind: KubeSchedulerConfiguration
leaderElection: {leaderElect: false}
percentageOfNodesToScore: 100
clientConnection: {kubeconfig: ${kubeconfig}}
profiles:
- schedulerName: default-scheduler
  plugins:
    multiPoint:
      enabled:
      - name: PrioritySort
      - name: SchedulingGates
      - name: NodeUnschedulable
      - name: NodeName
      - {name: TaintToleration, weight: 3}
      - {name: NodeAffinity, weight: 2}
      - name: NodePorts
      - name: NodeResourcesFit
      - name: NodeResourcesBalancedAllocation
      - name: DefaultBinder
      disabled: [{name: "*"}]
`;

/** kube-scheduler's scores of a Pod in its log: plugin and node to weighted score. */
function scoresIn(log: string, pod: string): Readonly<Record<string, number>> {
  const scores: Record<string, number> = {};
  const line = new RegExp(
    `"Plugin scored node for pod" pod="default/${pod}" plugin="(\\w+)" node="([\\w-]+)" score=(\\d+)`,
    'g',
  );
  for (const [, plugin, node, score] of log.matchAll(line)) scores[`${node}/${plugin}`] = Number(score);
  return scores;
}

async function decided(client: Client, name: string): Promise<{ readonly node: string; readonly message: string }> {
  return await eventually(async () => {
    const pod = await client.get(PODS, { namespace: 'default', name });
    const node = pod.spec?.nodeName ?? '';
    const condition = (pod.status?.conditions ?? []).find(({ type }) => type === 'PodScheduled');
    assert.ok(node !== '' || condition?.reason === 'Unschedulable');
    return { node, message: condition?.message ?? '' };
  });
}

const skip = existsSync(BINARY) ? false : 'needs KUBEBUILDER_ASSETS with kube-scheduler';

void test('the stock plugins judge random Pods as the real kube-scheduler does', { skip }, async () => {
  await using api = await startTestApi({ engine: 'real' });
  const { client } = api;
  await using folder = await temporaryFolder();
  const { node, pod } = randomCluster(seededRandom(SEED));
  for (let index = 0; index < NODE_COUNT; index += 1) await createAircraft(client, node(`n${index}`));
  await writeFile(`${folder.path}/config.yaml`, KUBE_CONFIG(api.kubeconfigFile));
  const logFile = `${folder.path}/log`;
  const log = openSync(logFile, 'a');
  // Batching lets kube-scheduler take a like Pod's second choice without scoring anew, so there would be nothing to compare.
  const flags = ['--secure-port=0', '--v=10', '--feature-gates=OpportunisticBatching=false'];
  const child = spawn(BINARY, [`--config=${folder.path}/config.yaml`, ...flags], { stdio: ['ignore', log, log] });
  const exited = once(child, 'exit');
  let placed = 0;
  let scored = 0;
  try {
    for (let index = 0; index < POD_COUNT; index += 1) {
      const name = `p${index}`;
      const nodes = (await client.list(NODES)).items;
      const others = (await client.list(PODS, { namespace: 'default' })).items;
      const created = await client.create(PODS, pod(name));
      const kube = await decided(client, name);
      const config = stockProfile();
      const { result, snapshot } = judge({ config, nodes, others, pod: created });
      const label = `seed ${SEED}, ${name}: ${JSON.stringify(created.spec)}`;
      if (kube.node === '') {
        assert.deepEqual(result.feasible, [], label);
        const message = pendingMessage({ attempt: result, snapshot, kind: 'stock', texts: schedulerTexts('en') });
        assert.equal(kube.message, message, label);
        await client.delete(PODS, { namespace: 'default', name }, { gracePeriodSeconds: 0 });
        continue;
      }
      placed += 1;
      const best = result.feasible.filter(({ total }) => total === result.feasible[0]?.total);
      assert.ok(
        best.some((candidate) => candidate.node.name === kube.node),
        `${label} went to ${kube.node}, not to one of ${best.map((candidate) => candidate.node.name)}`,
      );
      if (result.feasible.length < 2) continue;
      const ours = Object.fromEntries(
        result.feasible.flatMap((candidate) =>
          candidate.scores.map(({ plugin, weighted }) => [`${candidate.node.name}/${plugin}`, weighted]),
        ),
      );
      const theirs = await eventually(async () => {
        const found = scoresIn(await readFile(logFile, 'utf8'), name);
        assert.ok(Object.keys(found).length > 0, `no scores of ${name} in the log`);
        return found;
      });
      assert.deepEqual(ours, theirs, label);
      scored += 1;
    }
  } finally {
    child.kill('SIGKILL');
    await exited;
  }
  assert.ok(placed > POD_COUNT / 5 && scored > POD_COUNT / 10, `${placed} placed, ${scored} scored`);
});
