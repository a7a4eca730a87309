import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type Node, PODS, type Pod, type Stored } from '@hardpoint/kubernetes';
import { createLogger, silentLogger, systemClock, systemRandom } from '@hardpoint/machinery';
import { eventually, startTestApi, type TestApi, temporaryFolder } from '@hardpoint/testing';
import type { ImageTable } from '../image-table.ts';
import { type NodeAgentOptions, runNodeAgent } from './node-agent.ts';

const log =
  process.env['HARDPOINT_TEST_LOG'] === undefined ? silentLogger : createLogger({ name: 'test', level: 'debug' });
const node = process.execPath;
const images: ImageTable = [
  { repository: 'registry.mil/test/shell', tags: ['v1'], command: ['/bin/sh', '-c'] },
  { repository: 'registry.mil/test/script', tags: ['v1'], command: [node, '-e'] },
];

let api: TestApi;
before(async () => {
  api = await startTestApi();
});
after(async () => await api[Symbol.asyncDispose]());

interface Agent extends AsyncDisposable {
  readonly dataDir: string;
}

async function startAgent(over: Partial<NodeAgentOptions> & { readonly nodes: readonly string[] }): Promise<Agent> {
  const stack = new AsyncDisposableStack();
  const folder = stack.use(await temporaryFolder());
  const dataDir = join(folder.path, 'n');
  const stop = new AbortController();
  const ready = Promise.withResolvers<void>();
  const aircraft: Node[] = over.nodes.map((name) => ({
    metadata: { name, labels: { 'aircraft.mil/type': 'j20', 'aircraft.mil/status': 'ready' } },
  }));
  const run = runNodeAgent({
    client: api.client,
    aircraft,
    dataDir,
    images,
    runtime: 'process',
    clock: systemClock,
    random: systemRandom,
    log,
    signal: stop.signal,
    onReady: () => ready.resolve(),
    ...over,
  });
  run.catch((error: unknown) => ready.reject(error));
  stack.defer(async () => {
    stop.abort();
    await run;
  });
  await ready.promise;
  return { dataDir, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

function podOf(name: string, nodeName: string, spec: Partial<NonNullable<Pod['spec']>>): Pod {
  return {
    metadata: { name, namespace: 'default' },
    spec: {
      nodeName,
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 2,
      containers: [],
      ...spec,
    },
  };
}

async function untilPod(name: string, check: (pod: Stored<Pod>) => void, timeoutMs = 10_000): Promise<Stored<Pod>> {
  return await eventually(
    async () => {
      const pod = await api.client.get(PODS, { namespace: 'default', name });
      check(pod);
      return pod;
    },
    { timeoutMs, intervalMs: 50 },
  );
}

const shell = (name: string, script: string) => ({ name, image: 'registry.mil/test/shell:v1', args: [script] });

describe('node agent', () => {
  it('flies a Pod with init container, sidecar and main container to Succeeded', async () => {
    await using _ = await startAgent({ nodes: ['j20-a'] });
    const pod = podOf('sortie', 'j20-a', {
      restartPolicy: 'OnFailure',
      initContainers: [
        { ...shell('weapon', 'trap "exit 0" TERM; while :; do sleep 0.05; done'), restartPolicy: 'Always' },
        shell('preload', 'echo checked > shared/checked'),
      ].map((each) => ({ ...each, volumeMounts: [{ name: 'shared', mountPath: '/shared' }] })),
      containers: [
        {
          ...shell('aircraft-control', 'cat shared/checked; echo done > termination-log'),
          volumeMounts: [{ name: 'shared', mountPath: '/shared' }],
        },
      ],
      volumes: [{ name: 'shared', emptyDir: {} }],
    });
    await api.client.create(PODS, pod);
    const flown = await untilPod('sortie', ({ status }) => assert.equal(status?.phase, 'Succeeded'));
    const main = flown.status?.containerStatuses?.[0];
    assert.equal(main?.state?.terminated?.exitCode, 0);
    assert.equal(main?.state?.terminated?.reason, 'Completed');
    assert.equal(main?.state?.terminated?.message, 'done\n');
    assert.deepEqual(
      flown.status?.initContainerStatuses?.map(({ name, state, restartCount }) => [
        name,
        state?.terminated?.exitCode,
        restartCount,
      ]),
      [
        ['weapon', 0, 0],
        ['preload', 0, 0],
      ],
    );
    const conditions = Object.fromEntries(
      (flown.status?.conditions ?? []).map(({ type, status, reason }) => [type, [status, reason]]),
    );
    assert.deepEqual(conditions['Ready'], ['False', 'PodCompleted']);
    assert.deepEqual(conditions['Initialized'], ['True', 'PodCompleted']);
    assert.match(flown.status?.podIP ?? '', /^127\./);
    assert.equal(flown.status?.qosClass, 'BestEffort');
    await api.client.delete(PODS, { namespace: 'default', name: 'sortie' });
    await eventually(async () => {
      const { items } = await api.client.list(PODS, { namespace: 'default' });
      assert.equal(items.length, 0);
    });
  });
});
