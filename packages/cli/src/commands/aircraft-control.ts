import { Command } from 'commander';
import type { CommandContext } from '../context.ts';

/** `hardpoint aircraft-control`: the main container of a sortie; configured by its environment, as in its container. */
export function aircraftControlCommand(context: CommandContext): Command {
  return new Command('aircraft-control')
    .description('the main container of a sortie, configured by its environment')
    .action(async () => {
      const { lineWriter, runAircraftControl } = await import('@hardpoint/aircraft');
      const say = lineWriter({ clock: context.clock, write: (line) => context.stdout.write(line) });
      await runAircraftControl({ env: context.env, clock: context.clock, signal: context.signal, say });
    });
}
