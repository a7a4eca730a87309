import { Environment, type ParseResult } from '@marcbachmann/cel-js';
import { meter } from './evaluation.ts';
import { registerLists } from './list-library.ts';
import { registerNetwork } from './network-library.ts';
import { registerOptionals } from './optional-library.ts';
import { registerQuantity } from './quantity-library.ts';
import { registerTexts, safeMatches } from './text-library.ts';

let base: Environment | undefined;

/** An environment with Kubernetes' libraries and no variables. */
export function baseEnvironment(): Environment {
  if (base === undefined) {
    base = new Environment({ enableOptionalTypes: true, homogeneousAggregateLiterals: false });
    registerTexts(base);
    registerLists(base);
    registerNetwork(base);
    registerQuantity(base);
    registerOptionals(base);
  }
  return base;
}

const environments = new Map<string, Environment>();

/**
 * The environment in which expressions over these variables are evaluated, metered: values of any type, and optional
 * ones. The same one each time.
 */
export function evaluationEnvironment(variables: readonly string[], optionals: readonly string[] = []): Environment {
  const key = `${variables.join(',')};${optionals.join(',')}`;
  const known = environments.get(key);
  if (known !== undefined) return known;
  const environment = baseEnvironment().clone();
  for (const name of variables) environment.registerVariable(name, 'dyn');
  for (const name of optionals) environment.registerVariable(name, 'optional<dyn>');
  meter(environment);
  environments.set(key, environment);
  return environment;
}

/** A node of a parsed expression, as far as it is looked at here. */
export interface Tree {
  readonly op: string;
  readonly args: unknown;
  readonly start: number;
  readonly end: number;
  readonly pos: number;
}

/** Parses an expression and sends its `matches` calls to RE2. Throws the parser's error. */
export function parseExpression(environment: Environment, expression: string): ParseResult {
  const program = environment.parse(expression);
  visit(program.ast, (node) => {
    if (node.op === 'rcall' && Array.isArray(node.args) && node.args[0] === 'matches') node.args[0] = safeMatches;
  });
  return program;
}

/** Whether an expression names a variable. */
export function mentions(program: ParseResult, name: string): boolean {
  let found = false;
  visit(program.ast, (node) => {
    if (node.op === 'id' && node.args === name) found = true;
  });
  return found;
}

/** Calls `look` for a node and every one below it. */
export function visit(node: unknown, look: (node: Tree) => void): void {
  if (Array.isArray(node)) for (const part of node) visit(part, look);
  else if (typeof node === 'object' && node !== null && 'op' in node && 'args' in node) {
    const tree = node as Tree;
    look(tree);
    visit(tree.args, look);
  }
}
