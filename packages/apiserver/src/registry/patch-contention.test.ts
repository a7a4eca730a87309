import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CONFIG_MAPS } from '@hardpoint/kubernetes';
import { ApiError, createClient, silentLogger, systemClock, systemRandom } from '@hardpoint/machinery';
import { startApiServer } from '../server.ts';

test('patches that meet each other all count; updates of a version that is gone are refused', async () => {
  await using server = await startApiServer({
    dataDir: 'memory',
    clock: systemClock,
    random: systemRandom,
    log: silentLogger,
  });
  const client = createClient({ transport: server.transportFor({ name: 'admin', groups: ['system:masters'] }) });
  const place = { namespace: 'default', name: 'busy' };
  const made = await client.create(CONFIG_MAPS, { metadata: place, data: {} });
  await Promise.all(
    Array.from({ length: 15 }, (_, index) =>
      client.patch(CONFIG_MAPS, place, { type: 'merge', body: { data: { [`key-${index}`]: 'x' } } }),
    ),
  );
  const now = await client.get(CONFIG_MAPS, place);
  assert.equal(Object.keys(now.data ?? {}).length, 15);
  const outcomes = await Promise.allSettled(
    Array.from({ length: 5 }, (_, index) => client.update(CONFIG_MAPS, { ...now, data: { winner: String(index) } })),
  );
  assert.equal(outcomes.filter((one) => one.status === 'fulfilled').length, 1);
  for (const one of outcomes) if (one.status === 'rejected') assert.ok(ApiError.is(one.reason, 'Conflict'));
  await assert.rejects(client.update(CONFIG_MAPS, { ...made, data: {} }), (error) => ApiError.is(error, 'Conflict'));
});
