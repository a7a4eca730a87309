import type { Json, JsonObject } from '../schema/json.ts';
import { CelCompileError } from './compile-rule.ts';
import { evaluationEnvironment, parseExpression } from './environment.ts';
import { Budget, evaluateWithin } from './evaluation.ts';
import { compileMessage, runtimeMessage } from './failures.ts';
import { untypedToCel } from './values.ts';

/** What a webhook's match conditions see: the AdmissionReview's request and its two objects (null where there is none). */
export interface AdmissionVariables {
  readonly request: JsonObject;
  readonly object: Json;
  readonly oldObject: Json;
}

export type MatchOutcome =
  | { readonly kind: 'match' }
  | { readonly kind: 'no-match'; readonly condition: string }
  /** An expression failed and none was false: the webhook's failurePolicy decides. */
  | { readonly kind: 'error'; readonly message: string };

export interface CompiledMatchConditions {
  evaluate(variables: AdmissionVariables): MatchOutcome;
}

/** What all conditions of one webhook may cost together. */
const matchBudget = 2_500_000;

/** Compiles a webhook's `matchConditions`. Throws {@link CelCompileError}. Evaluation never throws. */
export function compileMatchConditions(
  conditions: readonly { readonly name: string; readonly expression: string }[],
): CompiledMatchConditions {
  const environment = evaluationEnvironment(['object', 'oldObject', 'request']);
  const programs = conditions.map(({ name, expression }) => {
    try {
      const program = parseExpression(environment, expression);
      const checked = program.check();
      if (!checked.valid) throw checked.error ?? new Error('invalid expression');
      if (checked.type !== 'bool' && checked.type !== 'dyn') {
        throw new CelCompileError('rule', 'must evaluate to bool');
      }
      return { name, program };
    } catch (error) {
      if (error instanceof CelCompileError) throw error;
      throw new CelCompileError('rule', `compilation failed: ${compileMessage(error, expression, environment)}`);
    }
  });
  return {
    evaluate: ({ request, object, oldObject }) => {
      if (programs.length === 0) return { kind: 'match' };
      const variables = {
        request: untypedToCel(request),
        object: untypedToCel(object),
        oldObject: untypedToCel(oldObject),
      };
      const budget = new Budget(matchBudget);
      const failures: string[] = [];
      for (const { name, program } of programs) {
        try {
          const result = evaluateWithin(environment, program, variables, budget);
          if (result === false) return { kind: 'no-match', condition: name };
          if (result !== true) failures.push(`match condition '${name}' did not evaluate to a bool`);
        } catch (error) {
          failures.push(runtimeMessage(error));
        }
      }
      return failures.length === 0 ? { kind: 'match' } : { kind: 'error', message: failures.join(', ') };
    },
  };
}
