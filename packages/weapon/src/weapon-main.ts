import { createLogger, systemClock } from '@hardpoint/machinery';
import { readConfiguration, usage } from './configuration.ts';
import { runWeapon } from './run-weapon.ts';
import { WeaponError } from './weapon-error.ts';

/** The command `hardpoint weapon` and the entry point of a weapon's container; gives the exit code: 0, 1, or 2 for usage. */
export async function weaponMain(options: {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborting it ends the weapon gracefully. */
  readonly signal: AbortSignal;
}): Promise<number> {
  try {
    const configuration = await readConfiguration(options);
    if (configuration === undefined) {
      process.stdout.write(usage);
      return 0;
    }
    await runWeapon({
      configuration,
      clock: systemClock,
      log: createLogger({ name: 'weapon' }).with({ weapon: configuration.identity.weapon }),
      crash: () => process.kill(process.pid, 'SIGKILL'),
      processId: process.pid,
      signal: options.signal,
    });
    return 0;
  } catch (error) {
    const known = WeaponError.from(error, 'listen');
    process.stderr.write(`weapon: ${known.message}\n`);
    return known.code === 'usage' ? 2 : 1;
  }
}
