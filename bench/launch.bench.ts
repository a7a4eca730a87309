import { type BenchResult, quantile } from './bench.ts';
import { compareInBlocks, interleave, mountPoint, quantity, startWeaponBench } from './weapon-bench.ts';

export const name = 'launch';

/** Launch (token, journal) beside an echo of as many bytes that does one fdatasync; one call in flight. */
export async function run(): Promise<BenchResult> {
  await using bench = await startWeaponBench();
  await bench.weapon.initialize({ mountPoint, quantity });
  const lock = async () => {
    // It resets by itself; how soon depends on the disk.
    while ((await bench.weapon.getStatus()).state !== 1);
    await bench.weapon.lockTarget({ target: { latitude: 1, longitude: 2, altitude: 3 } });
  };
  await lock();
  let count = 0;
  const launch = async () => {
    count += 1;
    const request = { targetId: 'T1', count: 1, idempotencyKey: `uid/strike/${count}`, authorization: bench.token() };
    return request;
  };
  const payload = Buffer.alloc(520, 0x61);
  let next = await launch();
  const calls = {
    ours: () => bench.weapon.launch(next),
    theirs: () => bench.echo('Durable', payload),
    between: async () => {
      next = await launch();
      await lock();
    },
  };
  await interleave({ ...calls, rounds: 300 });
  const { ratio, ours, theirs } = await compareInBlocks({ ...calls, blocks: 5, rounds: 400 });
  return {
    name,
    value: ratio,
    unit: 'ratio',
    goal: 1.3,
    details: {
      'Launch p50 ms': quantile(ours, 0.5),
      'p99 ms': quantile(ours, 0.99),
      'echo with fdatasync p50 ms': quantile(theirs, 0.5),
      'echo p99 ms': quantile(theirs, 0.99),
      calls: ours.length,
    },
  };
}
