import { type Environment, EvaluationError, Optional } from '@marcbachmann/cel-js';

/** A parsed expression, as macros are handed it. */
interface Node {
  readonly op: string;
  readonly args: unknown;
}

interface Context {
  forkWithVariable(name: string, type: unknown): Context;
  reuse(context: Context): Context;
  setIterValue(value: unknown, evaluator: unknown): Context;
}

interface Checker {
  check(node: Node, context: Context): { readonly kind: string; readonly valueType?: unknown };
  getType(name: string): unknown;
}

interface Evaluator {
  run(node: Node, context: Context): unknown;
}

interface Call {
  readonly ast: Node;
  readonly receiver: Node;
  readonly args: readonly Node[];
}

interface Macro {
  readonly name: string;
  readonly receiver: Node;
  readonly body: Node;
  context?: Context;
}

/** `optMap(x, e)` and `optFlatMap(x, e)`, which the evaluator lacks. */
export function registerOptionals(environment: Environment): void {
  const register = (name: string, wrap: (value: unknown) => unknown): void => {
    environment.registerFunction(`optional.${name}(ast, ast): optional<dyn>`, ({ ast, receiver, args }: Call) => ({
      ast,
      name: variableOf(args[0]),
      receiver,
      body: args[1],
      async: false,
      typeCheck: (checker: Checker, macro: Macro, context: Context) => {
        const type = checker.check(macro.receiver, context);
        macro.context = context.forkWithVariable(macro.name, type.valueType ?? checker.getType('dyn'));
        checker.check(macro.body, macro.context);
        return checker.getType('optional<dyn>');
      },
      evaluate: (evaluator: Evaluator, macro: Macro, context: Context) => {
        const value = evaluator.run(macro.receiver, context);
        if (!(value instanceof Optional)) throw new EvaluationError('no such overload');
        if (!value.hasValue() || macro.context === undefined) return Optional.none();
        const inner = macro.context.reuse(context).setIterValue(value.value(), evaluator);
        return wrap(evaluator.run(macro.body, inner));
      },
    }));
  };
  register('optMap', (value) => Optional.of(value));
  register('optFlatMap', (value) => value);
}

function variableOf(node: Node | undefined): string {
  if (node?.op === 'id' && typeof node.args === 'string') return node.args;
  throw new EvaluationError('argument must be a simple name');
}
