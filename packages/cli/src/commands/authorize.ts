import { FLIGHT_TASKS, LAUNCH_AUTHORIZATIONS } from '@hardpoint/api';
import { type Command, Command as NewCommand } from 'commander';
import { CliError } from '../cli-error.ts';
import { connect } from '../connection.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { machineReadable } from '../output/machine-readable.ts';
import { type ReadFlags, wholeNumber, withConnection, withOutput } from './options.ts';

interface Flags extends ReadFlags {
  readonly weapon: string;
  readonly count: number;
  readonly ttl: number;
  readonly key?: string;
  readonly task?: string;
  readonly taskUid?: string;
  readonly subject?: string;
}

/** `hardpoint authorize TASK --weapon W --count N`: a person's word that N stores of W may be released. */
export function authorizeCommand(context: CommandContext): Command {
  return withOutput(withConnection(new NewCommand('authorize')))
    .description('authorise a launch: one release of exactly N stores of weapon W by this task')
    .argument('<task>', 'the FlightTask')
    .requiredOption('--weapon <weapon>', 'the Weapon')
    .requiredOption('--count <n>', 'number of stores', wholeNumber('--count', 1, 64))
    .option('--ttl <seconds>', 'how long the word holds', wholeNumber('--ttl', 10, 300), 120)
    .option('-n, --namespace <namespace>', 'the namespace of the task', 'default')
    .option('--key <file>', 'without a cluster: sign with this Ed25519 private key (JWK or PEM) and print the token')
    .option('--task-uid <uid>', "with --key: the task's UID, where the weapon was given one")
    .option('--subject <name>', 'with --key: the person (default: the user who runs this)')
    .addHelpText(
      'after',
      '\nSimulation only: a launch is a counter going down. Who may authorise: verb "authorize" on the FlightTask\n(ClusterRole hardpoint-authorizer). Exit codes: 0 issued, 3 refused, 4 no such task, 5 no answer.',
    )
    .action(async (task: string, flags: Flags) => {
      if (flags.key !== undefined) {
        const { signOffline } = await import('../offline-authorization.ts');
        context.stdout.write(
          `${await signOffline({ task, namespace: flags.namespace ?? 'default', ...flags, key: flags.key, context })}\n`,
        );
        return;
      }
      await using connection = await connect(flags, context);
      const namespace = flags.namespace ?? 'default';
      const { client } = connection;
      const { signal } = context;
      await client.get(FLIGHT_TASKS, { namespace, name: task }, { signal });
      const made = await client.create(
        LAUNCH_AUTHORIZATIONS,
        {
          metadata: { generateName: `${task.slice(0, 40)}-`, namespace },
          spec: { taskRef: { name: task }, weapon: flags.weapon, count: flags.count, ttlSeconds: flags.ttl },
        },
        { signal },
      );
      const { name } = made.metadata;
      const giveUp = context.clock.monotonic() + 15_000;
      let now = made;
      while (now.status?.phase === undefined || now.status.phase === 'Pending') {
        if (context.clock.monotonic() > giveUp) {
          throw new CliError({
            message: `LaunchAuthorization ${namespace}/${name} was created, but no token was issued within 15 s`,
            remedy: 'Is the operator running? `kubectl describe la` shows where it stands.',
          });
        }
        await context.clock.sleep(100, signal);
        now = await client.get(LAUNCH_AUTHORIZATIONS, { namespace, name }, { signal });
      }
      if (flags.output !== undefined) context.stdout.write(machineReadable(now, flags.output));
      if (now.status.phase === 'Refused' || now.status.phase === 'Expired') {
        throw new CliError({
          message: `LaunchAuthorization ${namespace}/${name} was refused: ${now.status.message ?? now.status.reason ?? 'no reason given'}`,
          exitCode: EXIT.refused,
        });
      }
      if (flags.output === undefined) {
        context.stdout.write(
          `launchauthorization.airforce.mil/${name} issued: ${flags.count} × ${flags.weapon} by task ${namespace}/${task}, authorised by ${now.spec.requestedBy ?? '?'}, until ${now.status.expiresAt ?? '?'}\n`,
        );
      }
    });
}
