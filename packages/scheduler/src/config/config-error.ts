/** One thing wrong with a configuration file. */
export interface ConfigProblem {
  readonly file: string;
  /** From 1; 0 where the file as a whole is meant. */
  readonly line: number;
  readonly column: number;
  /** `profiles[0].plugins.score.enabled[1].weight`. */
  readonly path: string;
  /** As it stands in the file; undefined where something is missing. */
  readonly value: string | undefined;
  readonly message: string;
  /** What may stand there. */
  readonly allowed: string | undefined;
}

function lineOf(problem: ConfigProblem): string {
  const place = problem.line === 0 ? problem.file : `${problem.file}:${problem.line}:${problem.column}`;
  const path = problem.path === '' ? '' : ` ${problem.path}:`;
  const allowed = problem.allowed === undefined ? '' : `; allowed: ${problem.allowed}`;
  return `${place}:${path} ${problem.message}${allowed}`;
}

/** A configuration that cannot be used. The message has one line per problem: file, line, value and what is allowed. */
export class SchedulerConfigError extends Error {
  override readonly name = 'SchedulerConfigError';
  readonly code = 'InvalidConfiguration';
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    super(problems.map(lineOf).join('\n'));
    this.problems = problems;
  }
}
