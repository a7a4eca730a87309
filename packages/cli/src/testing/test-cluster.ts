import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Client, connectionTransport, createClient, loadKubeconfig, systemClock } from '@hardpoint/machinery';
import { temporaryFolder } from '@hardpoint/testing';
import { stringify } from 'yaml';
import { type DataFolder, openDataFolder } from '../cluster/data-folder.ts';
import { type EmbeddedCluster, startEmbeddedCluster } from '../cluster/embedded-cluster.ts';
import { findInstallation } from '../installation.ts';
import { processesOf } from './processes.ts';

/** A whole embedded cluster as processes, with aircraft that are all alike: `t-01`, `t-02`, … of type j20. */
export interface TestCluster extends AsyncDisposable {
  readonly cluster: EmbeddedCluster;
  readonly data: DataFolder;
  /** As the administrator. */
  readonly client: Client;
  /** As another user, without groups of its own. */
  clientAs(user: string): Promise<Client>;
  /** The process id of a running part. */
  pidOf(part: 'apiserver' | 'operator' | 'scheduler' | 'node'): number;
}

/** An aircraft that carries every weapon and is ready again at once after landing. */
export function aircraft(name: string, labels: Readonly<Record<string, string>> = {}) {
  return {
    apiVersion: 'v1' as const,
    kind: 'Node' as const,
    metadata: {
      name,
      labels: {
        'aircraft.mil/type': 'j20',
        'aircraft.mil/status': 'ready',
        'aircraft.mil/fuel.level': '95',
        'aircraft.mil/hardpoint.available': '6',
        'aircraft.mil/location.zone': 'east-sea',
        ...labels,
      },
      annotations: {
        'airforce.mil/agent': 'embedded',
        'aircraft.mil/hardpoints': 'internal-bay=6',
        'aircraft.mil/maintenance': '45',
        'aircraft.mil/turnaround': '1s',
        'aircraft.mil/compatible-weapons': 'pl15-missile',
      },
    },
  };
}

/** Its disposal asserts that no process of the cluster is left. */
export async function startTestCluster(options: { readonly aircraft: number }): Promise<TestCluster> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await temporaryFolder());
  stack.defer(() => assert.deepEqual(processesOf(folder.path), [], 'a process was left behind'));
  const file = join(folder.path, 'aircraft.yaml');
  const names = Array.from({ length: options.aircraft }, (_, index) => `t-${String(index + 1).padStart(2, '0')}`);
  await writeFile(file, names.map((name) => stringify(aircraft(name))).join('---\n'));
  const data = openDataFolder(join(folder.path, 'd'), '/');
  const cluster = stack.use(
    await startEmbeddedCluster({
      data,
      port: 0,
      installation: findInstallation(),
      env: { ...process.env, HARDPOINT_LOCALE: 'zh-CN' },
      clock: systemClock,
      signal: new AbortController().signal,
      nodeArguments: ['--aircraft', file],
      schedulerArguments: [],
    }),
  );
  const held = stack.move();
  return {
    cluster,
    data,
    client: cluster.client,
    async clientAs(user) {
      const transport = connectionTransport(await loadKubeconfig({ file: data.kubeconfig }));
      held.use(transport);
      return createClient({
        transport: {
          request: (request) =>
            transport.request({ ...request, headers: { ...request.headers, 'impersonate-user': user } }),
          [Symbol.asyncDispose]: () => Promise.resolve(),
        },
      });
    },
    pidOf(part) {
      const pid = cluster.parts.find(({ name }) => name === part)?.pid;
      assert.ok(pid !== undefined, `${part} is not running`);
      return pid;
    },
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}
