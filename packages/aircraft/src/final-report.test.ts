import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type FinalReport, formatFinalReport } from './final-report.ts';

const name = (seed: number, length: number) => `w${String(seed).padStart(length - 1, '0')}`;

test('a report of any size fits a termination message, outcomes and stores whole', () => {
  fc.assert(
    fc.property(
      fc.nat({ max: 32 }),
      fc.nat({ max: 16 }),
      fc.integer({ min: 1, max: 16 }),
      fc.string({ unit: 'binary', maxLength: 170 }),
      (phases, perPhase, weapons, message) => {
        const stores = Array.from({ length: weapons }, (_, index) => ({
          weapon: name(index, 56),
          mounted: 64,
          used: 63,
          remaining: 1,
          unaccounted: 0,
        }));
        const report: FinalReport = {
          version: 1,
          task: `${name(0, 63)}/${name(0, 60)}`,
          taskUID: '6f6a3a5e-0000-4000-8000-000000000001',
          aircraft: name(0, 63),
          outcome: 'Failed',
          reason: 'ReleaseUnknown',
          message,
          startedAt: '2026-01-01T00:00:00.000Z',
          endedAt: '2026-01-01T00:00:00.000Z',
          outcomes: Array.from({ length: phases }, () => 'U'.repeat(perPhase)),
          stores,
          refusals: { total: 9, byReason: { expired: 4, replayed: 5 } },
          fuel: 12.5,
          zone: name(0, 63),
          releases: Array.from({ length: phases * perPhase }, (_, index) => ({
            place: `${index}/0`,
            weapon: name(0, 56),
            count: 1,
            result: 'Unknown' as const,
            jti: '6f6a3a5e-0000-4000-8000-000000000001',
            message,
          })),
        };
        const text = formatFinalReport(report);
        assert.ok(Buffer.byteLength(text) <= 4096, `${Buffer.byteLength(text)} bytes`);
        const read = JSON.parse(text) as FinalReport;
        assert.deepEqual(read.outcomes, report.outcomes);
        assert.deepEqual(read.stores, report.stores);
        assert.equal(
          read.truncated === true,
          read.releases.length < report.releases.length ||
            read.releases.some((it) => it.message === undefined && message !== ''),
        );
      },
    ),
    { numRuns: 100 },
  );
});
