import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { goldenFile, goldenRun, goldenWeapons } from './fixtures/golden-run.ts';

for (const weapon of goldenWeapons)
  test(`${weapon}: the same seed and clock give the same telemetry, byte for byte`, async () => {
    const run = await goldenRun(weapon);
    assert.equal(run, await goldenRun(weapon));
    assert.equal(
      run,
      await readFile(goldenFile(weapon), 'utf8'),
      'npm run goldens -w @hardpoint/weapon writes it anew',
    );
  });
