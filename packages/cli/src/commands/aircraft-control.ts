import { Command } from 'commander';
import type { CommandContext } from '../context.ts';

/** `hardpoint aircraft-control`: the main container of a sortie; configured by its environment, as in its container. */
export function aircraftControlCommand(context: CommandContext): Command {
  return new Command('aircraft-control')
    .description('the main container of a sortie, configured by its environment')
    .helpOption(false)
    .allowUnknownOption()
    .argument('[arguments...]')
    .action(async (args: string[]) => {
      const { aircraftControlMain } = await import('@hardpoint/aircraft/main');
      context.setExitCode(await aircraftControlMain({ args, env: context.env, signal: context.signal }));
    });
}
