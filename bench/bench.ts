/** What one benchmark found. A ratio counts; figures are this machine's. */
export interface BenchResult {
  readonly name: string;
  /** The figure that has a goal. */
  readonly value: number;
  readonly unit: 'ratio' | 'ms' | 'MB';
  /** `value` is to be at most this. */
  readonly goal: number;
  /** Whatever explains the value. */
  readonly details: Readonly<Record<string, number | string>>;
}

/** What each `bench/NAME.bench.ts` exports. */
export interface Bench {
  readonly name: string;
  readonly run: () => Promise<BenchResult>;
}

/** The value below which a share of the samples lies; sorts a copy. */
export function quantile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}
