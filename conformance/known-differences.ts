/** Where the embedded server is known to answer otherwise than kube-apiserver. */
export interface KnownDifference {
  /** Matches the names of the cases. */
  readonly cases: RegExp;
  /** Matches `STEP.FIELD`, such as `0.body.items.1.status`. */
  readonly fields: RegExp;
  readonly reason: string;
}

/** An entry that no longer shows fails the suite. */
export const knownDifferences: readonly KnownDifference[] = [
  {
    cases: /^(table|watch: as a table|crd: printer columns)/,
    fields: /columnDefinitions\.\d+\.description$/,
    reason: "column descriptions are Kubernetes' texts, which are not copied; no client shows them",
  },
  {
    cases: /node/,
    fields: /^\d+\.body\.spec\.taints$/,
    reason:
      'the TaintNodesByCondition plugin taints a new Node not-ready; an embedded cluster has Nodes that nobody lifts it from (S5)',
  },
  {
    cases:
      /^(strategic patch: pod: a forbidden field|status: only the status is taken|pods: what may change after creation)$/,
    fields: /^\d+\.body\.(message|details\.causes\.0\.message)$/,
    reason: 'the refusal ends in a print of two Go structs and their difference; here it ends before that',
  },
  {
    cases:
      /^(invalid: two controllers|json patch: a wrong type of value|merge patch: a wrong type|patch: strict about unknown fields)$/,
    fields: /^\d+\.body\.(message|details\.causes\.0\.message)$/,
    reason: "an object quoted inside a message is printed in the order of Go's struct fields; here in the object's own",
  },
  {
    cases: /^table: roles$/,
    fields: /managedFields$/,
    reason: 'the roles a server begins with are written without a field manager here',
  },
  {
    cases: /^table: only a table wanted, of what has none$/,
    fields: /^0\.body\.(gitCommit|goVersion|compiler|buildDate|platform)$/,
    reason: '/version names the build of a Go program; this is none',
  },
  {
    cases: /^table: a pod as a kubelet reports it$/,
    fields: /lastState\.terminated\.(startedAt|finishedAt)$/,
    reason: 'Go writes an unset time of a struct as null; here an absent field stays absent',
  },
  {
    cases: /^(token: for a service account|review: a token)$/,
    fields: /^0\.body\.metadata\.(uid|managedFields)$/,
    reason: 'a TokenRequest is an answer, not a stored object; no client reads an identity of it',
  },
  {
    cases: /^crd: wrong kind and version$/,
    fields: /^3\.warning$/,
    reason: 'a body of another version is refused before its fields are looked at',
  },
  {
    cases: /^crd: refused: a rule that costs too much$/,
    fields: /^\d+\./,
    reason: 'the cost of a CEL rule is metered when it runs, not estimated when it is written: the definition is taken',
  },
  {
    cases: /^crd: the definition is deleted/,
    fields: /^3\.body\./,
    reason: 'a definition goes with the request that deletes it; kube-apiserver first shows it as terminating',
  },
];
