import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CONFIG_MAPS, SERVICE_ACCOUNTS } from '@hardpoint/kubernetes';
import { createClient, silentLogger, systemClock, systemRandom } from '@hardpoint/machinery';
import { temporaryFolder } from '@hardpoint/testing';
import { startApiServer } from '../server.ts';

test('a restart deletes nothing that has its owner, whichever kind is read first', async () => {
  await using folder = await temporaryFolder();
  const start = () =>
    startApiServer({ dataDir: folder.path, clock: systemClock, random: systemRandom, log: silentLogger });
  const admin = { name: 'admin', groups: ['system:masters'] };
  {
    await using server = await start();
    const client = createClient({ transport: server.transportFor(admin) });
    // The owner's kind (serviceaccounts) is read after the dependents' (configmaps).
    const owner = await client.create(SERVICE_ACCOUNTS, { metadata: { name: 'owner', namespace: 'default' } });
    for (const name of ['first', 'second', 'third']) {
      await client.create(CONFIG_MAPS, {
        metadata: {
          name,
          namespace: 'default',
          ownerReferences: [
            { apiVersion: 'v1', kind: 'ServiceAccount', name: 'owner', uid: owner.metadata.uid, controller: true },
          ],
        },
      });
    }
  }
  await using server = await start();
  const client = createClient({ transport: server.transportFor(admin) });
  await systemClock.sleep(300);
  const left = await client.list(CONFIG_MAPS, { namespace: 'default' });
  assert.deepEqual(
    left.items.map((one) => one.metadata.name).filter((name) => name !== 'kube-root-ca.crt'),
    ['first', 'second', 'third'],
  );
});
