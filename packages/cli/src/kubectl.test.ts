import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { systemClock } from '@hardpoint/machinery';
import { temporaryFolder } from '@hardpoint/testing';
import { stringify } from 'yaml';
import { openDataFolder } from './cluster/data-folder.ts';
import { type EmbeddedCluster, startEmbeddedCluster } from './cluster/embedded-cluster.ts';
import { findInstallation } from './installation.ts';
import { type Kubectl, kubectls } from './testing/kubectl.ts';
import { authorise, stepDone, strike, untilTask, weapon } from './testing/strike.ts';

let cluster: EmbeddedCluster;
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
const clients = kubectls(() => cluster.kubeconfig);
const skip = clients.length === 0 ? 'no kubectl on PATH or in KUBEBUILDER_ASSETS' : false;

describe('kubectl against hardpoint up', { skip }, () => {
  before(async () => {
    folder = await temporaryFolder();
    const installation = findInstallation();
    cluster = await startEmbeddedCluster({
      data: openDataFolder(folder.path, '/'),
      port: 0,
      installation,
      env: process.env,
      clock: systemClock,
      signal: new AbortController().signal,
      nodeArguments: ['--aircraft', '12'],
      schedulerArguments: [],
    });
  });
  after(async () => {
    await cluster?.stop();
    await folder[Symbol.asyncDispose]();
  });

  const manifest = (name: string): string =>
    [
      { apiVersion: 'airforce.mil/v1alpha1', kind: 'Weapon', ...weapon },
      { apiVersion: 'airforce.mil/v1alpha1', kind: 'FlightTask', ...strike({ name, strikeSeconds: 2 }) },
    ]
      .map((object) => stringify(object))
      .join('---\n');
  const ok = (kubectl: Kubectl, args: readonly string[], input?: string): string => {
    const done = kubectl.run(args, input === undefined ? {} : { input });
    assert.equal(done.code, 0, `kubectl ${args.join(' ')}: ${done.stderr}`);
    return done.stdout;
  };

  for (const kubectl of clients) {
    test(`kubectl ${kubectl.version}: a task from apply to delete`, async () => {
      const name = `by-kubectl-${kubectl.version.replace(/[^0-9]+/g, '-').replace(/^-|-$/g, '')}`;
      const applied = ok(kubectl, ['apply', '-f', '-'], manifest(name));
      assert.match(applied, new RegExp(`flighttask.airforce.mil/${name} created`));
      assert.match(
        ok(kubectl, ['apply', '-f', '-'], manifest(name)),
        new RegExp(`flighttask.airforce.mil/${name} unchanged`),
      );

      const watched = kubectl.follow(['get', 'flighttask', name, '-w'], (text) => /Flying|Ready/.test(text), 30_000);
      ok(kubectl, ['wait', '--for=condition=WeaponsReady', `flighttask/${name}`, '--timeout=30s']);
      assert.match(await watched, new RegExp(`^NAME +.*\n${name} `));

      const wide = ok(kubectl, ['get', 'flighttasks', '-o', 'wide']);
      assert.match(wide.split('\n')[0] ?? '', /^NAME\s+PHASE\s+.*AIRCRAFT.*AGE/);
      assert.match(ok(kubectl, ['get', 'ft', name, '-o', 'jsonpath={.status.aircraft}']), /^j20-/);
      assert.match(ok(kubectl, ['get', 'nodes', '-L', 'aircraft.mil/status']), /j20-01 +Ready/);
      ok(kubectl, ['wait', '--for=condition=Ready', `pod/${name}-0`, '--timeout=20s']);
      assert.match(ok(kubectl, ['get', 'pods', '-o', 'wide']), new RegExp(`${name}-0 +2/2 +Running`));

      await authorise(cluster.client, name, { times: 2 });
      const logs = ok(kubectl, ['logs', `${name}-0`, '-c', 'weapon-pl15-missile']);
      assert.match(logs, /pl15/);
      const printed = ok(kubectl, [
        'exec',
        `${name}-0`,
        '-c',
        'weapon-pl15-missile',
        '--',
        'sh',
        '-c',
        'echo $WEAPON_TYPE; ls interface',
      ]);
      assert.match(printed, /pl15-missile\n[\s\S]*control\.sock[\s\S]*status\.sock/);
      const failing = kubectl.run(['exec', `${name}-0`, '-c', 'weapon-pl15-missile', '--', 'sh', '-c', 'exit 7']);
      assert.equal(failing.code, 7);

      await untilTask(cluster.client, name, (task) => stepDone(task, 'PodTerminated'));
      ok(kubectl, ['wait', '--for=condition=TaskCompleted', `flighttask/${name}`, '--timeout=10s']);
      const described = ok(kubectl, ['describe', 'flighttask', name]);
      for (const reason of ['TaskCreated', 'WeaponsReady']) {
        assert.match(described, new RegExp(`Events:[\\s\\S]*${reason}`));
      }
      assert.match(ok(kubectl, ['describe', 'pod', `${name}-0`]), /成功调度到节点 j20-/);
      assert.match(ok(kubectl, ['get', 'events', '--field-selector', `involvedObject.name=${name}-0`]), /Scheduled/);

      const explained = ok(kubectl, ['explain', 'flighttask.spec']);
      for (const field of ['weaponLoadout', 'targetZone', 'retryLimit']) assert.match(explained, new RegExp(field));
      assert.match(ok(kubectl, ['explain', 'flighttask.spec.weaponLoadout.quantity']), /Number of stores/);

      ok(kubectl, ['delete', 'flighttask', name]);
      ok(kubectl, ['wait', '--for=delete', `pod/${name}-0`, '--timeout=30s']);
      assert.equal(kubectl.run(['get', 'flighttask', name]).code, 1);
    });

    test(`kubectl ${kubectl.version}: what a schema refuses is named`, () => {
      const bad = (change: (spec: Record<string, unknown>) => void): string => {
        const task = structuredClone(strike({ name: 'bad' })) as unknown as { spec: Record<string, unknown> };
        change(task.spec);
        const done = kubectl.run(['apply', '-f', '-'], {
          input: JSON.stringify({ apiVersion: 'airforce.mil/v1alpha1', kind: 'FlightTask', ...task }),
        });
        assert.notEqual(done.code, 0, done.stdout);
        return done.stderr;
      };
      const loadout = (spec: Record<string, unknown>): Record<string, unknown> =>
        (spec.weaponLoadout as Record<string, unknown>[])[0] ?? {};
      for (const quantity of [0, -1, 1e9]) {
        assert.match(
          bad((spec) => {
            loadout(spec).quantity = quantity;
          }),
          /spec\.weaponLoadout\[0\]\.quantity: Invalid value/,
        );
      }
      assert.match(
        bad((spec) => {
          loadout(spec).mountPoints = ['internal-bay-1', 'internal-bay-1'];
        }),
        /Duplicate value: "internal-bay-1"/,
      );
      assert.match(
        bad((spec) => {
          spec.colour = 'red';
        }),
        /unknown field "spec\.colour"/,
      );
    });
  }
});
