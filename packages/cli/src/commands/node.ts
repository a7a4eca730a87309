import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Command, Option } from 'commander';
import { readAircraft } from '../cluster/aircraft-source.ts';
import { connect } from '../connection.ts';
import type { CommandContext } from '../context.ts';
import { embeddedImages } from '../images.ts';
import { findInstallation } from '../installation.ts';
import { superviseThis } from '../supervisor/supervised.ts';
import { withConnection } from './options.ts';
import { runUntilEnded } from './run-until-ended.ts';

/** `hardpoint node`: one node agent that hosts all embedded aircraft. */
export function nodeCommand(context: CommandContext): Command {
  return withConnection(new Command('node'))
    .description('only the node agent: hosts aircraft and runs the containers of their Pods')
    .option('--aircraft <n or file>', 'a number of varied aircraft, or a file of v1 Nodes (default: none of its own)')
    .addOption(
      new Option('--runtime <runtime>', 'containers as processes, or virtual')
        .choices(['process', 'virtual'])
        .default('process'),
    )
    .option('--data <dir>', 'where Pods keep their folders', '.hardpoint/node')
    .option('--client-ca <file>', "the authority that signs the API server's client certificate (logs and exec)")
    .action(
      async (flags: {
        kubeconfig?: string;
        context?: string;
        aircraft?: string;
        runtime: 'process' | 'virtual';
        data: string;
        clientCa?: string;
      }) => {
        const { runNodeAgent } = await import('@hardpoint/node');
        const supervised = superviseThis(process);
        await runUntilEnded(context, supervised, async (signal) => {
          const installation = findInstallation();
          const aircraft = flags.aircraft === undefined ? [] : await readAircraft(flags.aircraft, context.cwd);
          await supervised.go(signal);
          await using connection = await connect(flags, context);
          const drain = new AbortController();
          supervised.on('drain', () => drain.abort());
          supervised.on('gone', () => drain.abort());
          await runNodeAgent({
            client: connection.client,
            aircraft,
            dataDir: resolve(context.cwd, flags.data),
            images: embeddedImages(installation, process.execPath),
            runtime: flags.runtime,
            shim: [process.execPath, '--disable-warning=ExperimentalWarning', installation.bundle('shim')],
            clock: context.clock,
            random: context.random,
            log: context.logger('node'),
            signal,
            drain: drain.signal,
            ...(flags.clientCa === undefined
              ? {}
              : { clientCa: await readFile(resolve(context.cwd, flags.clientCa), 'utf8') }),
            onReady: (facts) => supervised.ready(facts),
          });
        });
      },
    );
}
