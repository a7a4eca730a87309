import { resolve } from 'node:path';
import { Command, Option } from 'commander';
import type { CommandContext } from '../context.ts';
import { findInstallation } from '../installation.ts';
import { speechLocale } from '../locale.ts';
import { speech } from '../speech.ts';
import { port } from './options.ts';

/** `hardpoint up`: the whole embedded cluster in the foreground. */
export function upCommand(context: CommandContext): Command {
  return new Command('up')
    .description('the whole embedded cluster in the foreground; prints one line when ready; Ctrl-C ends it')
    .option('--data <dir>', 'data folder', '.hardpoint')
    .option('--port <n>', 'port of the API on 127.0.0.1; 0 is a free one', port, 7443)
    .option(
      '--aircraft <n or file>',
      'a number of varied aircraft, or a file of v1 Nodes (default: those of examples/maritime-strike)',
    )
    .option('--config <file>', 'scheduler configuration')
    .addOption(
      new Option('--runtime <runtime>', 'containers as processes, or virtual')
        .choices(['process', 'virtual'])
        .default('process'),
    )
    .addOption(new Option('--locale <locale>', 'language').choices(['zh-CN', 'en']))
    .action(
      async (flags: {
        data: string;
        port: number;
        aircraft?: string;
        config?: string;
        runtime: string;
        locale?: string;
      }) => {
        const { holdDataFolder, openDataFolder } = await import('../cluster/data-folder.ts');
        const { startEmbeddedCluster } = await import('../cluster/embedded-cluster.ts');
        const { readAircraft } = await import('../cluster/aircraft-source.ts');
        const say = speech(speechLocale(flags.locale, context.env));
        const installation = findInstallation();
        const aircraft = flags.aircraft ?? installation.example('maritime-strike/aircraft.yaml');
        const nodes = await readAircraft(aircraft, context.cwd);
        const data = openDataFolder(flags.data, context.cwd);
        using _held = holdDataFolder(data);
        await using cluster = await startEmbeddedCluster({
          data,
          port: flags.port,
          installation,
          env: { ...context.env, ...(flags.locale === undefined ? {} : { HARDPOINT_LOCALE: flags.locale }) },
          clock: context.clock,
          signal: context.signal,
          nodeArguments: ['--aircraft', aircraft, '--runtime', flags.runtime],
          schedulerArguments: flags.config === undefined ? [] : ['--config', resolve(context.cwd, flags.config)],
          onRestart: (event) => {
            if (!context.signal.aborted) context.stderr.write(`${say.partRestarts(event)}\n`);
          },
        });
        context.stdout.write(`${say.clusterReady({ ...cluster, aircraft: nodes.length })}\n`);
        await new Promise<void>((done) => {
          if (context.signal.aborted) done();
          else context.signal.addEventListener('abort', () => done(), { once: true });
        });
        context.stderr.write(`${say.clusterEnding()}\n`);
      },
    );
}
