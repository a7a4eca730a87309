import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { NAMESPACES, SCHEDULING_RECORDS } from '@hardpoint/api';
import { EVENTS, LEASES, PODS } from '@hardpoint/kubernetes';
import { eventually, startTestApi, temporaryFolder } from '@hardpoint/testing';
import { parseSchedulerConfig } from './config/parse-scheduler-config.ts';
import { type CrashPoint, WRITES } from './fixtures/crashing-transport.ts';
import { DOCUMENT_CONFIG } from './fixtures/lab.ts';
import { startScheduler, testConfig } from './fixtures/running-scheduler.ts';
import { bound, createAircraft, prepareApi, sortiePod } from './fixtures/worked-example.ts';
import type { SchedulerDecision } from './records/decision.ts';

const MAIN = fileURLToPath(new URL('./fixtures/scheduler-main.ts', import.meta.url));
/** Processes at once. */
const AT_ONCE = 4;

interface Trial {
  readonly point: CrashPoint;
  readonly name: string;
}

const TRIALS: readonly Trial[] = WRITES.flatMap((write) =>
  (['before', 'after'] as const).map((when) => ({ point: `${when}:${write}` as const, name: `${when}-${write}` })),
);

const configOf = ({ name }: Trial): string =>
  `${DOCUMENT_CONFIG.replace('aircraft-scheduler', `s-${name}`)}\nleaderElection: {leaderElect: false}\n`;

/** Runs the scheduler as a process until it has killed itself. */
async function crash(trial: Trial, kubeconfig: string, folder: string): Promise<void> {
  const config = `${folder}/${trial.name}.yaml`;
  await writeFile(config, configOf(trial));
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', MAIN], {
    env: { KUBECONFIG: kubeconfig, SCHEDULER_CONFIG: config, CRASH_AT: trial.point },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [, signal] = await once(child, 'exit');
  assert.equal(signal, 'SIGKILL', `${trial.point} was never reached`);
}

void test('kill -9 before and after every write between PreBind and PostBind: one Binding, one claim, nothing lost', async () => {
  await using api = await startTestApi();
  const { client } = api;
  await prepareApi(client);
  await using folder = await temporaryFolder();
  for (const { name } of TRIALS) {
    await createAircraft(client, { name: `a-${name}`, type: name, fuel: '90', zone: 'east-sea', maintenance: '45' });
    const pod = sortiePod(name);
    const spec = {
      containers: [],
      ...pod.spec,
      schedulerName: `s-${name}`,
      nodeSelector: { 'aircraft.mil/type': name },
    };
    await client.create(PODS, { ...pod, spec });
  }
  const waiting = [...TRIALS];
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let trial = waiting.shift(); trial !== undefined; trial = waiting.shift())
        await crash(trial, api.kubeconfigFile, folder.path);
    }),
  );
  const profiles = TRIALS.flatMap((trial) => parseSchedulerConfig(configOf(trial), { file: 'crash.yaml' }).profiles);
  await using _successor = startScheduler(client, { config: { ...testConfig(), profiles } });
  for (const { name, point } of TRIALS) {
    const pod = await bound(client, name);
    assert.equal(pod.spec?.nodeName, `a-${name}`, point);
    const lease = await client.get(LEASES, { namespace: NAMESPACES.aircraft, name: `a-${name}` });
    assert.equal(lease.spec?.holderIdentity, pod.metadata.uid, point);
    await eventually(async () => {
      const record = await client.get(SCHEDULING_RECORDS, { namespace: 'default', name });
      const last = record.decisions.at(-1) as SchedulerDecision | undefined;
      assert.deepEqual([last?.outcome, last?.selected], ['bound', `a-${name}`], point);
      assert.equal(record.decisions.filter(({ selected }) => selected !== null).length, 1, point);
      const { items } = await client.list(EVENTS, { namespace: 'default' });
      const events = items.filter((event) => event.reason === 'Scheduled' && event.regarding?.name === name);
      assert.equal(events.length, 1, `${events.length} Events after ${point}`);
      assert.match(events[0]?.note ?? '', /^成功调度到节点 /);
    });
  }
});
