#!/usr/bin/env node
// Runs the bundle under the pinned Node 24, also where the machine's own Node is older.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const bundle = join(here, '../../../dist/hardpoint.mjs');
if (!existsSync(bundle)) {
  console.error(`hardpoint: ${bundle} is missing; \`npm ci\` (or \`npm run build\`) in the checkout makes it`);
  process.exit(1);
}
if (Number(process.versions.node.split('.')[0]) >= 24) {
  process.removeAllListeners('warning');
  await import(pathToFileURL(bundle).href);
} else {
  let node;
  try {
    node = createRequire(import.meta.url).resolve(`node-${process.platform}-${process.arch}/bin/node`);
  } catch {
    console.error(
      `hardpoint: needs Node.js 24 (this is ${process.version}, and the checkout has no pinned one for ${process.platform}-${process.arch})`,
    );
    process.exit(1);
  }
  const child = spawn(node, ['--disable-warning=ExperimentalWarning', bundle, ...process.argv.slice(2)], {
    stdio: 'inherit',
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}
