/** The shim's process: `main.ts --data DIR [--orphaned-after-ms N]`. */
import { parseArgs } from 'node:util';
import { systemClock } from '@hardpoint/machinery';
import { serveShim } from './shim-server.ts';

const { values } = parseArgs({ options: { data: { type: 'string' }, 'orphaned-after-ms': { type: 'string' } } });
process.chdir(values.data ?? '.');
const stop = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop.abort());
// A terminal that closes takes the foreground group with it, not what was started from it.
process.on('SIGHUP', () => {});
await serveShim({
  clock: systemClock,
  signal: stop.signal,
  orphanedAfterMs: Number(values['orphaned-after-ms'] ?? 60_000),
});
process.exit(0);
