import { type Decision, FLIGHT_TASKS, type NodeVerdict, SCHEDULING_RECORDS } from '@hardpoint/api';
import { PODS } from '@hardpoint/kubernetes';
import { ApiError, type Client } from '@hardpoint/machinery';
import { type Command, Command as NewCommand } from 'commander';
import { CliError } from '../cli-error.ts';
import { connect } from '../connection.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { machineReadable } from '../output/machine-readable.ts';
import { table } from '../output/table.ts';
import { type Palette, palette, printable } from '../output/terminal.ts';
import { type ReadFlags, withConnection, withOutput } from './options.ts';

/** `hardpoint explain [task/|pod/]NAME`: why this aircraft, and why not the others. */
export function explainCommand(context: CommandContext): Command {
  return withOutput(withConnection(new NewCommand('explain')))
    .description('why this aircraft: each Node with its refusal or its scores by plugin')
    .argument('<name>', '[task/|pod/]NAME; a task first')
    .option('-n, --namespace <namespace>', 'the namespace', 'default')
    .option('--history', 'every decision that is kept, oldest first')
    .action(async (argument: string, flags: ReadFlags & { history?: boolean }) => {
      const asked = parseArgument(argument);
      await using connection = await connect(flags, context);
      const decisions = await decisionsOf(connection.client, asked, flags.namespace ?? 'default', context.signal);
      const last = decisions.at(-1);
      if (flags.output !== undefined) {
        context.stdout.write(machineReadable(flags.history === true ? decisions : last, flags.output));
        return;
      }
      const paint = palette(context.stdout, context.env);
      const shown = flags.history === true ? decisions : last === undefined ? [] : [last];
      context.stdout.write(shown.map((one) => describeDecision(one, paint)).join('\n'));
    });
}

interface Asked {
  readonly kind: 'task' | 'pod' | undefined;
  readonly name: string;
}

function parseArgument(argument: string): Asked {
  const match = /^(?:(task|pod)\/)?([a-z0-9]([-a-z0-9.]*[a-z0-9])?)$/.exec(argument);
  if (match === null) {
    throw new CliError({ message: `"${printable(argument)}" is not [task/|pod/]NAME`, exitCode: EXIT.usage });
  }
  return { kind: match[1] as Asked['kind'], name: match[2] ?? '' };
}

async function decisionsOf(
  client: Client,
  { kind, name }: Asked,
  namespace: string,
  signal: AbortSignal,
): Promise<readonly Decision[]> {
  let pod: string | undefined;
  let known = false;
  if (kind !== 'pod') {
    const task = await absentAs(undefined, client.get(FLIGHT_TASKS, { namespace, name }, { signal }));
    known = task !== undefined;
    pod = task?.status?.podRef?.name;
    if (task !== undefined && pod === undefined) {
      throw new CliError({
        message: `task ${namespace}/${name} has no Pod (phase ${task.status?.phase ?? 'Pending'}${
          task.status?.message === undefined ? '' : `: ${printable(task.status.message)}`
        }), so nothing was decided`,
        exitCode: EXIT.notFound,
      });
    }
  }
  if (kind !== 'task') pod ??= name;
  const record =
    pod === undefined
      ? undefined
      : await absentAs(undefined, client.get(SCHEDULING_RECORDS, { namespace, name: pod }, { signal }));
  if (record !== undefined && record.decisions.length > 0) return record.decisions;
  if (!known && kind !== 'task')
    known = (await absentAs(undefined, client.get(PODS, { namespace, name }, { signal }))) !== undefined;
  throw new CliError({
    message: known
      ? `the scheduler has not decided on ${name} yet`
      : `no ${kind === 'pod' ? 'Pod' : kind === 'task' ? 'task' : 'task and no Pod'} named ${name} in namespace ${namespace}`,
    exitCode: EXIT.notFound,
    remedy: known ? 'Is a scheduler running? Try again in a moment.' : '`hardpoint tasks -A` lists the tasks.',
  });
}

async function absentAs<T, A>(absent: A, promise: Promise<T>): Promise<T | A> {
  try {
    return await promise;
  } catch (error) {
    if (ApiError.is(error, 'NotFound')) return absent;
    throw error;
  }
}

/** A decision for people: a line of outcome, then a table of the aircraft that passed, then the refused ones. */
export function describeDecision(decision: Decision, paint: Palette): string {
  const feasible = decision.nodes
    .filter((node) => node.verdict === 'feasible')
    .sort((a, b) => (b.total ?? 0) - (a.total ?? 0) || (a.name < b.name ? -1 : 1));
  const plugins = [...new Set(feasible.flatMap((node) => Object.keys(node.scores ?? {})))];
  const refused = decision.nodes.filter((node) => node.verdict === 'refused');
  const skipped = decision.nodes.filter((node) => node.verdict === 'not-evaluated');
  const lines = [
    `${paint.bold(decision.pod)} → ${decision.selected === null ? paint.yellow('pending') : paint.green(decision.selected)}${
      decision.time === undefined ? '' : paint.dim(`  ${decision.time.replace(/\.\d+Z$/, 'Z')}`)
    }\n`,
  ];
  if (feasible.length > 0) {
    lines.push(
      indent(
        table(
          ['AIRCRAFT', ...plugins.map((plugin) => `${plugin}`), 'TOTAL'],
          feasible.map((node) => [
            node.name === decision.selected ? paint.green(node.name) : node.name,
            ...plugins.map((plugin) => share(node, plugin)),
            paint.bold(String(node.total ?? 0)),
          ]),
        ),
      ),
    );
  }
  for (const node of refused) {
    lines.push(
      `  ${paint.red('✗')} ${node.name}  ${printable(node.reason ?? '')} ${paint.dim(`(${node.plugin ?? '?'})`)}\n`,
    );
  }
  for (const group of decision.groups ?? []) {
    lines.push(
      `  ${group.count} × ${group.verdict}  ${printable(group.reason ?? '')} ${paint.dim(group.plugin ?? '')}\n`,
    );
  }
  if (skipped.length > 0) lines.push(paint.dim(`  not evaluated: ${skipped.map((node) => node.name).join(', ')}\n`));
  if (decision.selected === null && decision.message !== undefined) lines.push(`  ${printable(decision.message)}\n`);
  return lines.join('');
}

function share(node: NodeVerdict, plugin: string): string {
  const score = node.scores?.[plugin];
  return score === undefined ? '-' : `${score.raw}×${score.weight}=${score.weighted}`;
}

function indent(text: string): string {
  return text.replace(/^(?=.)/gm, '  ');
}
