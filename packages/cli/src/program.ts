import { Command, Help, Option } from 'commander';
import { aircraftControlCommand } from './commands/aircraft-control.ts';
import { apiserverCommand } from './commands/apiserver.ts';
import { authorizeCommand } from './commands/authorize.ts';
import { explainCommand } from './commands/explain.ts';
import { fleetCommand } from './commands/fleet.ts';
import { nodeCommand } from './commands/node.ts';
import { operatorCommand } from './commands/operator.ts';
import { schedulerCommand } from './commands/scheduler.ts';
import { startCommand } from './commands/start.ts';
import { tasksCommand } from './commands/tasks.ts';
import { upCommand } from './commands/up.ts';
import { weaponCommand } from './commands/weapon.ts';
import type { CommandContext } from './context.ts';

/** The whole command line. Each command loads what it needs only when it runs. */
export function createProgram(context: CommandContext): Command {
  const program = new Command('hardpoint')
    .description('Fly a simulated squadron on Kubernetes: aircraft are Nodes, stores are sidecars, sorties are Pods.')
    .version('0.1.0')
    .addOption(new Option('--locale <locale>', 'language of texts').choices(['zh-CN', 'en']))
    .configureHelp({ sortSubcommands: false, showGlobalOptions: true, visibleGlobalOptions })
    .configureOutput({
      writeOut: (text) => context.stdout.write(text),
      writeErr: (text) => context.stderr.write(text),
      outputError: (text, write) => write(text.replace(/^error: /, 'hardpoint: ')),
    })
    .showSuggestionAfterError()
    .showHelpAfterError('  `hardpoint --help` lists the commands, `hardpoint COMMAND --help` its options.')
    .exitOverride()
    // The program takes --locale wherever it stands; a command that has the option itself is handed it.
    .hook('preAction', (self, action) => {
      const locale: unknown = self.opts().locale;
      if (locale !== undefined) action.setOptionValue('locale', locale);
    });
  program.commandsGroup('Fly');
  for (const command of [startCommand, upCommand]) program.addCommand(inherit(program, command(context)));
  program.commandsGroup('Look and decide');
  for (const command of [tasksCommand, fleetCommand, explainCommand, authorizeCommand]) {
    program.addCommand(inherit(program, command(context)));
  }
  program.commandsGroup('One part');
  for (const command of [
    apiserverCommand,
    operatorCommand,
    schedulerCommand,
    nodeCommand,
    weaponCommand,
    aircraftControlCommand,
  ]) {
    program.addCommand(inherit(program, command(context)));
  }
  return program;
}

function inherit(parent: Command, child: Command): Command {
  child.copyInheritedSettings(parent);
  for (const one of child.commands) inherit(child, one);
  return child;
}

/** The options of the program that the command has not of its own: `--locale` is said once. */
function visibleGlobalOptions(command: Command): Option[] {
  return Object.assign(new Help(), { showGlobalOptions: true })
    .visibleGlobalOptions(command)
    .filter((option) => option.long !== '--version' && command.options.every((own) => own.long !== option.long));
}
