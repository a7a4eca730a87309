import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { mountPointType } from './names.ts';
import { localeOf, texts } from './texts.ts';

describe('texts', () => {
  it('are the document’s, word for word', () => {
    const t = texts();
    assert.equal(t.refusal.weaponNotFound('x'), '获取武器定义失败: x');
    assert.equal(t.refusal.aircraftType('a', 'b'), '武器 a 不兼容飞机型号 b');
    assert.equal(t.refusal.mountPointType('a', 'b'), '武器 a 不兼容挂载点类型 b');
    assert.equal(t.weapon.tooFew(2, 1), '导弹数量不足: 需要2枚，剩余1枚');
    assert.equal(t.weapon.launched(2), '成功发射2枚导弹');
    assert.equal(t.weapon.locking(1, 2, 3), '锁定目标: lat=1.0000, lon=2.0000, alt=3.0');
    assert.equal(t.scheduler.fuel(60, 70), '燃料不足: 当前60%, 需要70%');
    assert.equal(t.scheduler.hardpoints(4, 6), '挂载点不足: 可用4个，需要6个');
    assert.equal(
      t.scheduler.annotationInvalid('required-fuel-level', 'abc'),
      '注解 required-fuel-level 的值无效: "abc"',
    );
  });

  it('build the Event of 6.2 to the letter', () => {
    const { decision } = texts();
    const shares = (fuel: number, zone: number, maintenance: number) => [
      { plugin: 'FuelLevelScore', raw: fuel },
      { plugin: 'LocationScore', raw: zone },
      { plugin: 'MaintenanceScore', raw: maintenance },
    ];
    const block = [
      decision.placed('j20-01'),
      decision.analysis,
      decision.candidates(['j20-01', 'j20-02']),
      decision.score({ node: 'j20-01', total: 585, shares: shares(95, 100, 100) }),
      decision.score({ node: 'j20-02', total: 450, shares: shares(80, 70, 70) }),
      decision.chosen('j20-01'),
    ].join('\n');
    assert.equal(
      block,
      `成功调度到节点 j20-01
调度分析:
  - 候选节点: j20-01, j20-02
  - j20-01评分: 585 (燃料:95, 位置:100, 维护:100)
  - j20-02评分: 450 (燃料:80, 位置:70, 维护:70)
  - 最终选择: j20-01`,
    );
  });

  it('have both locales, chosen by what systems say', () => {
    assert.equal(texts('en').locale, 'en');
    assert.deepEqual(
      [localeOf('zh_CN.UTF-8'), localeOf('en_GB'), localeOf('fr'), localeOf(undefined)],
      ['zh-CN', 'en', undefined, undefined],
    );
  });

  it('cost nothing to load: the main entry does not reach zod', async () => {
    for (const file of ['texts', 'names', 'lifecycle', 'defaults', 'resources', 'index']) {
      const source = await readFile(new URL(`./${file}.ts`, import.meta.url), 'utf8');
      const loaded = source
        .split('\n')
        .filter(
          (line) =>
            /from '(zod|\.\/(structural|weapon|flight-task|behaviour|crd|parse)\.ts)'/.test(line) &&
            !/^(export|import) type/.test(line) &&
            !/^} from/.test(line),
        );
      assert.deepEqual(loaded, [], file);
    }
  });
});

describe('mountPointType', () => {
  it('is the name without its trailing number', () => {
    assert.deepEqual(['internal-bay-2', 'wing-10', 'centerline', 'wing3'].map(mountPointType), [
      'internal-bay',
      'wing',
      'centerline',
      'wing',
    ]);
  });
});
