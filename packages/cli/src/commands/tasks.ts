import { FLIGHT_TASKS, type FlightTask } from '@hardpoint/api';
import type { Stored } from '@hardpoint/kubernetes';
import { type Command, Command as NewCommand } from 'commander';
import { connect } from '../connection.ts';
import type { CommandContext } from '../context.ts';
import { age } from '../output/age.ts';
import { machineReadable } from '../output/machine-readable.ts';
import { table } from '../output/table.ts';
import { palette, printable } from '../output/terminal.ts';
import { type ReadFlags, withConnection, withNamespace, withOutput } from './options.ts';

/** `hardpoint tasks`: the flight tasks, their phase, aircraft and stores. */
export function tasksCommand(context: CommandContext): Command {
  return withOutput(withNamespace(withConnection(new NewCommand('tasks'))))
    .description('the flight tasks: phase, aircraft, stores used, what each waits for')
    .argument('[names...]', 'only these')
    .action(async (names: string[], flags: ReadFlags) => {
      await using connection = await connect(flags, context);
      const namespace = flags.allNamespaces === true ? undefined : (flags.namespace ?? 'default');
      let tasks: readonly Stored<FlightTask>[];
      if (names.length > 0) {
        tasks = await Promise.all(
          names.map((name) => connection.client.get(FLIGHT_TASKS, { name, namespace: namespace ?? 'default' })),
        );
      } else {
        const list = await connection.client.list(FLIGHT_TASKS, { namespace, signal: context.signal });
        tasks = list.items;
      }
      if (flags.output !== undefined) {
        context.stdout.write(machineReadable(tasks, flags.output));
        return;
      }
      if (tasks.length === 0) {
        const where = namespace === undefined ? 'any namespace' : `namespace ${namespace}`;
        context.stderr.write(
          `No flight tasks in ${where}. \`kubectl apply -f examples/maritime-strike\` brings some.\n`,
        );
        return;
      }
      const paint = palette(context.stdout, context.env);
      const colour: Record<string, (text: string) => string> = {
        Succeeded: paint.green,
        Failed: paint.red,
        Refused: paint.red,
        Lost: paint.red,
        Flying: paint.cyan,
      };
      const rows = tasks.map((task) => {
        const phase = task.status?.phase ?? 'Pending';
        return [
          ...(namespace === undefined ? [task.metadata.namespace ?? ''] : []),
          task.metadata.name,
          (colour[phase] ?? ((text: string) => text))(phase),
          task.status?.aircraft ?? '-',
          task.status?.used ?? '-',
          age(Date.parse(task.metadata.creationTimestamp), context.clock.now()),
          printable(task.status?.message ?? ''),
        ];
      });
      const header = ['TASK', 'PHASE', 'AIRCRAFT', 'USED', 'AGE', 'MESSAGE'];
      context.stdout.write(table(namespace === undefined ? ['NAMESPACE', ...header] : header, rows));
    });
}
