import { readFile, writeFile } from 'node:fs/promises';
import { type Client, type Clock, connectionTransport, createClient, loadKubeconfig } from '@hardpoint/machinery';
import { policyRules as nodeRules } from '@hardpoint/node/policy';
import { policyRules as operatorRules } from '@hardpoint/operator/policy';
import { policyRules as schedulerRules } from '@hardpoint/scheduler/policy';
import { CliError } from '../cli-error.ts';
import type { Installation } from '../installation.ts';
import { Part } from '../supervisor/part.ts';
import { accountKubeconfig, bootstrap } from './bootstrap.ts';
import type { DataFolder } from './data-folder.ts';

export interface EmbeddedClusterOptions {
  readonly data: DataFolder;
  /** 0: a free one. */
  readonly port: number;
  readonly installation: Installation;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Arguments for `hardpoint node` (`--aircraft`, `--runtime`). */
  readonly nodeArguments: readonly string[];
  /** Arguments for `hardpoint scheduler` (`--config FILE`). */
  readonly schedulerArguments: readonly string[];
  readonly onRestart?: (event: { readonly name: string; readonly ended: string; readonly afterMs: number }) => void;
}

export interface EmbeddedCluster extends AsyncDisposable {
  readonly url: string;
  readonly kubeconfig: string;
  /** As the cluster's administrator, the person who started it. */
  readonly client: Client;
  /** From the call to ready, ms. */
  readonly startedInMs: number;
  readonly parts: readonly Part[];
  /** Ends every container, then every part. Bounded: what does not end is killed. */
  stop(): Promise<void>;
}

const accounts = [
  { name: 'operator', rules: operatorRules },
  { name: 'scheduler', rules: schedulerRules },
  { name: 'node', rules: nodeRules },
] as const;

/**
 * Starts API server, operator, scheduler and node agent as supervised processes. All four load at the same time; the
 * three that need the API begin when their accounts are there.
 */
export async function startEmbeddedCluster(options: EmbeddedClusterOptions): Promise<EmbeddedCluster> {
  const { data, clock, signal } = options;
  const begun = clock.monotonic();
  const part = (name: string, args: () => readonly string[]): Part =>
    new Part({
      name,
      command: () => [
        process.execPath,
        '--disable-warning=ExperimentalWarning',
        options.installation.bundle('hardpoint'),
        name,
        ...args(),
      ],
      env: options.env,
      cwd: process.cwd(),
      logFile: data.log(name),
      clock,
      ...(options.onRestart === undefined ? {} : { onRestart: options.onRestart }),
    });
  const withAccount = (name: string): string[] => ['--kubeconfig', data.partKubeconfig(name)];
  // A free port is chosen once: who knows the address finds the server there again after a restart.
  let { port } = options;
  const apiserver = part('apiserver', () => ['--data', data.root, '--port', String(port)]);
  const node = part('node', () => [
    ...withAccount('node'),
    '--data',
    data.node,
    '--client-ca',
    data.authority,
    ...options.nodeArguments,
  ]);
  // One replica of each, under one name: started again, it takes its own lease back at once.
  const alone = ['--identity', 'embedded'];
  const operator = part('operator', () => [...withAccount('operator'), ...alone]);
  const scheduler = part('scheduler', () => [
    ...withAccount('scheduler'),
    ...alone,
    '--stock-profile',
    ...options.schedulerArguments,
  ]);
  const parts = [apiserver, operator, scheduler, node];

  const stop = async (): Promise<void> => {
    // The node agent first: its containers end while the API still takes their last reports.
    await node.stop({ graceMs: 8_000, ask: 'drain' });
    await Promise.all([operator, scheduler].map((one) => one.stop({ graceMs: 3_000, ask: 'SIGTERM' })));
    await apiserver.stop({ graceMs: 3_000, ask: 'SIGTERM' });
  };

  try {
    apiserver.go();
    apiserver.start();
    for (const one of [operator, node, scheduler]) one.start();
    const facts = await abortable(apiserver.ready({ tries: 1 }), signal).catch(async (error: unknown) => {
      throw await explained(error, data.log('apiserver'));
    });
    const connection = await loadKubeconfig({ file: data.kubeconfig });
    const client = createClient({ transport: connectionTransport(connection) });
    await bootstrap({ client, clock, accounts, crds: options.installation.crds(), signal });
    const url = String(facts.url);
    port = Number(facts.port);
    const ca = await readFile(data.authority, 'utf8');
    await Promise.all(
      accounts.map(async (account) => {
        const text = await accountKubeconfig({ client, account: account.name, server: url, ca, signal });
        await writeFile(data.partKubeconfig(account.name), text, { mode: 0o600 });
      }),
    );
    for (const one of [operator, node, scheduler]) one.go();
    await Promise.all(
      [operator, node, scheduler].map((one) =>
        abortable(one.ready({ tries: 3 }), signal).catch(async (error: unknown) => {
          throw await explained(error, data.log(one.name));
        }),
      ),
    );
    return {
      url,
      kubeconfig: data.kubeconfig,
      client,
      startedInMs: clock.monotonic() - begun,
      parts,
      stop,
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) {
    // Nobody waits for it any more; its own rejection, when the part is stopped, is no fault.
    promise.catch(() => {});
    return Promise.reject(signal.reason as Error);
  }
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

/** A part that did not start says why at the end of its log. */
async function explained(error: unknown, logFile: string): Promise<unknown> {
  if (!(error instanceof Error) || error.name === 'AbortError') return error;
  const log = await readFile(logFile, 'utf8').catch(() => '');
  const last = log
    .trimEnd()
    .split('\n')
    .filter((line) => line.startsWith('hardpoint: ') || line.startsWith('  '))
    .slice(-2)
    .join('\n')
    .replace(/^hardpoint: /, '');
  return last === '' ? error : new CliError({ message: last, cause: error });
}
