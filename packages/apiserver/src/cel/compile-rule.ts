import type { Environment, ParseResult } from '@marcbachmann/cel-js';
import { Optional } from '@marcbachmann/cel-js';
import type { Schema, ValidationRule } from '../schema/schema.ts';
import { checkingEnvironment } from './declared-types.ts';
import { evaluationEnvironment, mentions, parseExpression } from './environment.ts';
import { type Budget, BudgetExceeded, evaluateWithin } from './evaluation.ts';
import { compileMessage, literalProblem, runtimeMessage } from './failures.ts';
import type { CelValue } from './values.ts';

/** What a rule sees: values made by `toCel`. `oldSelf` undefined: there is none. */
export interface RuleValues {
  readonly self: CelValue;
  readonly oldSelf: CelValue | undefined;
}

/** A compiled rule of `x-kubernetes-validations`. */
export interface CompiledRule {
  readonly rule: ValidationRule;
  /** Whether the rule looks at `oldSelf`, and so runs on updates only (unless `optionalOldSelf`). */
  readonly usesOldSelf: boolean;
  /** Whether the rule holds. Throws {@link BudgetExceeded}, or an Error whose message is the evaluator's. */
  holds(values: RuleValues, budget: Budget): boolean;
  /** The text of `messageExpression`; undefined where there is none or it yields no fit text. Throws {@link BudgetExceeded}. */
  describe(values: RuleValues, budget: Budget): string | undefined;
}

/** Thrown where an expression does not compile. `message` is what the server says after `compilation failed: `. */
export class CelCompileError extends Error {
  override readonly name = 'CelCompileError';
  /** Which of the rule's two expressions. */
  readonly part: 'rule' | 'messageExpression';

  constructor(part: 'rule' | 'messageExpression', message: string) {
    super(message);
    this.part = part;
  }
}

/** Longest text that a messageExpression may yield, in bytes. */
const maxMessageBytes = 5 * 1024;

/**
 * Compiles one rule against the schema it stands on: types are checked by the schema, so that a rule over a field that
 * does not exist is an error here and not at evaluation. Throws {@link CelCompileError}.
 */
export function compileRule(
  schema: Schema,
  rule: ValidationRule,
  options: { readonly resourceRoot: boolean } = { resourceRoot: false },
): CompiledRule {
  const checking = checkingEnvironment({
    schema,
    resourceRoot: options.resourceRoot,
    optionalOldSelf: rule.optionalOldSelf === true,
    mixedLiterals: /\.format\s*\(/.test(`${rule.rule} ${rule.messageExpression ?? ''}`),
  });
  if (checking === undefined) throw new CelCompileError('rule', 'rule is set but the type of self is not known');
  const running =
    rule.optionalOldSelf === true
      ? evaluationEnvironment(['self'], ['oldSelf'])
      : evaluationEnvironment(['self', 'oldSelf']);
  const test = compilePart('rule', checking, running, rule.rule, 'bool');
  const message =
    rule.messageExpression === undefined || rule.messageExpression === ''
      ? undefined
      : compilePart('messageExpression', checking, running, rule.messageExpression, 'string');
  return {
    rule,
    usesOldSelf: mentions(test, 'oldSelf'),
    holds: (values, budget) => {
      try {
        return evaluateWithin(running, test, variables(rule, values), budget) === true;
      } catch (error) {
        if (error instanceof BudgetExceeded) throw error;
        throw new Error(runtimeMessage(error), { cause: error });
      }
    },
    describe: (values, budget) => {
      if (message === undefined) return undefined;
      try {
        return fitMessage(evaluateWithin(running, message, variables(rule, values), budget));
      } catch (error) {
        if (error instanceof BudgetExceeded) throw error;
        return undefined;
      }
    },
  };
}

function variables(rule: ValidationRule, { self, oldSelf }: RuleValues): Record<string, unknown> {
  if (rule.optionalOldSelf !== true) return { self, oldSelf };
  return { self, oldSelf: oldSelf === undefined ? Optional.none() : Optional.of(oldSelf) };
}

function fitMessage(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const text = value.trim();
  return text === '' || text.includes('\n') || Buffer.byteLength(text) > maxMessageBytes ? undefined : text;
}

function compilePart(
  part: 'rule' | 'messageExpression',
  checking: Environment,
  running: Environment,
  expression: string,
  wanted: 'bool' | 'string',
): ParseResult {
  const prefix = part === 'rule' ? '' : 'messageExpression ';
  try {
    const parsed = parseExpression(checking, expression);
    const checked = parsed.check();
    if (!checked.valid) throw checked.error ?? new Error('invalid expression');
    if (checked.type !== wanted && checked.type !== 'dyn') {
      throw new CelCompileError(
        part,
        part === 'rule' ? 'cel expression must evaluate to a bool' : 'messageExpression must evaluate to a string',
      );
    }
    const found = literalProblem(checking, parsed);
    if (found !== undefined) throw new CelCompileError(part, `${prefix}compilation failed: ${found}`);
    return parseExpression(running, expression);
  } catch (error) {
    if (error instanceof CelCompileError) throw error;
    throw new CelCompileError(part, `${prefix}compilation failed: ${compileMessage(error, expression, checking)}`);
  }
}
