import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { roomy } from '../fixtures/lab.ts';
import { nodeInfo } from '../framework/node-info.ts';
import type { ScoredNode } from '../framework/profile.ts';
import { schedulerTexts } from '../texts.ts';
import { scheduledNote } from './event-note.ts';

const ZH = schedulerTexts('zh-CN');

function candidate(name: string, total: number, shares: Readonly<Record<string, number>>): ScoredNode {
  return {
    node: nodeInfo(roomy({ metadata: { name } }), []),
    scores: Object.entries(shares).map(([plugin, raw]) => ({ plugin, raw, weight: 1, weighted: raw })),
    total,
  };
}

const bytes = (text: string): number => Buffer.byteLength(text);

void test('6.2 to the letter', () => {
  const note = scheduledNote(
    [
      candidate('j20-01', 585, { FuelLevelScore: 95, LocationScore: 100, MaintenanceScore: 100 }),
      candidate('j20-02', 450, { FuelLevelScore: 80, LocationScore: 70, MaintenanceScore: 70 }),
    ],
    ZH,
  );
  assert.equal(
    note,
    [
      '成功调度到节点 j20-01',
      '调度分析:',
      '  - 候选节点: j20-01, j20-02',
      '  - j20-01评分: 585 (燃料:95, 位置:100, 维护:100)',
      '  - j20-02评分: 450 (燃料:80, 位置:70, 维护:70)',
      '  - 最终选择: j20-01',
    ].join('\n'),
  );
});

void test('shares: 均衡 and a plugin without a short name; a plugin that skipped is not named', () => {
  assert.match(
    scheduledNote([candidate('a', 1, { NodeResourcesBalancedAllocation: 75, TaintToleration: 100 })], ZH),
    / {2}- a评分: 1 \(均衡:75, TaintToleration:100\)/,
  );
});

void test('score lines are left out from the end, and a line says how many', () => {
  const all = Array.from({ length: 40 }, (_, index) =>
    candidate(`j20-${String(index).padStart(2, '0')}`, 500 - index, {
      FuelLevelScore: 95,
      LocationScore: 100,
      MaintenanceScore: 100,
    }),
  );
  const lines = scheduledNote(all, ZH).split('\n');
  assert.equal(lines[2]?.split(', ').length, 40);
  const shown = lines.filter((line) => line.includes('评分')).length;
  assert.ok(shown > 0);
  assert.equal(lines.at(-2), `  - 其余${40 - shown}个节点: hardpoint explain`);
  assert.equal(lines.at(-1), '  - 最终选择: j20-00');
  assert.ok(bytes(lines.join('\n')) <= 1024);
});

void test('whatever the fleet: at most 1,024 bytes, whole lines, first and last line stay, numbers add up', () => {
  const name = fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,80}[a-z0-9])?$/);
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.oneof(name, fc.nat(9999).map(String)), { minLength: 1, maxLength: 300 }),
      fc.constantFrom('zh-CN' as const, 'en' as const),
      (names, locale) => {
        const texts = schedulerTexts(locale);
        const note = scheduledNote(
          names.map((each) => candidate(each, 585, { FuelLevelScore: 95, LocationScore: 100 })),
          texts,
        );
        assert.ok(bytes(note) <= 1024, `${bytes(note)} bytes`);
        const lines = note.split('\n');
        assert.equal(lines[0], texts.decision.placed(names[0] ?? ''));
        assert.equal(lines.at(-1), texts.decision.chosen(names[0] ?? ''));
        const shown = lines.slice(3, -1).filter((line) => line.includes('585')).length;
        const rest = texts.decision.others(names.length - shown);
        assert.equal(lines.includes(rest), shown < names.length, note);
        assert.equal(lines.length, 4 + shown + (shown < names.length ? 1 : 0));
      },
    ),
    { numRuns: 200 },
  );
});

void test('a name of 253 bytes', () => {
  const long = candidate('a'.repeat(253), 585, { FuelLevelScore: 95 });
  const note = scheduledNote([long, candidate('b'.repeat(253), 1, {}), candidate('c', 0, {})], ZH);
  assert.ok(bytes(note) <= 1024);
  assert.ok(note.endsWith(`最终选择: ${'a'.repeat(253)}`));
});
