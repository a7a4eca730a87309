import type { Environment, ParseResult } from '@marcbachmann/cel-js';

/** Thrown out of an evaluation that used up its budget. */
export class BudgetExceeded extends Error {
  override readonly name = 'BudgetExceeded';
}

/**
 * What evaluations may cost. A step is one node of an expression evaluated once; large values cost by their size. Near
 * kube-apiserver's units: a rule may use 1,000,000, all rules of one request 10,000,000.
 */
export class Budget {
  #left: number;

  constructor(steps: number) {
    this.#left = steps;
  }

  get left(): number {
    return this.#left;
  }

  spend(steps: number): void {
    this.#left -= steps;
    if (this.#left < 0) throw new BudgetExceeded('operation cancelled: actual cost limit exceeded');
  }
}

interface Node {
  evaluate(evaluator: unknown, node: Node, context: unknown): unknown;
}

interface Evaluator {
  run(node: Node, context: unknown): unknown;
}

const budgets = new WeakMap<object, { budget: Budget | undefined }>();

/**
 * Makes an environment count what its evaluations cost. The evaluator hands itself to functions as `this`; every node is
 * evaluated through its `run`.
 */
export function meter(environment: Environment): void {
  const holder: { budget: Budget | undefined } = { budget: undefined };
  const capture = 'hardpointEvaluator';
  let found: Evaluator | undefined;
  environment.registerFunction(`${capture}(): bool`, function (this: unknown) {
    found = this as Evaluator;
    return true;
  });
  environment.evaluate(`${capture}()`, {});
  if (found === undefined) throw new Error('the CEL evaluator does not hand itself to functions any more');
  found.run = function run(this: Evaluator, node: Node, context: unknown): unknown {
    holder.budget?.spend(1);
    const result = node.evaluate(this, node, context);
    if (holder.budget !== undefined) {
      if (typeof result === 'string') holder.budget.spend(result.length >> 5);
      else if (Array.isArray(result)) holder.budget.spend(result.length >> 3);
    }
    return result;
  };
  budgets.set(environment, holder);
}

/** Evaluates within a budget. Throws {@link BudgetExceeded}, or the evaluator's error. */
export function evaluateWithin(
  environment: Environment,
  program: ParseResult,
  variables: Readonly<Record<string, unknown>>,
  budget: Budget,
): unknown {
  const holder = budgets.get(environment);
  if (holder === undefined) throw new Error('environment without a meter');
  holder.budget = budget;
  try {
    const result: unknown = program({ ...variables });
    // A quantifier may have swallowed the error of one element.
    if (budget.left < 0) throw new BudgetExceeded('operation cancelled: actual cost limit exceeded');
    return result;
  } finally {
    holder.budget = undefined;
  }
}
