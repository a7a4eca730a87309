import type { Environment, ParseResult } from '@marcbachmann/cel-js';
import { TypeError as CelTypeError, EvaluationError, ParseError, serialize } from '@marcbachmann/cel-js';
import { RE2JS } from 're2js';
import { type Tree, visit } from './environment.ts';
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
export function compileMessage(error: unknown, expression: string, environment: Environment): string {
  if (!(error instanceof ParseError || error instanceof CelTypeError || error instanceof EvaluationError)) {
    return error instanceof Error ? error.message : String(error);
  }
  const node = error.node as Tree | undefined;
  const { summary, at } = explain(error, node, environment);
  return marked(expression, at === undefined ? 0 : placeOf(at, expression), summary);
}

/** What the type checker lets pass and the server does not: patterns that do not compile, `has` of an unknown field. */
export function literalProblem(environment: Environment, program: ParseResult): string | undefined {
  let found: string | undefined;
  const source = program.ast.input;
  visit(program.ast, (node) => {
    if (found !== undefined) return;
    if (node.op === 'rcall' && isList(node.args) && node.args[0] === safeMatches)
      found = patternProblem(node.args[2], source);
    if (node.op === 'call' && isList(node.args) && node.args[0] === 'has')
      found = hasProblem(environment, node, source);
  });
  return found;
}

function patternProblem(args: unknown, source: string): string | undefined {
  const pattern = isList(args) ? (args[0] as Tree | undefined) : undefined;
  if (pattern?.op !== 'value' || typeof pattern.args !== 'string') return undefined;
  try {
    RE2JS.compile(pattern.args);
    return undefined;
  } catch {
    return marked(source, pattern.start, 'invalid matches argument');
  }
}

function hasProblem(environment: Environment, node: Tree, source: string): string | undefined {
  const args = isList(node.args) ? node.args[1] : undefined;
  const field = isList(args) ? args[0] : undefined;
  if (field === undefined) return undefined;
  const checked = environment.parse(serialize(field as Parameters<typeof serialize>[0])).check();
  const name = /^No such key: (.*)$/.exec(checked.error?.summary ?? '')?.[1];
  return name === undefined ? undefined : marked(source, placeOf(node, source), `undefined field '${name}'`);
}

function isList(value: unknown): value is unknown[] {
  return Array.isArray(value);
}

function marked(source: string, position: number, message: string): string {
  const before = source.slice(0, position);
  const line = before.split('\n').length;
  const column = position - (before.lastIndexOf('\n') + 1);
  const text = source.split('\n')[line - 1] ?? '';
  return `ERROR: <input>:${line}:${column + 1}: ${message}\n | ${text}\n | ${'.'.repeat(column)}^`;
}

/** Where the server points for a node: at the operator, the point or the opening bracket. */
function placeOf(node: Tree, source: string): number {
  const parts = isList(node.args) ? node.args : [];
  const left = parts[0] as Tree | undefined;
  switch (node.op) {
    case '.':
    case '.?':
      return source.lastIndexOf('.', node.pos);
    case 'call':
      return source.indexOf('(', node.start);
    case 'rcall':
      return source.indexOf('(', (parts[1] as Tree).end + 1);
    case '[]':
    case '[?]':
      return source.indexOf('[', left?.end ?? 0);
    case '?:':
      return source.indexOf('?', left?.end ?? 0);
    case 'value':
    case 'id':
    case 'list':
    case 'map':
    case '!_':
    case '-_':
      return node.start;
    default: {
      const at = left?.end === undefined ? -1 : source.indexOf(node.op, left.end);
      return at < 0 ? (node.pos ?? 0) : at;
    }
  }
}

interface Explained {
  readonly summary: string;
  readonly at: Tree | undefined;
}

function explain(
  error: ParseError | CelTypeError | EvaluationError,
  node: Tree | undefined,
  environment: Environment,
): Explained {
  const summary = error.summary.replaceAll(safeMatches, 'matches').replaceAll(/Object\d+/g, 'object');
  if (error instanceof ParseError) return { summary: `Syntax error: ${summary}`, at: node };
  const unknown = /^Unknown variable: (.*)$/.exec(summary)?.[1];
  if (unknown !== undefined) return { summary: `undeclared reference to '${unknown}' (in container '')`, at: node };
  const field = /^No such key: (.*)$/.exec(summary)?.[1];
  if (field !== undefined) return { summary: `undefined field '${field}'`, at: node };
  const binary = /^no such overload: (.+) (==|!=|<=|>=|<|>|\+|-|\*|\/|%|in) (.+)$/.exec(summary);
  if (binary !== null) {
    const operator = binary[2] === 'in' ? '@in' : `_${binary[2]}_`;
    return {
      summary: `found no matching overload for '${operator}' applied to '(${binary[1]}, ${binary[3]})'`,
      at: node,
    };
  }
  const call = /^found no matching overload for '(?:(.*)\.)?(\w+)\((.*)\)'$/.exec(summary);
  if (call !== null) {
    const [, receiver, name = '', types = ''] = call;
    const known = environment.getDefinitions().functions.some((definition) => definition.name === name);
    const applied = receiver === undefined ? `(${types})` : `${receiver}.(${types})`;
    return {
      summary: known
        ? `found no matching overload for '${name}' applied to '${applied}'`
        : `undeclared reference to '${name}' (in container '')`,
      at: node,
    };
  }
  const logical = /^Logical operator requires bool operands, got '(.*)'$/.exec(summary)?.[1];
  if (logical !== undefined) return { summary: `expected type 'bool' but found '${logical}'`, at: wrongOperand(node) };
  const mixed = /expected type '(.*)' but found '(.*)'$/.exec(summary);
  return mixed === null
    ? { summary, at: node }
    : { summary: `expected type '${mixed[1]}' but found '${mixed[2]}'`, at: node };
}

function wrongOperand(node: Tree | undefined): Tree | undefined {
  const parts = isList(node?.args) ? (node.args as (Tree & { checkedType?: { name?: string } })[]) : [];
  return parts.find((part) => part.checkedType?.name !== 'bool' && part.checkedType?.name !== 'dyn') ?? node;
}
