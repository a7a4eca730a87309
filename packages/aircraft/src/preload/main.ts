import { systemClock } from '@hardpoint/machinery';
import { lineWriter } from '../line-writer.ts';
import { runWeaponPreload } from './weapon-preload.ts';

// The entry point of the init container weapon-preload: exit code 0 where every weapon is fit, 1 where one is not.
const stop = new AbortController();
process.on('SIGTERM', () => stop.abort());
process.on('SIGINT', () => stop.abort());
const say = lineWriter({ clock: systemClock, write: (line) => process.stdout.write(line) });
try {
  await runWeaponPreload({ env: process.env, clock: systemClock, signal: stop.signal, say });
  process.exitCode = 0;
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
