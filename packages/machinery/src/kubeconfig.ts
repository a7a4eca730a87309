import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { parse, stringify } from 'yaml';
import { ApiError } from './errors.ts';
import { type HttpTransportOptions, httpTransport } from './http-transport.ts';
import type { Transport } from './transport.ts';

/** Where and as whom to reach an API. */
export interface KubeconfigConnection extends HttpTransportOptions {
  /** The context's name; `in-cluster` for a service account. */
  readonly context: string;
  /** The context's namespace; `default` where it names none. */
  readonly namespace: string;
}

const SERVICE_ACCOUNT_FOLDER = '/var/run/secrets/kubernetes.io/serviceaccount';

/**
 * Reads a kubeconfig: certificates and tokens as data or files. `context` defaults to the file's current one.
 * Rejects with code `Kubeconfig` where the file is missing, malformed, or asks for a credential plugin.
 */
export async function loadKubeconfig(options: {
  readonly file: string;
  readonly context?: string | undefined;
}): Promise<KubeconfigConnection> {
  const { file } = options;
  const fail = (message: string, cause?: unknown): never => {
    throw new ApiError({ code: 'Kubeconfig', message: `${file}: ${message}`, cause });
  };
  const folder = dirname(resolve(file));
  const read = (path: string): Promise<string> =>
    readFile(resolve(folder, path), 'utf8').catch((error: unknown) => fail(`${path} cannot be read`, error));
  let document: unknown;
  try {
    document = parse(await readFile(file, 'utf8'));
  } catch (error) {
    fail(error instanceof Error ? error.message : String(error), error);
  }
  const config = record(document);
  const name = options.context ?? text(config['current-context']) ?? fail('names no current-context');
  const context = named(config.contexts, name, 'context') ?? fail(`has no context ${name}`);
  const clusterName = text(context.cluster) ?? fail(`context ${name} names no cluster`);
  const cluster = named(config.clusters, clusterName, 'cluster') ?? fail(`has no cluster ${clusterName}`);
  const userName = text(context.user);
  const user = userName === undefined ? {} : (named(config.users, userName, 'user') ?? fail(`has no user ${userName}`));
  if (user.exec !== undefined || user['auth-provider'] !== undefined) {
    fail(`user ${userName} needs a credential plugin, which is not supported`);
  }
  const pem = async (from: Readonly<Record<string, unknown>>, key: string): Promise<string | undefined> => {
    const data = text(from[`${key}-data`]);
    if (data !== undefined) return Buffer.from(data, 'base64').toString('utf8');
    const path = text(from[key]);
    return path === undefined ? undefined : await read(path);
  };
  const tokenFile = text(user.tokenFile);
  return {
    context: name,
    namespace: text(context.namespace) ?? 'default',
    server: text(cluster.server) ?? fail(`cluster ${clusterName} names no server`),
    ca: await pem(cluster, 'certificate-authority'),
    cert: await pem(user, 'client-certificate'),
    key: await pem(user, 'client-key'),
    token: text(user.token),
    tokenFile: tokenFile === undefined ? undefined : resolve(folder, tokenFile),
    insecureSkipTlsVerify: cluster['insecure-skip-tls-verify'] === true,
    tlsServerName: text(cluster['tls-server-name']),
  };
}

/** The connection of a Pod's service account. `env` is the process's environment. */
export async function inClusterConnection(options: {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly folder?: string;
}): Promise<KubeconfigConnection> {
  const folder = options.folder ?? SERVICE_ACCOUNT_FOLDER;
  const host = options.env.KUBERNETES_SERVICE_HOST;
  const port = options.env.KUBERNETES_SERVICE_PORT;
  if (host === undefined || port === undefined) {
    throw new ApiError({ code: 'Kubeconfig', message: 'not inside a cluster: KUBERNETES_SERVICE_HOST is not set' });
  }
  return {
    context: 'in-cluster',
    namespace: (await readFile(`${folder}/namespace`, 'utf8').catch(() => 'default')).trim(),
    server: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
    ca: await readFile(`${folder}/ca.crt`, 'utf8'),
    tokenFile: `${folder}/token`,
  };
}

export function connectionTransport(connection: KubeconfigConnection): Transport {
  return httpTransport(connection);
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function named(list: unknown, name: string, key: string): Readonly<Record<string, unknown>> | undefined {
  if (!Array.isArray(list)) return undefined;
  const entry = list.map(record).find((one) => one.name === name);
  return entry === undefined ? undefined : record(entry[key]);
}

/** A kubeconfig of one context, as YAML. It holds credentials: write it with mode 0600. */
export function stringifyKubeconfig(options: {
  readonly server: string;
  /** PEM. */
  readonly ca?: string | undefined;
  /** Names the user entry. */
  readonly user: string;
  readonly token?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly namespace?: string | undefined;
  /** Names the cluster and the context; default `hardpoint`. */
  readonly cluster?: string;
}): string {
  const cluster = options.cluster ?? 'hardpoint';
  const data = (key: string, pem: string | undefined): Record<string, string> =>
    pem === undefined ? {} : { [key]: Buffer.from(pem, 'utf8').toString('base64') };
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      { name: cluster, cluster: { server: options.server, ...data('certificate-authority-data', options.ca) } },
    ],
    users: [
      {
        name: options.user,
        user: {
          ...(options.token === undefined ? {} : { token: options.token }),
          ...data('client-certificate-data', options.cert),
          ...data('client-key-data', options.key),
        },
      },
    ],
    contexts: [
      {
        name: cluster,
        context: {
          cluster,
          user: options.user,
          ...(options.namespace === undefined ? {} : { namespace: options.namespace }),
        },
      },
    ],
    'current-context': cluster,
  });
}
