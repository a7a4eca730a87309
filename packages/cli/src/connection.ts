import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import {
  type Client,
  connectionTransport,
  createClient,
  inClusterConnection,
  loadKubeconfig,
  type Transport,
} from '@hardpoint/machinery';
import { CliError } from './cli-error.ts';
import type { CommandContext } from './context.ts';
import { EXIT } from './exit-codes.ts';

export interface ConnectionOptions {
  readonly kubeconfig?: string;
  readonly context?: string;
}

/**
 * The API to talk to: --kubeconfig, else KUBECONFIG, else the in-cluster account, else `./.hardpoint/kubeconfig` where
 * `hardpoint up` runs, else `~/.kube/config`.
 *
 * @throws CliError (exit code 5) when none of these is there.
 */
export async function connect(
  options: ConnectionOptions,
  context: Pick<CommandContext, 'env' | 'cwd'>,
): Promise<AsyncDisposable & { readonly client: Client; readonly transport: Transport }> {
  const connection = await findConnection(options, context);
  const transport = connectionTransport(connection);
  return {
    client: createClient({ transport }),
    transport,
    [Symbol.asyncDispose]: () => transport[Symbol.asyncDispose](),
  };
}

async function findConnection(options: ConnectionOptions, context: Pick<CommandContext, 'env' | 'cwd'>) {
  const load = async (file: string) => {
    try {
      return await loadKubeconfig({
        file,
        ...(options.context === undefined ? {} : { context: options.context }),
      });
    } catch (error) {
      throw new CliError({
        message: `the kubeconfig ${file} cannot be used: ${(error instanceof Error ? error.message : String(error)).replace(`${file}: `, '')}`,
        exitCode: EXIT.unreachable,
        remedy: '`hardpoint up` writes one into its data folder; --kubeconfig FILE names another.',
        cause: error,
      });
    }
  };
  if (options.kubeconfig !== undefined) return load(resolve(context.cwd, options.kubeconfig));
  const named = context.env.KUBECONFIG?.split(':').find((file) => file !== '');
  if (named !== undefined) return load(resolve(context.cwd, named));
  if (context.env.KUBERNETES_SERVICE_HOST !== undefined) return inClusterConnection({ env: context.env });
  for (const file of [join(context.cwd, '.hardpoint', 'kubeconfig'), join(homedir(), '.kube', 'config')]) {
    if (existsSync(file)) return load(file);
  }
  throw new CliError({
    message:
      'no cluster to talk to: neither --kubeconfig nor KUBECONFIG is set, and ./.hardpoint/kubeconfig is not there',
    exitCode: EXIT.unreachable,
    remedy: '`hardpoint up` starts a cluster in this folder.',
  });
}
