import type { Environment } from '@marcbachmann/cel-js';
import { EvaluationError } from '@marcbachmann/cel-js';
import { Duration } from '@marcbachmann/cel-js/evaluator';
import { RE2JS } from 're2js';
import { matchesPattern } from '../schema/schema-validator.ts';

/** Under this name `matches` runs on RE2: the evaluator's own is a JavaScript RegExp, which hostile text can hang. */
export const safeMatches = 'hardpointMatches';

/** The strings extension, Kubernetes' regex functions, and named formats' texts. */
export function registerTexts(environment: Environment): void {
  environment
    .registerFunction(`string.${safeMatches}(string): bool`, matches)
    .registerFunction('matches(string, string): bool', matches)
    .registerFunction('string.find(string): string', (text: string, pattern: string) => {
      const matcher = compile(pattern).matcher(text);
      return matcher.find() ? (matcher.group() ?? '') : '';
    })
    .registerFunction('string.findAll(string): list<string>', (text: string, pattern: string) =>
      findAll(text, pattern, -1n),
    )
    .registerFunction('string.findAll(string, int): list<string>', findAll)
    .registerFunction('string.charAt(int): string', (text: string, index: bigint) => {
      const points = [...text];
      if (index < 0n || index > BigInt(points.length)) throw new EvaluationError(`index out of range: ${index}`);
      return points[Number(index)] ?? '';
    })
    .registerFunction('string.replace(string, string): string', (text: string, from: string, to: string) =>
      text.replaceAll(from, () => to),
    )
    .registerFunction('string.replace(string, string, int): string', replaceSome)
    .registerFunction('string.reverse(): string', (text: string) => [...text].reverse().join(''))
    .registerFunction('string.format(list): string', (text: string, values: readonly unknown[]) =>
      formatText(text, values),
    );
}

function matches(text: string, pattern: string): boolean {
  compile(pattern);
  return matchesPattern(pattern, text);
}

function compile(pattern: string): RE2JS {
  try {
    return RE2JS.compile(pattern);
  } catch (error) {
    throw new EvaluationError(`error parsing regexp: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function findAll(text: string, pattern: string, limit: bigint): string[] {
  const out: string[] = [];
  const matcher = compile(pattern).matcher(text);
  while ((limit < 0n || BigInt(out.length) < limit) && matcher.find()) out.push(matcher.group() ?? '');
  return out;
}

function replaceSome(text: string, from: string, to: string, count: bigint): string {
  if (count < 0n) return text.replaceAll(from, () => to);
  let out = '';
  let rest = text;
  for (let left = count; left > 0n; left--) {
    const at = rest.indexOf(from);
    if (at < 0) break;
    out += rest.slice(0, at) + to;
    rest = rest.slice(at + from.length);
    if (from === '') {
      out += rest.slice(0, 1);
      rest = rest.slice(1);
    }
  }
  return out + rest;
}

function formatText(format: string, values: readonly unknown[]): string {
  let next = 0;
  const out = format.replace(
    /%(%|(?:\.(\d+))?([a-zA-Z]))/g,
    (_all, literal: string, precision: string | undefined, verb: string | undefined) => {
      if (literal === '%') return '%';
      if (next >= values.length) throw new EvaluationError(`index ${next} out of range`);
      return formatValue(verb ?? '', values[next++], precision === undefined ? 6 : Number(precision));
    },
  );
  return out;
}

function formatValue(verb: string, value: unknown, precision: number): string {
  switch (verb) {
    case 's':
      return plainText(value);
    case 'd':
      if (typeof value === 'bigint') return value.toString();
      throw new EvaluationError('could not interpret value as an integer');
    case 'f':
      if (typeof value === 'number' || typeof value === 'bigint') return Number(value).toFixed(precision);
      throw new EvaluationError('could not interpret value as a double');
    case 'e':
      if (typeof value === 'number' || typeof value === 'bigint') {
        return Number(value)
          .toExponential(precision)
          .replace(/e([+-])(\d)$/, 'e$10$2');
      }
      throw new EvaluationError('could not interpret value as a double');
    case 'b':
      if (typeof value === 'boolean') return value ? '1' : '0';
      if (typeof value === 'bigint') return value.toString(2);
      throw new EvaluationError('could not interpret value as an integer');
    case 'o':
      if (typeof value === 'bigint') return value.toString(8);
      throw new EvaluationError('could not interpret value as an integer');
    case 'x':
    case 'X': {
      const text =
        typeof value === 'bigint'
          ? value.toString(16)
          : typeof value === 'string'
            ? Buffer.from(value).toString('hex')
            : undefined;
      if (text === undefined) throw new EvaluationError('could not interpret value as an integer');
      return verb === 'X' ? text.toUpperCase() : text;
    }
    default:
      throw new EvaluationError(`unrecognized formatting clause "${verb}"`);
  }
}

/** A value as `%s` shows it. */
export function plainText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value === null) return 'null';
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return String(value);
  if (value instanceof Date) return value.toISOString().replace('.000Z', 'Z');
  if (value instanceof Duration) return `${value.valueOf() / 1000}s`;
  if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8');
  if (Array.isArray(value)) return `[${value.map(plainText).join(', ')}]`;
  if (value instanceof Map) {
    const members = [...value].map(([key, member]) => `${plainText(key)}: ${plainText(member)}`).sort();
    return `{${members.join(', ')}}`;
  }
  return String(value);
}
