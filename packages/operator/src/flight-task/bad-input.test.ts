import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FLIGHT_TASKS, type FlightTask } from '@hardpoint/api';
import { PODS } from '@hardpoint/kubernetes';
import { ApiError } from '@hardpoint/machinery';
import { eventually } from '@hardpoint/testing';
import { startFixture, strikeTask } from '../fixtures/operator-fixture.ts';

type Spec = Record<string, unknown>;

const entry = (more: Spec): Spec => ({
  weaponRef: { name: 'pl15-missile' },
  quantity: 1,
  mountPoints: ['internal-bay-1'],
  ...more,
});

describe('bad input', () => {
  it('is named, and changes nothing', { timeout: 90_000 }, async (t) => {
    await using fixture = await startFixture();
    const { client } = fixture;
    await fixture.weapon();

    const refusedBySchema: Readonly<Record<string, readonly [change: (spec: Spec) => void, words: RegExp]>> = {
      'quantity 0': [
        (spec) => Object.assign(spec, { weaponLoadout: [entry({ quantity: 0 })] }),
        /quantity.*greater than or equal to 1/,
      ],
      'quantity -1': [
        (spec) => Object.assign(spec, { weaponLoadout: [entry({ quantity: -1 })] }),
        /quantity.*greater than or equal to 1/,
      ],
      'quantity 10^9': [
        (spec) => Object.assign(spec, { weaponLoadout: [entry({ quantity: 1e9 })] }),
        /quantity.*less than or equal to 64/,
      ],
      'two loadouts on one mount point': [
        (spec) => {
          spec.weaponLoadout = [entry({}), entry({ weaponRef: { name: 'pl10-missile' } })];
        },
        /a mount point may be used once/,
      ],
      'a mount point twice': [
        (spec) => Object.assign(spec, { weaponLoadout: [entry({ mountPoints: ['wing-1', 'wing-1'] })] }),
        /Duplicate value: "wing-1"/,
      ],
      'a Weapon twice': [
        (spec) => {
          spec.weaponLoadout = [entry({}), entry({ mountPoints: ['wing-1'] })];
        },
        /a Weapon may stand in the loadout once/,
      ],
      'a release of what is not mounted': [(spec) => Object.assign(spec, { weaponLoadout: [] }), /not in the loadout/],
      'fuel "abc"': [
        (spec) => Object.assign(spec, { aircraftRequirement: { type: 'j20', minFuelLevel: 'abc' } }),
        /minFuelLevel.*integer/,
      ],
      'fuel 150': [
        (spec) => Object.assign(spec, { aircraftRequirement: { type: 'j20', minFuelLevel: 150 } }),
        /minFuelLevel.*less than or equal to 100/,
      ],
    };
    for (const [name, [change, words]] of Object.entries(refusedBySchema)) {
      await t.test(name, async () => {
        await assert.rejects(client.create(FLIGHT_TASKS, strikeTask(change, 'bad')), (error) => {
          assert.ok(ApiError.is(error, 'Invalid'), String(error));
          assert.match(error.message, words);
          return true;
        });
      });
    }
    await t.test('an unknown field', async () => {
      const task = strikeTask((spec) => Object.assign(spec, { recalll: true }), 'bad');
      await assert.rejects(
        client.create(FLIGHT_TASKS, task, { fieldValidation: 'Strict' }),
        /unknown field "spec.recalll"/,
      );
    });
    await t.test('nothing of all that is there', async () => {
      const { items } = await client.list(FLIGHT_TASKS, { namespace: 'default' });
      assert.deepEqual(items, []);
    });

    const refusedByController: Readonly<
      Record<string, readonly [change: (spec: Spec) => void, reason: string, message: string]>
    > = {
      'unknown-weapon': [
        (spec) => Object.assign(spec, { weaponLoadout: [entry({ weaponRef: { name: 'pl99' } })], phases: [] }),
        'WeaponNotFound',
        '获取武器定义失败: weapons.airforce.mil "pl99" not found',
      ],
      'wrong-aircraft': [
        (spec) => Object.assign(spec, { aircraftRequirement: { type: 'h6' } }),
        'AircraftIncompatible',
        '武器 pl15-missile 不兼容飞机型号 h6',
      ],
      'wrong-hardpoint': [
        (spec) => Object.assign(spec, { weaponLoadout: [entry({ mountPoints: ['wing-1'] })] }),
        'MountPointIncompatible',
        '武器 pl15-missile 不兼容挂载点类型 wing',
      ],
      'too-many': [
        (spec) => Object.assign(spec, { weaponLoadout: [entry({ quantity: 2 })] }),
        'TooManyStores',
        '武器 pl15-missile 数量超出挂载点容量: 需要2枚，最多1枚',
      ],
    };
    for (const [name, [change, reason, message]] of Object.entries(refusedByController)) {
      await t.test(name, async () => {
        await client.create(FLIGHT_TASKS, strikeTask(change, name));
        const refused = await eventually(async () => {
          const { status } = await fixture.task(name);
          const found = status?.conditions?.find((it) => it.type === 'Refused' && it.status === 'True');
          assert.ok(found !== undefined);
          assert.equal(status?.phase, 'Refused');
          return found;
        });
        assert.deepEqual([refused.reason, refused.message], [reason, message]);
        await assert.rejects(client.get(PODS, { namespace: 'default', name: `${name}-0` }));
      });
    }
    await t.test('a refused task looks again when the Weapon it needs appears', async () => {
      await fixture.weapon((weapon) => {
        if (weapon.metadata !== undefined) weapon.metadata.name = 'pl99';
      });
      await eventually(() => client.get(PODS, { namespace: 'default', name: 'unknown-weapon-0' }));
      const { status } = await fixture.task('unknown-weapon');
      assert.equal(status?.conditions?.find((it) => it.type === 'Refused')?.status, 'False');
    });
    await t.test('what flies cannot be changed, recall excepted', async () => {
      const place = { namespace: 'default', name: 'unknown-weapon' };
      await eventually(async () => assert.ok((await fixture.task('unknown-weapon')).status?.podRef?.uid !== undefined));
      const patch = (body: Partial<FlightTask['spec']>) =>
        client.patch(FLIGHT_TASKS, place, { type: 'merge', body: { spec: body } });
      await assert.rejects(patch({ targetZone: 'south-sea' }), /targetZone is immutable/);
      await assert.rejects(patch({ weaponLoadout: [] }), /weaponLoadout is immutable/);
      await patch({ recall: true });
    });
  });
});
