import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import type { Clock, Logger, Random, Transport } from '@hardpoint/machinery';
import { admissionChain } from './admission/builtin-plugins.ts';
import { webhookAdmission } from './admission/webhooks.ts';
import { refusalText } from './auth/authorizer.ts';
import { escalationCheck } from './auth/escalation.ts';
import { impersonation } from './auth/impersonation.ts';
import { keyMaterial } from './auth/key-material.ts';
import { rbac } from './auth/rbac.ts';
import { reviewHandlers } from './auth/reviews.ts';
import { serviceAccountTokens } from './auth/service-account-tokens.ts';
import { userTokens } from './auth/tokens.ts';
import { authenticated, type User } from './auth/user.ts';
import { bootstrap } from './controllers/bootstrap.ts';
import { serveDefinitions } from './controllers/definitions.ts';
import { expireEvents } from './controllers/event-expiry.ts';
import { collectGarbage } from './controllers/garbage-collector.ts';
import { keepNamespaces } from './controllers/namespaces.ts';
import { openApi } from './discovery/openapi.ts';
import { failureAnswer, objectAnswer, textAnswer } from './http/answers.ts';
import type { Exchange } from './http/exchange.ts';
import { forbidden, unauthorized } from './http/failures.ts';
import { createHandler } from './http/handler.ts';
import { listen } from './http/listener.ts';
import { memoryTransport } from './http/memory-transport.ts';
import { requestInfo } from './http/request-info.ts';
import { resourceHandler } from './http/resource-handler.ts';
import { builtinKinds } from './kinds/builtin.ts';
import { Catalog } from './kinds/catalog.ts';
import { kubeconfigText } from './kubeconfig.ts';
import { bindingHandler, evictionHandler } from './registry/pod-subresources.ts';
import { Registry } from './registry/registry.ts';
import { scaleHandler } from './registry/scale.ts';
import { tokenRequestHandler } from './registry/token-request.ts';
import { keyOfPlace } from './registry/write-options.ts';
import { kubeletRelay, refuseUpgrade } from './relay/kubelet-relay.ts';
import { StatusError } from './schema/contract.ts';
import { openDataFolder, writePrivate } from './store/data-folder.ts';
import { lockFolder } from './store/folder-lock.ts';
import { type Journal, memoryJournal } from './store/journal.ts';
import { Store } from './store/store.ts';

export interface ApiServerOptions {
  /** Folder for everything that survives, or `memory`. */
  readonly dataDir: string;
  /** Address to listen on, 127.0.0.1 by default. */
  readonly host?: string;
  /** 0, the default: any free port. */
  readonly port?: number;
  /** Name of the user in `DIR/kubeconfig`, a member of system:masters; `hardpoint-admin` by default. */
  readonly administrator?: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

/** Who a transport, token or kubeconfig acts as. */
export interface Identity {
  readonly name: string;
  readonly groups: readonly string[];
}

/** A running Kubernetes API server. */
export interface ApiServer extends AsyncDisposable {
  /** `https://127.0.0.1:PORT` */
  readonly url: string;
  readonly port: number;
  /** PEM of the authority that signed the server's certificate, and of kubelet client certificates. */
  readonly ca: string;
  /** The same handlers without sockets. */
  transportFor(user: Identity): Transport;
  /** A bearer token that stays valid across restarts on the same data folder. */
  issueToken(user: Identity): string;
  /** YAML */
  kubeconfigFor(user: Identity): string;
  /** `DIR/kubeconfig` of a member of system:masters; undefined in memory. */
  readonly adminKubeconfigFile: string | undefined;
  close(): Promise<void>;
}

/**
 * Starts the server and resolves once it answers. Rejects with a DataFolderError where the folder cannot be used, and
 * with the system's error where it cannot listen.
 */
export async function startApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const { clock, random, log } = options;
  const host = options.host ?? '127.0.0.1';
  const folder = options.dataDir === 'memory' ? undefined : options.dataDir;
  using stack = new DisposableStack();
  if (folder !== undefined) {
    openDataFolder(folder);
    stack.use(lockFolder(folder));
  }
  const keys = await keyMaterial({
    folder: folder === undefined ? undefined : join(folder, 'pki'),
    host,
    now: clock.now(),
  });
  const journal: Journal =
    folder === undefined
      ? memoryJournal()
      : (await import('./store/lmdb-journal.ts')).lmdbJournal(join(folder, 'store'));
  const store = new Store({ journal, log });
  const catalog = new Catalog(builtinKinds());
  const closing = new AbortController();
  const authorizer = rbac(store);
  const admission = admissionChain({
    store,
    random,
    webhooks: webhookAdmission({ store, clock, random, log }),
    checks: [escalationCheck(authorizer)],
  });
  const registry = new Registry({ store, clock, random, log, admission });
  const definitions = serveDefinitions({ registry, catalog });
  const tokens = userTokens({ key: keys.tokenKey, clock });
  const serviceAccounts = serviceAccountTokens({ key: keys.serviceAccountKey, store, clock, random });
  await bootstrap({ store, random, time: registry.time() });
  const namespaces = keepNamespaces({ registry, catalog, authority: keys.authority.cert, signal: closing.signal });
  collectGarbage({ registry, catalog, signal: closing.signal });
  expireEvents({ registry, signal: closing.signal });
  const relay = kubeletRelay({
    client: keys.kubeletClient,
    pod: (namespace, name) => store.get('pods', keyOfPlace({ namespace, name })),
    node: (name) => store.get('nodes', keyOfPlace({ namespace: '', name })),
    log,
  });
  const watches = new Set<Promise<void>>();
  const resources = resourceHandler({
    registry,
    catalog,
    subresources: new Map([
      ['pods/log', relay.logs],
      ['pods/binding', bindingHandler(registry, catalog)],
      ['pods/eviction', evictionHandler(registry, catalog)],
      ['serviceaccounts/token', tokenRequestHandler(registry, catalog, serviceAccounts)],
      ['*/scale', scaleHandler(registry, catalog)],
    ]),
    reviews: new Map([
      ...reviewHandlers({ authorizer, rbac: authorizer, serviceAccounts, users: tokens }),
      ['bindings', bindingHandler(registry, catalog)],
    ]),
    onWatch: (ended) => {
      watches.add(ended);
      void ended.finally(() => watches.delete(ended));
    },
  });

  function authenticate(exchange: Exchange): User | undefined {
    if (exchange.user !== undefined) return exchange.user;
    const header = exchange.headers.authorization ?? '';
    if (header === '') return undefined;
    const token = /^bearer (.+)$/i.exec(header)?.[1]?.trim();
    const user = token === undefined ? undefined : (tokens.verify(token) ?? serviceAccounts.verify(token)?.user);
    if (user === undefined) throw unauthorized();
    return user;
  }

  /** exec, attach and port-forward: who asks and may they, as for any request; then the connection is the kubelet's. */
  function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, peer: User | undefined): void {
    try {
      const info = requestInfo('GET', request.url ?? '/');
      const headers = Object.fromEntries(
        Object.entries(request.headers).map(([name, value]) => [name, String(value ?? '')]),
      );
      const asked = authenticate({
        method: 'GET',
        target: request.url ?? '/',
        headers,
        headerValues: (name) => (headers[name] === undefined ? [] : [headers[name]]),
        body: () => Promise.resolve(Buffer.alloc(0)),
        signal: closing.signal,
        user: peer,
      });
      if (asked === undefined) throw unauthorized();
      const user = authenticated(asked);
      // A WebSocket begins with GET, but what it does is to run something: both verbs are asked for.
      for (const verb of ['get', 'create']) {
        const { allowed, reason } = authorizer.authorize(user, { ...info, verb });
        if (!allowed) throw forbidden(info, info.name, refusalText(user, { ...info, verb }, reason));
      }
      if (info.resource !== 'pods' || !['exec', 'attach', 'portforward'].includes(info.subresource)) {
        throw StatusError.badRequest('Upgrade request required');
      }
      relay.upgrade(info, request, socket, head);
    } catch (error) {
      refuseUpgrade(socket, failureAnswer(error));
    }
  }

  const documents = openApi(catalog);
  const handler = createHandler({
    catalog,
    authorizer,
    authenticate,
    impersonate: impersonation(authorizer),
    resources,
    extra: async ({ path }, exchange) => {
      if (path === '/openid/v1/jwks') return objectAnswer(serviceAccounts.keys);
      return documents(path, exchange);
    },
    health: (path) => (/^\/(healthz|livez|readyz)(\/|$)/.test(path) ? textAnswer('ok') : undefined),
    version: {
      major: '1',
      minor: '37',
      gitVersion: 'v1.37.2',
      emulationMajor: '1',
      emulationMinor: '37',
      minCompatibilityMajor: '1',
      minCompatibilityMinor: '36',
      gitCommit: '',
      gitTreeState: 'clean',
      buildDate: '1970-01-01T00:00:00Z',
      goVersion: '',
      compiler: '',
      platform: 'linux/amd64',
    },
    log,
  });
  await namespaces.settled();
  const listener = await listen({
    host,
    port: options.port ?? 0,
    cert: keys.server.cert,
    key: keys.server.key,
    clientCa: keys.authority.cert,
    handler,
    upgrade,
    log,
  });
  const url = `https://${host.includes(':') ? `[${host}]` : host}:${listener.port}`;
  const issueToken = (user: Identity): string => tokens.issue(user);
  const kubeconfigFor = (user: Identity): string =>
    kubeconfigText({ server: url, authority: keys.authority.cert, token: issueToken(user), user: user.name });
  const adminKubeconfigFile = folder === undefined ? undefined : join(folder, 'kubeconfig');
  if (adminKubeconfigFile !== undefined) {
    const admin = { name: options.administrator ?? 'hardpoint-admin', groups: ['system:masters'] };
    writePrivate(adminKubeconfigFile, kubeconfigFor(admin));
  }

  const held = stack.move();
  let closed: Promise<void> | undefined;
  async function shutDown(): Promise<void> {
    closing.abort();
    definitions[Symbol.dispose]();
    await listener[Symbol.asyncDispose]();
    await namespaces.settled();
    await Promise.allSettled(watches);
    await store[Symbol.asyncDispose]();
    held[Symbol.dispose]();
  }
  const close = (): Promise<void> => {
    closed ??= shutDown();
    return closed;
  };

  return {
    url,
    port: listener.port,
    ca: keys.authority.cert,
    transportFor: (user) => memoryTransport({ handler, user: authenticated(user), closed: closing.signal }),
    issueToken,
    kubeconfigFor,
    adminKubeconfigFile,
    close,
    [Symbol.asyncDispose]: close,
  };
}
