import { userInfo } from 'node:os';
import { Command } from 'commander';
import type { CommandContext } from '../context.ts';
import { superviseThis } from '../supervisor/supervised.ts';
import { port } from './options.ts';
import { runUntilEnded } from './run-until-ended.ts';

/** `hardpoint apiserver`: only the API server. */
export function apiserverCommand(context: CommandContext): Command {
  return new Command('apiserver')
    .description('only the Kubernetes API server; writes DIR/kubeconfig')
    .option('--data <dir>', 'data folder', '.hardpoint')
    .option('--port <n>', 'port on 127.0.0.1; 0 is a free one', port, 7443)
    .action(async (flags: { data: string; port: number }) => {
      const { startApiServer } = await import('@hardpoint/apiserver');
      const { openDataFolder } = await import('../cluster/data-folder.ts');
      const supervised = superviseThis(process);
      await runUntilEnded(context, supervised, async (signal) => {
        const data = openDataFolder(flags.data, context.cwd);
        await using server = await startApiServer({
          dataDir: data.root,
          port: flags.port,
          clock: context.clock,
          random: context.random,
          log: context.logger('apiserver'),
          administrator: userInfo().username,
        });
        supervised.ready({ url: server.url, port: server.port });
        if (process.env.HARDPOINT_SUPERVISED !== '1') {
          context.stdout.write(`hardpoint apiserver: ready, ${server.url}; KUBECONFIG=${data.kubeconfig}\n`);
        }
        if (process.env.HARDPOINT_SUPERVISED !== '1') return await ended(signal);
        // In a whole cluster, what a controller manager does stands beside its API server.
        const { runClusterControllers } = await import('@hardpoint/node/cluster-controllers');
        const { createClient } = await import('@hardpoint/machinery');
        const user = { name: 'system:kube-controller-manager', groups: ['system:masters'] };
        await runClusterControllers({
          client: createClient({ transport: server.transportFor(user) }),
          clock: context.clock,
          random: context.random,
          log: context.logger('controllers'),
          signal,
        });
      });
    });
}

function ended(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
