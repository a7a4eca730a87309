import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

test('the committed code is what the definitions generate', () => {
  const folder = mkdtempSync('/tmp/hp-gen-');
  try {
    const template = readFileSync(join(root, 'buf.gen.yaml'), 'utf8').replace('out: src/gen', `out: ${folder}/gen`);
    writeFileSync(join(folder, 'buf.gen.yaml'), template);
    const bin = join(root, '../../node_modules/.bin');
    const { status, stderr } = spawnSync(join(bin, 'buf'), ['generate', '--template', join(folder, 'buf.gen.yaml')], {
      cwd: root,
      encoding: 'utf8',
      env: { ...process.env, PATH: `${bin}:${dirname(process.execPath)}:${process.env.PATH}` },
    });
    assert.equal(status, 0, stderr);
    const files = (at: string) =>
      readdirSync(at, { recursive: true, encoding: 'utf8' })
        .filter((name) => statSync(join(at, name)).isFile())
        .sort();
    const committed = join(root, 'src/gen');
    assert.deepEqual(files(committed), files(join(folder, 'gen')));
    for (const name of files(committed))
      assert.equal(readFileSync(join(committed, name), 'utf8'), readFileSync(join(folder, 'gen', name), 'utf8'), name);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
