import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** From the ground up: a package may depend on those before it only. */
const order = [
  'kubernetes',
  'api',
  'wip',
  'machinery',
  'apiserver',
  'node',
  'scheduler',
  'operator',
  'weapon',
  'aircraft',
  'console',
  'cli',
];
/** Pairs that the order would allow and the design does not. */
const forbidden: Record<string, readonly string[]> = {
  machinery: ['api', 'wip'],
  apiserver: ['api', 'wip'],
  node: ['apiserver'],
  scheduler: ['apiserver', 'node'],
  operator: ['apiserver', 'scheduler'],
  weapon: ['apiserver', 'node', 'scheduler', 'operator'],
  aircraft: ['apiserver', 'node', 'scheduler', 'operator', 'weapon'],
  console: ['apiserver', 'node', 'scheduler', 'operator', 'weapon', 'aircraft', 'machinery'],
};

function manifest(name: string): { dependencies?: Record<string, string>; devDependencies?: Record<string, string> } {
  return JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8'));
}

function own(dependencies: Record<string, string> | undefined): string[] {
  return Object.keys(dependencies ?? {})
    .filter((name) => name.startsWith('@hardpoint/'))
    .map((name) => name.slice('@hardpoint/'.length));
}

for (const [place, name] of order.entries()) {
  test(`${name} depends on packages before it only`, () => {
    for (const dependency of own(manifest(name).dependencies)) {
      assert.ok(order.slice(0, place).includes(dependency), `${name} may not depend on ${dependency}`);
      assert.ok(!(forbidden[name] ?? []).includes(dependency), `${name} may not depend on ${dependency}`);
    }
  });
}

test('sources import only what their manifest names, never another package by path', () => {
  for (const file of globSync('packages/*/src/**/*.ts', {
    cwd: root,
    exclude: (name) => name.includes('node_modules'),
  })) {
    const name = file.split('/')[1] ?? '';
    const depth = file.split('/').length - 3;
    const { dependencies, devDependencies } = manifest(name);
    const text = readFileSync(join(root, file), 'utf8');
    const allowed = new Set([...own(dependencies), name]);
    const inTests = /\.test\.ts$|\/fixtures\/|\/testing\//.test(file) || name === 'testing';
    if (inTests) for (const one of [...own(devDependencies), 'testing']) allowed.add(one);
    for (const match of text.matchAll(/(?:from|import\()\s*'([^']+)'/g)) {
      const specifier = match[1] ?? '';
      const ours = /^@hardpoint\/([a-z]+)/.exec(specifier)?.[1];
      if (ours !== undefined)
        assert.ok(allowed.has(ours), `${file} imports ${specifier}, which package.json does not name`);
      const climbs = specifier.split('/').filter((part) => part === '..').length;
      if (specifier.startsWith('..') && climbs > depth && !inTests)
        assert.fail(`${file} leaves its package: ${specifier}`);
    }
  }
});

test('only main.ts files and entry points read the environment and set exit codes', () => {
  for (const file of globSync('packages/*/src/**/*.ts', {
    cwd: root,
    exclude: (name) => name.includes('node_modules'),
  })) {
    if (/\.test\.ts$|main\.ts$|\/fixtures\/|packages\/(testing|cli)\//.test(file)) continue;
    const text = readFileSync(join(root, file), 'utf8');
    for (const word of ['process.env', 'process.exit(', 'process.exitCode']) {
      assert.ok(!text.includes(word), `${file} uses ${word}`);
    }
  }
});
