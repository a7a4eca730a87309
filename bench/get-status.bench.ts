import { toBinary } from '@bufbuild/protobuf';
import { StatusResponseSchema } from '@hardpoint/wip';
import { type BenchResult, quantile } from './bench.ts';
import { compareInBlocks, interleave, startWeaponBench } from './weapon-bench.ts';

export const name = 'get-status';

/** GetStatus over a Unix socket beside a bare echo of as many bytes; one call in flight. */
export async function run(): Promise<BenchResult> {
  await using bench = await startWeaponBench();
  const payload = Buffer.from(toBinary(StatusResponseSchema, await bench.weapon.getStatus()));
  const calls = { ours: () => bench.weapon.getStatus(), theirs: () => bench.echo('Echo', payload) };
  await interleave({ ...calls, rounds: 2000 });
  const { ratio, ours, theirs } = await compareInBlocks({ ...calls, blocks: 5, rounds: 1500 });
  return {
    name,
    value: ratio,
    unit: 'ratio',
    goal: 1.15,
    details: {
      'GetStatus p50 ms': quantile(ours, 0.5),
      'p99 ms': quantile(ours, 0.99),
      'echo p50 ms': quantile(theirs, 0.5),
      'echo p99 ms': quantile(theirs, 0.99),
      calls: ours.length,
    },
  };
}
