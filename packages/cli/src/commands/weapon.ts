import { Command } from 'commander';
import type { CommandContext } from '../context.ts';

/** `hardpoint weapon`: one weapon; its own argument parser reads the flags, the same as in its container. */
export function weaponCommand(context: CommandContext): Command {
  return new Command('weapon')
    .description('one weapon simulator: three sockets in DIR; the environment variables of the founding document')
    .helpOption(false)
    .allowUnknownOption()
    .argument('[arguments...]')
    .action(async (args: string[]) => {
      const { weaponMain } = await import('@hardpoint/weapon/main');
      context.setExitCode(await weaponMain({ args, env: context.env, signal: context.signal }));
    });
}
