import assert from 'node:assert/strict';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '@hardpoint/testing';
import fc from 'fast-check';
import { writeAtomicFolder } from './atomic-folder.ts';

const names = fc.constantFrom('a', 'b.yaml', 'sub/c', 'sub/d', 'e');
const content = fc.dictionary(names, fc.string({ maxLength: 8 }), { maxKeys: 4 });

async function shown(folder: string): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for (const name of (await readdir(folder)).filter((each) => !each.startsWith('..'))) {
    const path = join(folder, name);
    const paths = (await stat(path)).isDirectory() ? (await readdir(path)).map((each) => `${name}/${each}`) : [name];
    for (const each of paths) files[each] = await readFile(join(folder, each), 'utf8');
  }
  return files;
}

void test('a projected folder shows exactly the last content, and only one version remains', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(content, { minLength: 1, maxLength: 4 }), async (versions) => {
      await using folder = await temporaryFolder();
      const path = join(folder.path, 'v');
      let before: string | undefined;
      for (const [at, version] of versions.entries()) {
        const entries = Object.entries(version).map(
          ([name, text]) => [name, { content: Buffer.from(text), mode: 0o640 }] as const,
        );
        const changed = await writeAtomicFolder({ folder: path, files: new Map(entries), stamp: `v${at}` });
        const now = JSON.stringify(Object.entries(version).sort());
        assert.equal(changed, now !== before);
        before = now;
        assert.deepEqual(await shown(path), { ...version });
      }
      assert.equal((await readdir(path)).filter((name) => /^\.\.v/.test(name)).length, 1);
    }),
    { numRuns: 40 },
  );
});
