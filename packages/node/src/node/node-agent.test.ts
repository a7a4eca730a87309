import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { CONFIG_MAPS, EVENTS, LEASES, NODES, PODS, type Pod, SECRETS } from '@hardpoint/kubernetes';
import { systemClock } from '@hardpoint/machinery';
import { eventually, startTestApi, type TestApi } from '@hardpoint/testing';
import { createPod, script, shell, startTestAgent, UNTIL_TERM, untilPod } from '../fixtures/agent.ts';

let api: TestApi;
before(async () => {
  api = await startTestApi();
});
after(async () => await api[Symbol.asyncDispose]());

const shared = { volumeMounts: [{ name: 'shared', mountPath: '/shared' }] };

function conditions(pod: Pod): Record<string, string> {
  return Object.fromEntries(
    (pod.status?.conditions ?? []).map(({ type, status, reason }) => [type, `${status} ${reason ?? ''}`.trim()]),
  );
}

async function remove(name: string): Promise<void> {
  await api.client.delete(PODS, { namespace: 'default', name });
  await eventually(async () => {
    const { items } = await api.client.list(PODS, { namespace: 'default' });
    assert.ok(!items.some(({ metadata }) => metadata.name === name));
  });
}

async function events(name: string): Promise<string[]> {
  const { items } = await api.client.list(EVENTS, { namespace: 'default' });
  return items
    .filter(({ regarding }) => regarding?.name === name)
    .map(({ reason, note, regarding }) => `${reason} ${regarding?.fieldPath ?? ''} ${note}`);
}

void describe('node agent', () => {
  void it('registers Nodes with Leases, adopts an applied one, and leaves the labels of others alone', async () => {
    {
      await using _ = await startTestAgent(api, { nodes: ['j20-r'] });
      const node = await api.client.get(NODES, { name: 'j20-r' });
      assert.equal(node.metadata.labels?.['aircraft.mil/type'], 'j20');
      assert.equal(node.metadata.labels?.['kubernetes.io/hostname'], 'j20-r');
      assert.equal(node.metadata.annotations?.['airforce.mil/agent'], 'embedded');
      assert.equal(node.status?.conditions?.find(({ type }) => type === 'Ready')?.status, 'True');
      const lease = await api.client.get(LEASES, { namespace: 'kube-node-lease', name: 'j20-r' });
      assert.equal(lease.spec?.leaseDurationSeconds, 40);
      const labels = { 'aircraft.mil/status': 'maintenance' };
      await api.client.patch(NODES, { name: 'j20-r' }, { type: 'merge', body: { metadata: { labels } } });
      const applied = { name: 'applied', annotations: { 'airforce.mil/agent': 'embedded' } };
      await api.client.create(NODES, { metadata: applied });
      await eventually(async () => {
        const { status } = await api.client.get(NODES, { name: 'applied' });
        assert.equal(status?.conditions?.find(({ type }) => type === 'Ready')?.status, 'True');
      });
    }
    await using _ = await startTestAgent(api, { nodes: ['j20-r'] });
    const node = await api.client.get(NODES, { name: 'j20-r' });
    assert.equal(node.metadata.labels?.['aircraft.mil/status'], 'maintenance');
  });

  void it('flies a Pod with init container, sidecar and main container to Succeeded', async () => {
    await using _ = await startTestAgent(api, { nodes: ['j20-a'] });
    await createPod(api, 'sortie', 'j20-a', {
      restartPolicy: 'OnFailure',
      initContainers: [
        { ...shell('weapon', UNTIL_TERM), ...shared, restartPolicy: 'Always' },
        { ...shell('preload', 'echo checked > shared/checked'), ...shared },
      ],
      // A moment, so that the sidecar's shell has set its trap before it is told to end.
      containers: [
        { ...shell('aircraft-control', 'cat shared/checked; sleep 0.5; echo done > termination-log'), ...shared },
      ],
      volumes: [{ name: 'shared', emptyDir: {} }],
    });
    const flown = await untilPod(api, 'sortie', ({ status }) => assert.equal(status?.phase, 'Succeeded'));
    const main = flown.status?.containerStatuses?.[0];
    assert.equal(main?.state?.terminated?.exitCode, 0);
    assert.equal(main?.state?.terminated?.reason, 'Completed');
    assert.equal(main?.state?.terminated?.message, 'done\n');
    const init = flown.status?.initContainerStatuses ?? [];
    assert.deepEqual(
      init.map(({ name, state, restartCount }) => [name, state?.terminated?.exitCode, restartCount]),
      [
        ['weapon', 0, 0],
        ['preload', 0, 0],
      ],
    );
    assert.deepEqual(conditions(flown), {
      PodReadyToStartContainers: 'True',
      Initialized: 'True PodCompleted',
      Ready: 'False PodCompleted',
      ContainersReady: 'False PodCompleted',
      PodScheduled: 'True',
    });
    assert.match(flown.status?.podIP ?? '', /^127\./);
    assert.equal(flown.status?.qosClass, 'BestEffort');
    await eventually(async () => {
      const told = await events('sortie');
      for (const line of [
        'Created spec.initContainers{weapon} Container created',
        'Started spec.containers{aircraft-control} Container started',
        'Killing spec.initContainers{weapon} Stopping container weapon',
      ]) {
        assert.ok(told.includes(line), told.join('\n'));
      }
    });
    await remove('sortie');
  });

  void it('gives containers their environment, and volumes that follow their sources', async () => {
    await using _ = await startTestAgent(api, { nodes: ['j20-v'] });
    const namespace = 'default';
    await api.client.create(CONFIG_MAPS, {
      metadata: { name: 'settings', namespace },
      data: { mode: 'calm', 'a.yaml': 'a: 1' },
    });
    await api.client.create(SECRETS, {
      metadata: { name: 'key', namespace },
      data: { word: Buffer.from('open').toString('base64') },
    });
    const fieldRef = (fieldPath: string) => ({ valueFrom: { fieldRef: { fieldPath } } });
    await createPod(
      api,
      'volumes',
      'j20-v',
      {
        containers: [
          {
            ...shell('main', `env | sort > state/env; echo "$0" > state/args; ${UNTIL_TERM}`),
            args: [`env | sort > state/env; echo "$(GREETING)" > state/args; ${UNTIL_TERM}`],
            env: [
              { name: 'POD_IP', ...fieldRef('status.podIP') },
              { name: 'NODE', ...fieldRef('spec.nodeName') },
              { name: 'MODE', valueFrom: { configMapKeyRef: { name: 'settings', key: 'mode' } } },
              { name: 'GREETING', value: 'hello $(NODE) $(NOBODY) $$(NODE)' },
              { name: 'CPU', valueFrom: { resourceFieldRef: { resource: 'limits.cpu', divisor: '1m' } } },
            ],
            envFrom: [{ prefix: 'S_', secretRef: { name: 'key' } }],
            resources: { limits: { cpu: '250m' } },
            volumeMounts: [
              { name: 'state', mountPath: '/state', subPath: 'main' },
              { name: 'config', mountPath: '/config' },
              { name: 'info', mountPath: '/info' },
            ],
          },
        ],
        volumes: [
          { name: 'state', emptyDir: {} },
          { name: 'config', configMap: { name: 'settings' } },
          {
            name: 'info',
            downwardAPI: { items: [{ path: 'orders', fieldRef: { fieldPath: "metadata.annotations['orders']" } }] },
          },
        ],
      },
      { annotations: { orders: 'wait' } },
    );
    const running = await untilPod(api, 'volumes', ({ status }) => assert.equal(status?.phase, 'Running'));
    const { spec } = await inspect('volumes', 'main');
    assert.equal(spec.env.POD_IP, running.status?.podIP);
    assert.equal(spec.env.NODE, 'j20-v');
    assert.equal(spec.env.MODE, 'calm');
    assert.equal(spec.env.GREETING, 'hello j20-v $(NOBODY) $(NODE)');
    assert.equal(spec.env.CPU, '250');
    assert.equal(spec.env.S_word, 'open');
    const mounts = JSON.parse(spec.env.HARDPOINT_MOUNTS ?? '{}');
    assert.deepEqual(mounts, {
      '/state': 'state',
      '/config': 'config',
      '/info': 'info',
      '/dev/termination-log': 'termination-log',
    });
    const read = async (path: string) => await readFile(join(spec.cwd, path), 'utf8');
    assert.equal(await eventually(() => read('config/a.yaml')), 'a: 1');
    assert.equal(await read('info/orders'), 'wait');

    const begunMs = systemClock.monotonic();
    const body = { metadata: { annotations: { orders: 'go' } } };
    await api.client.patch(PODS, { namespace, name: 'volumes' }, { type: 'merge', body });
    await eventually(async () => assert.equal(await read('info/orders'), 'go'));
    const tookMs = systemClock.monotonic() - begunMs;
    assert.ok(tookMs < 500, `an annotation was visible after ${tookMs} ms`);
    await api.client.patch(
      CONFIG_MAPS,
      { namespace, name: 'settings' },
      { type: 'merge', body: { data: { mode: 'bold' } } },
    );
    await eventually(async () => assert.equal(await read('config/mode'), 'bold'));
    await remove('volumes');

    async function inspect(
      pod: string,
      container: string,
    ): Promise<{ spec: { env: Record<string, string>; cwd: string } }> {
      const folder = join(_.dataDir, 'shim');
      for (const name of await readdir(folder)) {
        const record = JSON.parse(await readFile(join(folder, name), 'utf8'));
        if (record.spec.pod === pod && record.spec.container === container) return record;
      }
      throw new Error(`no record of ${pod}/${container}`);
    }
  });

  void it('starts a crashing container again at once, then backs off', async () => {
    await using _ = await startTestAgent(api, { nodes: ['j20-c'], backOff: { baseMs: 600, maxMs: 5000 } });
    await createPod(api, 'crash', 'j20-c', { containers: [shell('main', 'echo bad luck > termination-log; exit 3')] });
    const waiting = await untilPod(api, 'crash', ({ status }) => {
      const [main] = status?.containerStatuses ?? [];
      assert.equal(main?.state?.waiting?.reason, 'CrashLoopBackOff');
      assert.equal(main?.restartCount, 1);
    });
    const [main] = waiting.status?.containerStatuses ?? [];
    assert.match(
      main?.state?.waiting?.message ?? '',
      /^back-off 600ms restarting failed container=main pod=crash_default\([-0-9a-f]{36}\)$/,
    );
    assert.equal(main?.lastState?.terminated?.exitCode, 3);
    assert.equal(main?.lastState?.terminated?.message, 'bad luck\n');
    assert.equal(waiting.status?.phase, 'Running');
    await untilPod(api, 'crash', ({ status }) => assert.equal(status?.containerStatuses?.[0]?.restartCount, 2));
    await remove('crash');
  });

  void it('fails a Pod that must not be restarted, and one past its deadline', async () => {
    await using _ = await startTestAgent(api, { nodes: ['j20-f'] });
    await createPod(api, 'never', 'j20-f', { restartPolicy: 'Never', containers: [shell('main', 'exit 4')] });
    await createPod(api, 'late', 'j20-f', {
      restartPolicy: 'Never',
      activeDeadlineSeconds: 1,
      containers: [shell('main', UNTIL_TERM)],
    });
    const failed = await untilPod(api, 'never', ({ status }) => assert.equal(status?.phase, 'Failed'));
    assert.equal(conditions(failed).Ready, 'False PodFailed');
    const late = await untilPod(api, 'late', ({ status }) => assert.equal(status?.phase, 'Failed'));
    assert.equal(late.status?.reason, 'DeadlineExceeded');
    await remove('never');
    await remove('late');
  });

  void it('says what is wrong with an image, a reference and a program', async () => {
    await using _ = await startTestAgent(api, { nodes: ['j20-i'], backOff: { baseMs: 3000, maxMs: 9000 } });
    await createPod(api, 'image', 'j20-i', { containers: [{ name: 'main', image: 'registry.mil/none:v1' }] });
    const env = [{ name: 'X', valueFrom: { configMapKeyRef: { name: 'nowhere', key: 'x' } } }];
    await createPod(api, 'reference', 'j20-i', { containers: [{ ...shell('main', 'true'), env }] });
    await createPod(api, 'program', 'j20-i', {
      restartPolicy: 'Never',
      containers: [{ name: 'main', image: 'registry.mil/test/shell:v1', command: ['no-such-program'] }],
    });
    const reason = (pod: Pod) => pod.status?.containerStatuses?.[0]?.state?.waiting?.reason;
    await untilPod(api, 'image', (pod) => assert.equal(reason(pod), 'ErrImagePull'));
    const backed = await untilPod(api, 'image', (pod) => assert.equal(reason(pod), 'ImagePullBackOff'));
    assert.match(
      backed.status?.containerStatuses?.[0]?.state?.waiting?.message ?? '',
      /^Back-off pulling image "registry.mil\/none:v1": ErrImagePull: rpc error: code = NotFound desc = failed to pull/,
    );
    const config = await untilPod(api, 'reference', (pod) => assert.equal(reason(pod), 'CreateContainerConfigError'));
    assert.equal(config.status?.containerStatuses?.[0]?.state?.waiting?.message, 'configmap "nowhere" not found');
    const program = await untilPod(api, 'program', ({ status }) => assert.equal(status?.phase, 'Failed'));
    assert.equal(program.status?.containerStatuses?.[0]?.state?.terminated?.reason, 'StartError');
    for (const name of ['image', 'reference', 'program']) await remove(name);
  });

  void it('is ready when the probes say so, and restarts what its liveness probe finds dead', async () => {
    await using _ = await startTestAgent(api, { nodes: ['j20-p'], backOff: { baseMs: 200, maxMs: 1000 } });
    const serve = script(
      'main',
      `const http = require('node:http'); const started = Date.now();
       http.createServer((q, r) => { r.statusCode = q.url === '/live' && Date.now() - started > 1500 ? 500 : 200; r.end(); })
         .listen(8080, process.env.POD_IP);`,
    );
    await createPod(api, 'probed', 'j20-p', {
      terminationGracePeriodSeconds: 0,
      containers: [
        {
          ...serve,
          env: [{ name: 'POD_IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } }],
          ports: [{ name: 'http', containerPort: 8080 }],
          readinessProbe: { httpGet: { path: '/ready', port: 'http' }, periodSeconds: 1 },
          livenessProbe: {
            httpGet: { path: '/live', port: 'http' },
            periodSeconds: 1,
            failureThreshold: 1,
            initialDelaySeconds: 1,
          },
        },
        {
          ...shell('exec', UNTIL_TERM),
          readinessProbe: { exec: { command: ['sh', '-c', 'exit 1'] }, periodSeconds: 1 },
        },
      ],
    });
    const ready = await untilPod(api, 'probed', ({ status }) => {
      assert.equal(status?.containerStatuses?.find(({ name }) => name === 'main')?.ready, true);
    });
    assert.equal(conditions(ready).Ready, 'False ContainersNotReady');
    const message = ready.status?.conditions?.find(({ type }) => type === 'Ready')?.message;
    assert.equal(message, 'containers with unready status: [exec]');
    await untilPod(api, 'probed', ({ status }) => {
      assert.equal(status?.containerStatuses?.find(({ name }) => name === 'main')?.restartCount, 1);
    });
    await eventually(async () => {
      const told = await events('probed');
      assert.ok(told.includes('Killing spec.containers{main} Container main failed liveness probe, will be restarted'));
      assert.ok(
        told.some(
          (line) =>
            line === 'Unhealthy spec.containers{main} Liveness probe failed: HTTP probe failed with statuscode: 500',
        ),
      );
    });
    await remove('probed');
  });

  void it('ends main containers before their sidecars, the later sidecar first, within the grace', async () => {
    await using _ = await startTestAgent(api, { nodes: ['j20-t'] });
    const told = (name: string) => `trap "echo ${name} >> log/order; exit 0" TERM; while :; do sleep 0.05; done`;
    const log = { volumeMounts: [{ name: 'log', mountPath: '/log' }] };
    await createPod(api, 'order', 'j20-t', {
      initContainers: [
        { ...shell('first', told('first')), ...log, restartPolicy: 'Always' },
        { ...shell('second', told('second')), ...log, restartPolicy: 'Always' },
      ],
      containers: [
        {
          ...shell('main', told('main')),
          ...log,
          lifecycle: { preStop: { exec: { command: ['sh', '-c', 'echo hook >> log/order'] } } },
        },
      ],
      volumes: [{ name: 'log', emptyDir: {} }],
    });
    const pod = await untilPod(api, 'order', ({ status }) => assert.equal(status?.phase, 'Running'));
    const file = join(_.dataDir, 'p', pod.metadata.uid.replaceAll('-', '').slice(0, 12), 'v', 'log', 'order');
    const seen = watchFile(file);
    await remove('order');
    assert.deepEqual(await seen, ['hook', 'main', 'second', 'first']);

    async function watchFile(path: string): Promise<string[]> {
      let last = '';
      await eventually(
        async () => {
          last = await readFile(path, 'utf8');
          assert.match(last, /first/);
        },
        { intervalMs: 5 },
      );
      return last.trim().split('\n');
    }
  });
});
