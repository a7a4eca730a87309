import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { FLIGHT_TASKS } from '@hardpoint/api';
import { PODS } from '@hardpoint/kubernetes';
import { systemClock } from '@hardpoint/machinery';
import { temporaryFolder } from '@hardpoint/testing';
import { openDataFolder } from './cluster/data-folder.ts';
import { type EmbeddedCluster, startEmbeddedCluster } from './cluster/embedded-cluster.ts';
import { findInstallation } from './installation.ts';
import { containerPid, processesOf } from './testing/processes.ts';
import { applyStrike, authorise, stepDone, strike, untilTask } from './testing/strike.ts';

/** Each victim is killed by SIGKILL while the sortie flies, between its two releases. */
describe('kill -9 in mid-flight', () => {
  let cluster: EmbeddedCluster;
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let ending: AbortController;

  before(async () => {
    folder = await temporaryFolder();
    ending = new AbortController();
    const installation = findInstallation();
    cluster = await startEmbeddedCluster({
      data: openDataFolder(folder.path, '/'),
      port: 0,
      installation,
      env: process.env,
      clock: systemClock,
      signal: ending.signal,
      nodeArguments: ['--aircraft', '40'],
      schedulerArguments: [],
    });
  });

  after(async () => {
    await cluster?.stop();
    assert.deepEqual(processesOf(folder.path), [], 'a process was left behind');
    await folder[Symbol.asyncDispose]();
  });

  const victims: Record<string, () => number | undefined> = {
    weapon: () => containerPid(folder.path, 'weapon', 'pl15-missile'),
    'aircraft-control': () => containerPid(folder.path, 'aircraft-control'),
    'node agent': () => cluster.parts.find((part) => part.name === 'node')?.pid,
    scheduler: () => cluster.parts.find((part) => part.name === 'scheduler')?.pid,
    operator: () => cluster.parts.find((part) => part.name === 'operator')?.pid,
    'API server': () => cluster.parts.find((part) => part.name === 'apiserver')?.pid,
  };

  for (const [victim, pidOf] of Object.entries(victims)) {
    test(`${victim}: the task succeeds, no store is released twice, counts add up`, async () => {
      const name = `kill-${victim.toLowerCase().replaceAll(' ', '-')}`;
      await applyStrike(cluster.client, strike({ name, strikeSeconds: 1 }));
      await untilTask(cluster.client, name, (task) => stepDone(task, 'WeaponsReady'));
      await authorise(cluster.client, name);
      await untilTask(cluster.client, name, (task) => (task.status?.releases?.length ?? 0) >= 1);

      const pid = pidOf();
      assert.ok(pid !== undefined, `${victim} is not running`);
      process.kill(pid, 'SIGKILL');

      await untilTask(cluster.client, name, () => true);
      await authorise(cluster.client, name);
      const ended = await untilTask(
        cluster.client,
        name,
        (task) => ['Succeeded', 'Failed', 'Lost'].includes(task.status?.phase ?? '') && stepDone(task, 'PodTerminated'),
      );
      assert.equal(ended.status?.phase, 'Succeeded', ended.status?.message);
      const [status] = ended.status?.weapons ?? [];
      assert.deepEqual(
        { released: status?.released, remaining: status?.remaining, quantity: status?.quantity },
        { released: 2, remaining: 0, quantity: 2 },
      );
      const releases = ended.status?.releases ?? [];
      assert.deepEqual(
        releases.map((release) => [release.outcome, release.remaining]),
        [
          ['Released', 1],
          ['Released', 0],
        ],
      );
      assert.equal(new Set(releases.map((release) => release.jti)).size, 2, 'each release spent its own token');
      const pods = await cluster.client.list(PODS, {
        namespace: 'default',
        labelSelector: `airforce.mil/task=${name}`,
      });
      assert.equal(pods.items.length, 1, 'one Pod only');
      await cluster.client.delete(FLIGHT_TASKS, { name, namespace: 'default' });
    });
  }
});
