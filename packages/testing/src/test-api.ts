import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import {
  type Client,
  type Clock,
  createClient,
  type Logger,
  type Random,
  silentLogger,
  systemClock,
  systemRandom,
  type Transport,
} from '@hardpoint/machinery';
import { startRealApi } from './real-api.ts';
import { temporaryFolder } from './temporary-folder.ts';

export interface TestUser {
  readonly name: string;
  readonly groups?: readonly string[];
}

/** A Kubernetes API server of one test's own. Its disposal ends the server and removes its data. */
export interface TestApi extends AsyncDisposable {
  readonly engine: 'embedded' | 'real';
  /** Speaks as a member of system:masters. */
  readonly client: Client;
  readonly transport: Transport;
  readonly url: string;
  /** PEM of what signed the server's certificate. */
  readonly ca: string;
  /** Of the same user as `client`. */
  readonly kubeconfigFile: string;
  /** Speaks as `user`; disposed with the server. */
  transportFor(user: TestUser): Transport;
  clientFor(user: TestUser): Client;
}

/** Where the binaries of a real server are; undefined where there are none. */
export function realApiAssets(): string | undefined {
  const folder = process.env.KUBEBUILDER_ASSETS;
  return folder !== undefined && folder !== '' && existsSync(`${folder}/kube-apiserver`) ? folder : undefined;
}

/**
 * Starts an API server: the embedded one in this process, or, with HARDPOINT_TEST_API=real (or `engine: 'real'`) and
 * KUBEBUILDER_ASSETS, etcd and kube-apiserver. Ready when it resolves.
 */
export async function startTestApi(
  options: {
    readonly engine?: 'embedded' | 'real';
    /** Real engine only: also runs kube-controller-manager with these controllers. The embedded server collects garbage by itself. */
    readonly controllers?: readonly string[];
    /** Real engine only: a Pod gets its namespace's service account, as on a cluster. Needs `serviceaccount-controller`. */
    readonly serviceAccounts?: boolean;
  } = {},
): Promise<TestApi> {
  const engine = options.engine ?? (process.env.HARDPOINT_TEST_API === 'real' ? 'real' : 'embedded');
  if (engine === 'embedded') return await startEmbeddedApi();
  const assets = realApiAssets();
  if (assets === undefined) throw new Error('HARDPOINT_TEST_API=real needs KUBEBUILDER_ASSETS');
  return await startRealApi({
    assets,
    controllers: options.controllers ?? [],
    serviceAccounts: options.serviceAccounts ?? false,
  });
}

/** What this package needs of the embedded server's entry. */
type StartApiServer = (options: {
  readonly dataDir: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}) => Promise<
  AsyncDisposable & {
    readonly url: string;
    transportFor(user: { readonly name: string; readonly groups: readonly string[] }): Transport;
  }
>;

async function startEmbeddedApi(): Promise<TestApi> {
  // Loaded only where it is asked for: the real engine needs none of it.
  const module: { startApiServer?: StartApiServer } = await import('@hardpoint/apiserver');
  const { startApiServer } = module;
  if (startApiServer === undefined) throw new Error('@hardpoint/apiserver exports no startApiServer');
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await temporaryFolder());
  const server = stack.use(
    await startApiServer({ dataDir: folder.path, clock: systemClock, random: systemRandom, log: silentLogger }),
  );
  const transportFor = (user: TestUser): Transport =>
    server.transportFor({ name: user.name, groups: [...(user.groups ?? []), 'system:authenticated'] });
  const transport = transportFor({ name: 'test-admin', groups: ['system:masters'] });
  const ended = stack.move();
  return {
    engine: 'embedded',
    client: createClient({ transport }),
    transport,
    url: server.url,
    ca: await readFile(`${folder.path}/pki/ca.crt`, 'utf8'),
    kubeconfigFile: `${folder.path}/kubeconfig`,
    transportFor,
    clientFor: (user) => createClient({ transport: transportFor(user) }),
    [Symbol.asyncDispose]: () => ended.disposeAsync(),
  };
}
