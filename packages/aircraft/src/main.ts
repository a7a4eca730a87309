import { systemClock } from '@hardpoint/machinery';
import { runAircraftControl } from './aircraft-control.ts';
import { lineWriter } from './line-writer.ts';

// The entry point of the container aircraft-control. Every decided end is exit code 0; anything else is a crash.
const terminate = new AbortController();
process.on('SIGTERM', () => terminate.abort());
process.on('SIGINT', () => terminate.abort());
const say = lineWriter({ clock: systemClock, write: (line) => process.stdout.write(line) });
try {
  await runAircraftControl({ env: process.env, clock: systemClock, signal: terminate.signal, say });
  process.exitCode = 0;
} catch (error) {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exitCode = 1;
}
