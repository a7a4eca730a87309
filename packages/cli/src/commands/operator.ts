import { hostname } from 'node:os';
import { Command, Option } from 'commander';
import { connect } from '../connection.ts';
import type { CommandContext } from '../context.ts';
import { documentLocale } from '../locale.ts';
import { superviseThis } from '../supervisor/supervised.ts';
import { port, withConnection } from './options.ts';
import { runUntilEnded } from './run-until-ended.ts';

/** `hardpoint operator`: the controllers and webhooks of the airforce.mil kinds. */
export function operatorCommand(context: CommandContext): Command {
  return withConnection(new Command('operator'))
    .description('only the operator: controllers and webhooks of Weapon, FlightTask, LaunchAuthorization')
    .option('--webhook-host <address>', 'where its webhooks listen', '127.0.0.1')
    .option('--webhook-port <n>', '0 is a free one', port, 0)
    .option('--identity <name>', 'its name in leader election (default: host and process id)')
    .addOption(new Option('--locale <locale>', 'language of conditions and Events').choices(['zh-CN', 'en']))
    .action(
      async (flags: {
        kubeconfig?: string;
        context?: string;
        webhookHost: string;
        webhookPort: number;
        identity?: string;
        locale?: string;
      }) => {
        const { runOperator } = await import('@hardpoint/operator');
        const supervised = superviseThis(process);
        await runUntilEnded(context, supervised, async (signal) => {
          await supervised.go(signal);
          await using connection = await connect(flags, context);
          await runOperator({
            client: connection.client,
            clock: context.clock,
            random: context.random,
            log: context.logger('operator'),
            signal,
            identity: flags.identity ?? `${hostname()}_${process.pid}`,
            webhook: { host: flags.webhookHost, port: flags.webhookPort },
            locale: documentLocale(flags.locale, context.env),
            onReady: () => supervised.ready({}),
          });
        });
      },
    );
}
