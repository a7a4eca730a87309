import { TypeError as CelTypeError, EvaluationError, ParseError } from '@marcbachmann/cel-js';
import { safeMatches } from './text-library.ts';

/** An evaluation's failure in the words of the server's evaluator. */
export function runtimeMessage(error: unknown): string {
  if (!(error instanceof EvaluationError)) return error instanceof Error ? error.message : String(error);
  const summary = error.summary.replaceAll(safeMatches, 'matches');
  switch (error.code) {
    case 'no_such_key':
      return summary.replace(/^No such key/, 'no such key');
    case 'index_out_of_bounds': {
      const index = /index (-?\d+)/.exec(summary)?.[1];
      return `index out of bounds: ${index ?? ''}`;
    }
    case 'numeric_overflow':
      return 'integer overflow';
    case 'division_by_zero':
      return 'division by zero';
    case 'modulo_by_zero':
      return 'modulus by zero';
    case 'no_such_overload':
    case 'no_matching_overload':
      return 'no such overload';
    default:
      return summary;
  }
}

/** A compilation's failure with the place marked below the source, as the server shows it. */
export function compileMessage(error: unknown, expression: string): string {
  if (!(error instanceof ParseError || error instanceof CelTypeError || error instanceof EvaluationError)) {
    return error instanceof Error ? error.message : String(error);
  }
  const position = error.node?.pos ?? 0;
  const before = expression.slice(0, position);
  const line = before.split('\n').length;
  const column = position - (before.lastIndexOf('\n') + 1);
  const source = expression.split('\n')[line - 1] ?? '';
  return `ERROR: <input>:${line}:${column + 1}: ${compileSummary(error)}\n | ${source}\n | ${'.'.repeat(column)}^`;
}

function compileSummary(error: ParseError | CelTypeError | EvaluationError): string {
  const summary = error.summary.replaceAll(safeMatches, 'matches');
  if (error instanceof ParseError) return `Syntax error: ${summary}`;
  const unknown = /^Unknown variable: (.*)$/.exec(summary)?.[1];
  if (unknown !== undefined) return `undeclared reference to '${unknown}' (in container '')`;
  const field = /^No such key: (.*)$/.exec(summary)?.[1];
  if (field !== undefined) return `undefined field '${field}'`;
  const binary = /^no such overload: (.+) (==|!=|<=|>=|<|>|\+|-|\*|\/|%|in) (.+)$/.exec(summary);
  if (binary !== null)
    return `found no matching overload for '_${binary[2]}_' applied to '(${binary[1]}, ${binary[3]})'`;
  return summary;
}
