import { type ChildProcess, spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { NAMESPACES } from '@hardpoint/kubernetes';
import { createClient, httpTransport, stringifyKubeconfig, systemClock, type Transport } from '@hardpoint/machinery';
import { type ChildGuard, guardChildren } from './child-guard.ts';
import { eventually } from './eventually.ts';
import { freePort } from './free-port.ts';
import { temporaryFolder } from './temporary-folder.ts';
import type { TestApi, TestUser } from './test-api.ts';

const TOKEN = 'test-admin-token';
const START_LIMIT_MS = 90_000;

/** etcd and kube-apiserver from `assets`, on loopback, with RBAC, a token file and service account keys. */
export async function startRealApi(options: {
  readonly assets: string;
  readonly controllers: readonly string[];
  readonly serviceAccounts: boolean;
}): Promise<TestApi> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await temporaryFolder());
  const children = createChildren(folder.path);
  stack.defer(() => children.end());
  const [clientPort, peerPort, port] = [await freePort(), await freePort(), await freePort()];
  const etcd = `http://127.0.0.1:${clientPort}`;
  const peer = `http://127.0.0.1:${peerPort}`;
  children.start(`${options.assets}/etcd`, [
    `--data-dir=${folder.path}/etcd`,
    `--listen-client-urls=${etcd}`,
    `--advertise-client-urls=${etcd}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=default=${peer}`,
    '--unsafe-no-fsync',
    '--log-level=error',
  ]);
  const { privateKey, publicKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  });
  const secret = { mode: 0o600 };
  await writeFile(`${folder.path}/sa.key`, privateKey, secret);
  await writeFile(`${folder.path}/sa.pub`, publicKey, secret);
  await writeFile(`${folder.path}/tokens.csv`, `${TOKEN},test-admin,test-admin,"system:masters"\n`, secret);
  await mkdir(`${folder.path}/certs`);
  const apiServer = children.start(`${options.assets}/kube-apiserver`, [
    `--etcd-servers=${etcd}`,
    `--secure-port=${port}`,
    '--bind-address=127.0.0.1',
    '--advertise-address=127.0.0.1',
    '--endpoint-reconciler-type=none',
    '--service-cluster-ip-range=10.0.0.0/24',
    `--cert-dir=${folder.path}/certs`,
    '--authorization-mode=RBAC',
    `--token-auth-file=${folder.path}/tokens.csv`,
    `--service-account-signing-key-file=${folder.path}/sa.key`,
    `--service-account-key-file=${folder.path}/sa.pub`,
    '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
    ...(options.serviceAccounts ? [] : ['--disable-admission-plugins=ServiceAccount']),
    '--allow-privileged=true',
    '--v=0',
  ]);
  const url = `https://127.0.0.1:${port}`;
  const certificate = `${folder.path}/certs/apiserver.crt`;
  const ca = await eventually(
    async () => {
      const pem = await readFile(certificate, 'utf8');
      if (!pem.trimEnd().endsWith('-----END CERTIFICATE-----')) throw new Error('the certificate is not written yet');
      return pem;
    },
    { timeoutMs: START_LIMIT_MS, intervalMs: 100, signal: apiServer.ended },
  );
  const transport = stack.use(httpTransport({ server: url, ca, token: TOKEN }));
  const client = createClient({ transport, userAgent: 'hardpoint-test' });
  await eventually(
    async () => {
      await client.raw({ method: 'GET', path: '/readyz' });
      await client.get(NAMESPACES, { name: 'default' });
    },
    { timeoutMs: START_LIMIT_MS, intervalMs: 100, signal: apiServer.ended },
  );
  const kubeconfigFile = `${folder.path}/kubeconfig`;
  await writeFile(kubeconfigFile, stringifyKubeconfig({ server: url, ca, user: 'test-admin', token: TOKEN }), secret);
  if (options.controllers.length > 0) {
    children.start(`${options.assets}/kube-controller-manager`, [
      `--kubeconfig=${kubeconfigFile}`,
      `--controllers=${options.controllers.join(',')}`,
      `--service-account-private-key-file=${folder.path}/sa.key`,
      `--root-ca-file=${certificate}`,
      '--leader-elect=false',
      '--secure-port=0',
    ]);
  }
  const ended = stack.move();
  const transportFor = (user: TestUser): Transport => actingAs(transport, user);
  return {
    engine: 'real',
    client,
    transport,
    url,
    ca,
    kubeconfigFile,
    transportFor,
    clientFor: (user) => createClient({ transport: transportFor(user) }),
    [Symbol.asyncDispose]: () => ended.disposeAsync(),
  };
}

/** The same connections, with impersonation. One group only fits into a header map; more go as repeated values. */
function actingAs(transport: Transport, user: TestUser): Transport {
  const groups = user.groups ?? [];
  if (groups.length > 1) throw new RangeError('a test user of the real server has at most one group');
  return {
    request: (request) =>
      transport.request({
        ...request,
        headers: {
          ...request.headers,
          'impersonate-user': user.name,
          ...(groups[0] === undefined ? {} : { 'impersonate-group': groups[0] }),
        },
      }),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

interface Child {
  /** Aborts when the process ends; the reason carries the end of its output. */
  readonly ended: AbortSignal;
}

function createChildren(folder: string): {
  start(command: string, args: readonly string[]): Child;
  end(): Promise<void>;
} {
  const running: { readonly process: ChildProcess; readonly exited: Promise<unknown> }[] = [];
  let guard: ChildGuard | undefined;
  return {
    start(command, args) {
      const name = command.slice(command.lastIndexOf('/') + 1);
      const logFile = `${folder}/${name}.log`;
      const log = openSync(logFile, 'a', 0o600);
      const process = spawn(command, [...args], { stdio: ['ignore', log, log], cwd: folder });
      closeSync(log);
      const exited = once(process, 'exit');
      exited.catch(() => {});
      running.unshift({ process, exited });
      const previous = guard;
      const pids = running.flatMap((one) => one.process.pid ?? []);
      guard = guardChildren({ pids, folder });
      previous?.dismiss();
      const ended = new AbortController();
      process.once('exit', (code, signal) =>
        ended.abort(new Error(`${name} ended with ${code ?? signal}:\n${tail(logFile)}`)),
      );
      return { ended: ended.signal };
    },
    async end() {
      for (const { process, exited } of running) {
        if (process.exitCode !== null || process.signalCode !== null) continue;
        process.kill('SIGTERM');
        using limit = systemClock.timer(3000, () => void process.kill('SIGKILL'));
        void limit;
        await exited;
      }
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
      await guard?.end();
    },
  };
}

function tail(file: string): string {
  return existsSync(file) ? readFileSync(file, 'utf8').slice(-2000) : '';
}
