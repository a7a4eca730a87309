/** Where the embedded server is known to answer otherwise than kube-apiserver. */
export interface KnownDifference {
  /** Matches the names of the cases. */
  readonly cases: RegExp;
  /** Matches `STEP.FIELD`, such as `0.body.items.1.status`. */
  readonly fields: RegExp;
  readonly reason: string;
}

/** An entry that no longer shows fails the suite. */
export const knownDifferences: readonly KnownDifference[] = [];
