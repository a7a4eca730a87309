import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Texts, texts, type Weapon, type WeaponLoadoutEntry } from '@hardpoint/api';
import { parseWeapon } from '@hardpoint/api/schema';
import { checkCompatibility, requiredHardpoints, resolveLoadout } from './resolve-loadout.ts';

const NOW = Date.parse('2024-05-31T23:59:59Z');

function pl15(more: Record<string, unknown> = {}): Weapon {
  return parseWeapon({
    metadata: { name: 'pl15-missile', namespace: 'weapons' },
    spec: {
      image: { repository: 'registry.mil/weapons/pl15-missile', tag: 'v2.3.0' },
      versionHistory: [
        { version: 'v2.3.0', releaseDate: '2024-03-01' },
        { version: 'v2.2.0', deprecated: true, deprecationDate: '2024-06-01' },
      ],
      compatibility: { aircraftTypes: ['j20'], hardpointTypes: ['internal-bay'] },
      ...more,
    },
  });
}

function entry(more: Partial<WeaponLoadoutEntry> = {}): WeaponLoadoutEntry {
  return { weaponRef: { name: 'pl15-missile' }, quantity: 1, mountPoints: ['internal-bay-2'], ...more };
}

/** The refusal's reason and text, or the mounted weapons. */
function judge(
  loadout: readonly WeaponLoadoutEntry[],
  options: { weapon?: Weapon | undefined; aircraftType?: string; nowMs?: number; words?: Texts } = {},
) {
  const words = options.words ?? texts();
  const weapon = 'weapon' in options ? options.weapon : pl15();
  const resolved = resolveLoadout({
    loadout,
    weapon: (name) => (name === 'pl15-missile' ? weapon : undefined),
    nowMs: options.nowMs ?? NOW,
    texts: words,
  });
  if (resolved.kind === 'refused') return [resolved.reason, resolved.message];
  const compatible = checkCompatibility({
    resolved: resolved.value,
    aircraftType: options.aircraftType ?? 'j20',
    texts: words,
  });
  return compatible.kind === 'refused' ? [compatible.reason, compatible.message] : compatible.value;
}

describe('a loadout', () => {
  it('is refused with the document’s texts', () => {
    assert.deepEqual(judge([entry({ weaponRef: { name: 'pl99' } })]), [
      'WeaponNotFound',
      '获取武器定义失败: weapons.airforce.mil "pl99" not found',
    ]);
    assert.deepEqual(judge([entry()], { aircraftType: 'h6' }), [
      'AircraftIncompatible',
      '武器 pl15-missile 不兼容飞机型号 h6',
    ]);
    assert.deepEqual(judge([entry({ mountPoints: ['internal-bay-1', 'wing-3'] })]), [
      'MountPointIncompatible',
      '武器 pl15-missile 不兼容挂载点类型 wing',
    ]);
  });

  it('is refused in English where that is the locale', () => {
    assert.deepEqual(judge([entry()], { aircraftType: 'h6', words: texts('en') }), [
      'AircraftIncompatible',
      'weapon pl15-missile does not fit aircraft type h6',
    ]);
  });

  it('fits nothing without compatibility', () => {
    assert.equal(judge([entry()], { weapon: pl15({ compatibility: undefined }) }).at(0), 'AircraftIncompatible');
  });

  it('holds no more stores than its mount points', () => {
    assert.equal(judge([entry({ quantity: 2 })]).at(0), 'TooManyStores');
    assert.equal(judge([entry({ quantity: 2 })], { weapon: pl15({ storesPerMountPoint: 2 }) }).length, 1);
  });

  it('flies the current version unless it names another that is known', () => {
    const [mounted] = judge([entry()]);
    assert.ok(typeof mounted === 'object');
    assert.equal(mounted.image, 'registry.mil/weapons/pl15-missile:v2.3.0');
    assert.equal(mounted.weaponType, 'pl15-missile');
    assert.equal(judge([entry({ version: 'v9' })]).at(0), 'VersionUnknown');
  });

  it('is refused a deprecated version from 00:00 UTC of its day, not a second before', () => {
    const old = [entry({ version: 'v2.2.0' })];
    assert.equal(typeof judge(old)[0], 'object');
    assert.equal(judge(old, { nowMs: NOW + 1000 }).at(0), 'VersionDeprecated');
  });

  it('needs as many hardpoints as it names mount points, unless the task says otherwise', () => {
    const weaponLoadout = [entry({ mountPoints: ['internal-bay-1', 'internal-bay-2'] })];
    assert.equal(requiredHardpoints({ aircraftRequirement: { type: 'j20' }, weaponLoadout }), 2);
    assert.equal(requiredHardpoints({ aircraftRequirement: { type: 'j20', hardpoints: 6 }, weaponLoadout }), 6);
  });
});
