import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { FLIGHT_TASKS, type FlightTask, WEAPONS, type Weapon } from '@hardpoint/api';
import { EVENTS, NODES, PODS, type Stored } from '@hardpoint/kubernetes';
import { ApiError } from '@hardpoint/machinery';
import { eventually, temporaryFolder } from '@hardpoint/testing';
import { findInstallation } from './installation.ts';
import { containerPid } from './testing/processes.ts';
import { runCli } from './testing/run-cli.ts';
import { applyStrike, authorise, stepDone, strike, untilTask, weapon } from './testing/strike.ts';
import { aircraft, startTestCluster, type TestCluster } from './testing/test-cluster.ts';

const namespace = 'default';

type Loadout = Record<string, unknown>;

describe('bad input is named and changes nothing', () => {
  let lab: TestCluster;
  before(async () => {
    lab = await startTestCluster({ aircraft: 4 });
    await lab.client.apply(WEAPONS, weapon, { fieldManager: 'test', force: true });
  });
  after(async () => {
    await lab?.[Symbol.asyncDispose]();
  });

  /** A task that releases nothing, with the given loadout. */
  const task = (name: string, loadout: readonly Loadout[], spec: object = {}): FlightTask => {
    const plain = strike({ name });
    return {
      ...plain,
      spec: { ...plain.spec, phases: [{ name: 'transit', durationSeconds: 0.2 }], weaponLoadout: loadout, ...spec },
    } as unknown as FlightTask;
  };
  const entry = (more: Loadout = {}): Loadout => ({
    weaponRef: { name: 'pl15-missile' },
    quantity: 1,
    mountPoints: ['internal-bay-1'],
    ...more,
  });
  const ended = (it: Stored<FlightTask>): boolean =>
    (it.status?.phase === 'Succeeded' || it.status?.phase === 'Failed') && stepDone(it, 'PodTerminated');
  const refused = (name: string): Promise<Stored<FlightTask>> =>
    untilTask(lab.client, name, ({ status }) => status?.phase === 'Refused');
  const failedScheduling = (pod: string): Promise<string> =>
    eventually(
      async () => {
        const { items } = await lab.client.list(EVENTS, { namespace });
        const found = items.find(({ reason, regarding }) => reason === 'FailedScheduling' && regarding?.name === pod);
        assert.ok(found?.note !== undefined);
        return found.note;
      },
      { timeoutMs: 20_000 },
    );

  describe('objects', { concurrency: true }, () => {
    test('what one object shows is refused by its schema', async () => {
      const two = [entry(), entry({ weaponRef: { name: 'pl10-missile' } })];
      const cases: Readonly<Record<string, readonly [FlightTask, RegExp]>> = {
        'quantity 0': [
          task('bad', [entry({ quantity: 0 })]),
          /spec\.weaponLoadout\[0\]\.quantity: Invalid value: 0: .*greater than or equal to 1/,
        ],
        'quantity -1': [
          task('bad', [entry({ quantity: -1 })]),
          /spec\.weaponLoadout\[0\]\.quantity: Invalid value: -1: .*greater than or equal to 1/,
        ],
        'quantity 10^9': [
          task('bad', [entry({ quantity: 1e9 })]),
          /spec\.weaponLoadout\[0\]\.quantity: Invalid value: 1000000000: .*less than or equal to 64/,
        ],
        'two loadouts on one mount point': [task('bad', two), /a mount point may be used once/],
        'fuel "abc"': [
          task('bad', [entry()], { aircraftRequirement: { type: 'j20', minFuelLevel: 'abc' } }),
          /minFuelLevel: Invalid value: "string".*integer/,
        ],
      };
      for (const [name, [object, words]] of Object.entries(cases)) {
        await assert.rejects(lab.client.create(FLIGHT_TASKS, object), (error) => {
          assert.ok(ApiError.is(error, 'Invalid'), `${name}: ${String(error)}`);
          assert.match(error.message, words);
          return true;
        });
      }
      await assert.rejects(
        lab.client.create(FLIGHT_TASKS, task('bad', [entry()], { colour: 'red' }), { fieldValidation: 'Strict' }),
        /unknown field "spec\.colour"/,
      );
      await assert.rejects(lab.client.get(FLIGHT_TASKS, { namespace, name: 'bad' }), /"bad" not found/);
    });

    const byController = {
      'wrong-aircraft': [
        task('', [entry()], { aircraftRequirement: { type: 'h6' } }),
        '武器 pl15-missile 不兼容飞机型号 h6',
      ],
      'wrong-hardpoint': [task('', [entry({ mountPoints: ['wing-1'] })]), '武器 pl15-missile 不兼容挂载点类型 wing'],
      'too-many': [task('', [entry({ quantity: 2 })]), '武器 pl15-missile 数量超出挂载点容量: 需要2枚，最多1枚'],
    } as const;
    for (const [name, [object, message]] of Object.entries(byController)) {
      test(`${name}: Refused in the document's words`, async () => {
        await lab.client.create(FLIGHT_TASKS, { ...object, metadata: { name, namespace } });
        assert.equal((await refused(name)).status?.message, message);
        await assert.rejects(lab.client.get(PODS, { namespace, name: `${name}-0` }), /not found/);
      });
    }

    test('an unknown weapon: Refused, and flown once the Weapon appears', async () => {
      const name = 'unknown-weapon';
      await lab.client.create(FLIGHT_TASKS, task(name, [entry({ weaponRef: { name: 'pl99-missile' } })]));
      const { status } = await refused(name);
      assert.equal(status?.message, '获取武器定义失败: weapons.airforce.mil "pl99-missile" not found');
      await lab.client.create(WEAPONS, {
        metadata: { name: 'pl99-missile', namespace: 'weapons' },
        spec: { ...weapon.spec, weaponType: 'pl15-missile' },
      } as Weapon);
      const done = await untilTask(lab.client, name, ended);
      assert.equal(done.status?.phase, 'Succeeded', done.status?.message);
    });

    test('a malformed requirement on a Pod is refused at PreFilter', async () => {
      const name = 'pod-fuel-abc';
      await lab.client.create(PODS, {
        metadata: { name, namespace, annotations: { 'required-fuel-level': 'abc' } },
        spec: { schedulerName: 'aircraft-scheduler', containers: [{ name: 'main', image: 'registry.mil/none:v1' }] },
      });
      assert.match(await failedScheduling(name), /注解 required-fuel-level 的值无效: "abc"/);
    });

    test('a malformed label on a Node makes that aircraft unfit and no other', async () => {
      const bare = aircraft('x9-01', { 'aircraft.mil/type': 'x9', 'aircraft.mil/fuel.level': 'abc' });
      const { 'airforce.mil/agent': _agent, ...annotations } = bare.metadata.annotations;
      const status = { allocatable: { cpu: '8', memory: '16Gi', pods: '110' } };
      await lab.client.create(NODES, { ...bare, metadata: { ...bare.metadata, annotations }, status });
      const name = 'node-fuel-abc';
      await lab.client.create(PODS, {
        metadata: { name, namespace, annotations: { 'required-fuel-level': '70' } },
        spec: {
          schedulerName: 'aircraft-scheduler',
          nodeSelector: { 'aircraft.mil/type': 'x9' },
          containers: [{ name: 'main', image: 'registry.mil/none:v1' }],
        },
      });
      assert.match(
        await failedScheduling(name),
        /^0\/\d+ 架飞机可用: .*1 标签 aircraft\.mil\/fuel\.level 的值无效: "abc"/,
      );
    });

    test('a corrupt journal: named, kept aside, the weapon in FAULT, no count made up, the task says why it ends', async () => {
      const name = 'corrupt-journal';
      await applyStrike(lab.client, strike({ name }));
      await untilTask(lab.client, name, (it) => stepDone(it, 'WeaponsReady'));
      await authorise(lab.client, name);
      const flying = await untilTask(lab.client, name, ({ status }) => status?.releases?.length === 1);
      const pod = join(lab.data.node, 'p', (flying.status?.podRef?.uid ?? '').replaceAll('-', '').slice(0, 12));
      const folder = join(pod, 'v', 'weapon-state', 'weapon-pl15-missile');
      const journal = join(folder, 'journal');
      const bytes = readFileSync(journal);
      bytes.write('garbage', Math.floor(bytes.length / 3));
      const pid = containerPid(pod, 'weapon', 'pl15-missile');
      assert.ok(pid !== undefined);
      process.kill(pid, 'SIGSTOP');
      writeFileSync(journal, bytes);
      process.kill(pid, 'SIGKILL');
      const aside = await eventually(
        () => {
          const found = readdirSync(folder).find((file) => file.includes('corrupt'));
          assert.ok(found !== undefined);
          return readFileSync(join(folder, found));
        },
        { timeoutMs: 20_000 },
      );
      assert.ok(aside.equals(bytes), 'the damaged file is kept as it was');
      await authorise(lab.client, name);
      const { status } = await untilTask(lab.client, name, ended);
      assert.equal(status?.phase, 'Failed');
      assert.equal(status?.reason, 'WeaponFault');
      assert.match(status?.message ?? '', /pl15-missile.*journal state\/journal\.corrupt-1/);
      const [stores] = status?.weapons ?? [];
      assert.deepEqual(
        [stores?.state, stores?.quantity, stores?.released, stores?.remaining, stores?.unaccounted],
        ['FAULT', 2, 1, 0, 1],
      );
      assert.equal(status?.releases?.filter(({ outcome }) => outcome === 'Released').length, 1);
    });
  });

  describe('files, ports and folders', { concurrency: true }, () => {
    test('a scheduler configuration with a wrong key or value: exit code 2; file, line, value, what is allowed', async () => {
      await using folder = await temporaryFolder();
      const sound = readFileSync(findInstallation().example('document/scheduler-config.yaml'), 'utf8');
      const file = join(folder.path, 'config.yaml');
      const lineOf = (text: string, words: string) => text.split('\n').findIndex((line) => line.includes(words)) + 1;
      const first = /^ *- name: (\w+)$/m.exec(sound)?.[1] ?? '';
      assert.notEqual(first, '');
      const cases: readonly (readonly [change: (text: string) => string, words: string, allowed: RegExp])[] = [
        [(text) => text.replace('schedulerName:', 'schedulersName:'), 'schedulersName', /schedulerName/],
        [(text) => text.replace(/weight: \d+/, 'weight: heavy'), 'heavy', /whole number|integer|1 to|整数/i],
      ];
      for (const [change, words, allowed] of cases) {
        const text = change(sound);
        writeFileSync(file, text);
        const run = runCli(['scheduler', '--config', file, '--kubeconfig', lab.data.kubeconfig]);
        assert.equal(await run.ended, 2, run.stderr());
        assert.ok(run.stderr().includes(`${file}:${lineOf(text, words)}`), run.stderr());
        assert.ok(run.stderr().includes(words), run.stderr());
        assert.match(run.stderr(), allowed);
      }
    });

    test('a port in use', async () => {
      const port = new URL(lab.cluster.url).port;
      for (const command of ['apiserver', 'up']) {
        await using folder = await temporaryFolder();
        const run = runCli([command, '--data', join(folder.path, 'd'), '--port', port]);
        assert.equal(await run.ended, 1, run.stderr());
        assert.match(run.stderr(), new RegExp(`port ${port} on 127\\.0\\.0\\.1 is in use by another process`), command);
        assert.doesNotMatch(run.stderr(), /\n +at /, 'no stack trace');
      }
    });

    test('a data folder that another process uses', async () => {
      for (const command of ['apiserver', 'up']) {
        const run = runCli([command, '--data', lab.data.root, '--port', '0']);
        assert.equal(await run.ended, 1, run.stderr());
        assert.match(run.stderr(), new RegExp(`${lab.data.root}.*in use.*process`), command);
        assert.doesNotMatch(run.stderr(), /\n +at /, 'no stack trace');
      }
      assert.equal((await lab.client.get(PODS, { namespace, name: 'pod-fuel-abc' })).metadata.name, 'pod-fuel-abc');
    });

    test('a data folder of another version', async () => {
      await using folder = await temporaryFolder();
      const data = join(folder.path, 'd');
      const first = runCli(['apiserver', '--data', data, '--port', '0']);
      await first.printed(/ready/);
      first.child.kill('SIGTERM');
      await first.ended;
      writeFileSync(join(data, 'version'), '999\n');
      const store = contentOf(join(data, 'store'));
      for (const command of ['apiserver', 'up']) {
        const run = runCli([command, '--data', data, '--port', '0']);
        assert.equal(await run.ended, 1, run.stderr());
        assert.match(run.stderr(), new RegExp(`${data}.*version "999".*reads version 1`), command);
        assert.doesNotMatch(run.stderr(), /\n +at /, 'no stack trace');
      }
      assert.deepEqual(contentOf(join(data, 'store')), store);
      assert.equal(readFileSync(join(data, 'version'), 'utf8'), '999\n');
    });

    test('a data folder that is a file, or lies in one', async () => {
      await using folder = await temporaryFolder();
      const file = join(folder.path, 'file');
      writeFileSync(file, 'kept');
      for (const command of ['apiserver', 'up', 'start']) {
        for (const data of [file, join(file, 'below')]) {
          const run = runCli([command, '--data', data, ...(command === 'start' ? [] : ['--port', '0'])]);
          assert.equal(await run.ended, 1, run.stderr());
          assert.match(run.stderr(), new RegExp(`data folder ${data} cannot be used`), `${command} ${data}`);
          assert.doesNotMatch(run.stderr(), /\n +at /, 'no stack trace');
        }
      }
      assert.equal(readFileSync(file, 'utf8'), 'kept');
    });

    test('a data folder without rights', async (t) => {
      await using folder = await temporaryFolder();
      const root = process.getuid?.() === 0;
      const bundle = findInstallation().bundle('hardpoint');
      if (root && (statSync(bundle).mode & 0o004) === 0) return t.skip('the bundle is not readable by another user');
      chmodSync(folder.path, 0o555);
      const child = spawn(
        process.execPath,
        ['--disable-warning=ExperimentalWarning', bundle, 'apiserver', '--data', join(folder.path, 'd'), '--port', '0'],
        { cwd: '/', stdio: ['ignore', 'ignore', 'pipe'], ...(root ? { uid: 65534, gid: 65534 } : {}) },
      );
      let stderr = '';
      child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
        stderr += chunk;
      });
      const code = await new Promise((resolve, reject) => {
        child.once('error', reject);
        child.once('close', resolve);
      });
      if (/Cannot find module|EACCES.*open/.test(stderr) && !stderr.includes('data folder')) {
        return t.skip('another user may not read this checkout');
      }
      assert.equal(code, 1, stderr);
      assert.match(stderr, new RegExp(`data folder ${folder.path}/d cannot be used: EACCES`));
      assert.equal(existsSync(join(folder.path, 'd')), false);
      chmodSync(folder.path, 0o700);
    });
  });
});

/** Names and contents of a folder's files. */
function contentOf(folder: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((it) => it.isFile() && !it.name.startsWith('lock'))
      .map((it) => [join(it.parentPath, it.name), readFileSync(join(it.parentPath, it.name)).toString('base64')]),
  );
}
