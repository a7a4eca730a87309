import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { systemClock } from '@hardpoint/machinery';
import { type BenchResult, quantile } from './bench.ts';
import { startClusterBench } from './cluster-bench.ts';

export const name = 'cluster-start';

const starts = 9;

/** `hardpoint up` in an empty folder until it says ready; beside it a Node process that does nothing. */
export async function run(): Promise<BenchResult> {
  const ready: number[] = [];
  const bare: number[] = [];
  const cpu: number[] = [];
  const resident = new Map<string, number[]>();
  for (let start = 0; start < starts; start += 1) {
    bare.push(await bareStartMs());
    await using cluster = await startClusterBench({});
    ready.push(cluster.readyMs);
    cpu.push(await cluster.cpuMs());
    for (const [part, mb] of await cluster.residentMb()) resident.set(part, [...(resident.get(part) ?? []), mb]);
  }
  const memory = [...resident].map(([part, samples]) => [part, quantile(samples, 0.5)] as const);
  return {
    name,
    value: quantile(ready, 0.5),
    unit: 'ms',
    goal: 1000,
    details: {
      'p90 ms': quantile(ready, 0.9),
      'least ms': Math.min(...ready),
      'CPU ms': quantile(cpu, 0.5),
      'bare Node ms': quantile(bare, 0.5),
      'ratio to bare Node': quantile(ready, 0.5) / quantile(bare, 0.5),
      'memory MB': memory.reduce((sum, [, mb]) => sum + mb, 0),
      ...Object.fromEntries(memory.map(([part, mb]) => [`${part} MB`, mb])),
      starts,
    },
  };
}

async function bareStartMs(): Promise<number> {
  const begun = systemClock.monotonic();
  await once(spawn(process.execPath, ['-e', '0'], { stdio: 'ignore' }), 'exit');
  return systemClock.monotonic() - begun;
}
