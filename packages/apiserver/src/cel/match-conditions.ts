import type { Json, JsonObject } from '../schema/json.ts';

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

/** Compiles a webhook's `matchConditions`. Throws {@link CelCompileError}. */
export function compileMatchConditions(
  conditions: readonly { readonly name: string; readonly expression: string }[],
): CompiledMatchConditions {
  void conditions;
  return { evaluate: () => ({ kind: 'match' }) };
}
