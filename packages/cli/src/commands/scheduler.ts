import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { Command, Option } from 'commander';
import { CliError } from '../cli-error.ts';
import { connect } from '../connection.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { findInstallation } from '../installation.ts';
import { documentLocale } from '../locale.ts';
import { superviseThis } from '../supervisor/supervised.ts';
import { withConnection } from './options.ts';
import { runUntilEnded } from './run-until-ended.ts';

/** `hardpoint scheduler`: aircraft-scheduler, and the stock profile for all other Pods. */
export function schedulerCommand(context: CommandContext): Command {
  return withConnection(new Command('scheduler'))
    .description('only the scheduler; --config is a KubeSchedulerConfiguration')
    .option(
      '--config <file>',
      "the configuration (default: the founding document's, examples/document/scheduler-config.yaml)",
    )
    .option('--stock-profile', 'also places the Pods of default-scheduler, for a cluster without kube-scheduler')
    .option('--identity <name>', 'its name in leader election (default: host and process id)')
    .addOption(new Option('--locale <locale>', 'language of refusals and Events').choices(['zh-CN', 'en']))
    .action(
      async (flags: {
        kubeconfig?: string;
        context?: string;
        config?: string;
        stockProfile?: boolean;
        identity?: string;
        locale?: string;
      }) => {
        const { parseSchedulerConfig, runScheduler } = await import('@hardpoint/scheduler');
        const supervised = superviseThis(process);
        await runUntilEnded(context, supervised, async (signal) => {
          const file =
            flags.config === undefined
              ? findInstallation().example('document/scheduler-config.yaml')
              : resolve(context.cwd, flags.config);
          const text = await readFile(file, 'utf8').catch((error: Error) => {
            throw new CliError({
              message: `the scheduler configuration ${file} cannot be read: ${error.message}`,
              exitCode: EXIT.usage,
            });
          });
          let config: ReturnType<typeof parseSchedulerConfig>;
          try {
            config = parseSchedulerConfig(text, { file });
          } catch (error) {
            throw new CliError({
              message: error instanceof Error ? error.message : String(error),
              exitCode: EXIT.usage,
              cause: error,
            });
          }
          await supervised.go(signal);
          await using connection = await connect(flags, context);
          await runScheduler({
            client: connection.client,
            config,
            clock: context.clock,
            random: context.random,
            log: context.logger('scheduler'),
            signal,
            identity: flags.identity ?? `${hostname()}_${process.pid}`,
            locale: documentLocale(flags.locale, context.env),
            stockProfile: flags.stockProfile === true,
            onReady: () => supervised.ready({}),
          });
        });
      },
    );
}
