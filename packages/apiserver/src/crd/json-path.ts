import type { Json } from '../schema/json.ts';
import { getOwn, isObject } from '../schema/json.ts';

/** One step of a path such as `.status.conditions[?(@.type=="Ready")].status`. */
type Step =
  | { readonly kind: 'field'; readonly name: string }
  | { readonly kind: 'all' }
  | { readonly kind: 'index'; readonly from: number; readonly to: number | undefined; readonly single: boolean }
  | { readonly kind: 'filter'; readonly path: readonly Step[]; readonly operator: string; readonly value: Json }
  | { readonly kind: 'exists'; readonly path: readonly Step[] }
  | { readonly kind: 'descend' };

/** A parsed path of kubectl's JSONPath dialect, without the braces. */
export interface JsonPath {
  readonly steps: readonly Step[];
}

/** Thrown where a path does not parse. */
export class JsonPathError extends Error {
  override readonly name = 'JsonPathError';
}

/** Parses a path: fields (also quoted), `*`, indexes, slices, filters with one comparison, `..`. Throws {@link JsonPathError}. */
export function parseJsonPath(text: string): JsonPath {
  return { steps: new PathParser(text).steps() };
}

/** Every value a path leads to, in document order. */
export function findValues(path: JsonPath, value: Json): Json[] {
  return follow(path.steps, [value]);
}

class PathParser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  steps(): Step[] {
    const out: Step[] = [];
    if (this.#text[this.#at] === '$' || this.#text[this.#at] === '@') this.#at++;
    while (this.#at < this.#text.length) {
      const char = this.#text[this.#at];
      if (char === '.') {
        this.#at++;
        if (this.#text[this.#at] === '.') {
          this.#at++;
          out.push({ kind: 'descend' });
        }
        if (this.#at >= this.#text.length || this.#text[this.#at] === '[') continue;
        out.push(this.#field());
      } else if (char === '[') out.push(this.#bracket());
      else out.push(this.#field());
    }
    return out;
  }

  #field(): Step {
    let name = '';
    while (this.#at < this.#text.length && !/[.[\]]/.test(this.#text[this.#at] ?? '')) {
      if (this.#text[this.#at] === '\\') this.#at++;
      name += this.#text[this.#at] ?? '';
      this.#at++;
    }
    if (name === '') throw new JsonPathError(`unexpected character in path ${JSON.stringify(this.#text)}`);
    return name === '*' ? { kind: 'all' } : { kind: 'field', name };
  }

  #bracket(): Step {
    const end = closing(this.#text, this.#at);
    if (end < 0) throw new JsonPathError('unterminated array');
    const inner = this.#text.slice(this.#at + 1, end).trim();
    this.#at = end + 1;
    if (inner === '*') return { kind: 'all' };
    const quoted = /^(['"])(.*)\1$/s.exec(inner);
    if (quoted !== null) return { kind: 'field', name: quoted[2] ?? '' };
    if (inner.startsWith('?(') && inner.endsWith(')')) return parseFilter(inner.slice(2, -1));
    const slice = /^(-?\d*)(:?)(-?\d*)$/.exec(inner);
    if (slice === null || inner === '') throw new JsonPathError(`invalid array index ${inner}`);
    const from = slice[1] === '' ? 0 : Number(slice[1]);
    return slice[2] === ''
      ? { kind: 'index', from, to: undefined, single: true }
      : { kind: 'index', from, to: slice[3] === '' ? undefined : Number(slice[3]), single: false };
  }
}

/** Where the bracket that opens at `at` closes; quotes and inner brackets are skipped. */
function closing(text: string, at: number): number {
  let depth = 0;
  let quote = '';
  for (let i = at; i < text.length; i++) {
    const char = text[i] ?? '';
    if (quote !== '') {
      if (char === '\\') i++;
      else if (char === quote) quote = '';
    } else if (char === '"' || char === "'") quote = char;
    else if (char === '[') depth++;
    else if (char === ']' && --depth === 0) return i;
  }
  return -1;
}

function parseFilter(text: string): Step {
  const match = /^(@[^=!<>]*?)\s*(?:(==|!=|<=|>=|<|>)\s*(.+))?$/s.exec(text.trim());
  if (match?.[1] === undefined) throw new JsonPathError(`invalid filter ${text}`);
  const path = new PathParser(match[1].trim()).steps();
  if (match[2] === undefined || match[3] === undefined) return { kind: 'exists', path };
  return { kind: 'filter', path, operator: match[2], value: literal(match[3].trim()) };
}

function literal(text: string): Json {
  const quoted = /^(['"])(.*)\1$/s.exec(text);
  if (quoted !== null) return (quoted[2] ?? '').replace(/\\(.)/g, '$1');
  if (text === 'true') return true;
  if (text === 'false') return false;
  const number = Number(text);
  if (!Number.isNaN(number)) return number;
  throw new JsonPathError(`unrecognized literal ${text}`);
}

function follow(steps: readonly Step[], start: Json[]): Json[] {
  let values = start;
  for (const step of steps) values = values.flatMap((value) => take(step, value));
  return values;
}

function take(step: Step, value: Json): Json[] {
  switch (step.kind) {
    case 'field': {
      const found = isObject(value) ? getOwn(value, step.name) : undefined;
      return found === undefined ? [] : [found];
    }
    case 'all':
      return Array.isArray(value) ? value : isObject(value) ? Object.values(value) : [];
    case 'index': {
      if (!Array.isArray(value)) return [];
      const from = step.from < 0 ? step.from + value.length : step.from;
      if (step.single) return value[from] === undefined ? [] : [value[from]];
      return value.slice(from, step.to);
    }
    case 'filter':
      return Array.isArray(value)
        ? value.filter((item) => follow(step.path, [item]).some((found) => holds(found, step.operator, step.value)))
        : [];
    case 'exists':
      return Array.isArray(value) ? value.filter((item) => follow(step.path, [item]).length > 0) : [];
    case 'descend':
      return descend(value);
    default:
      return step satisfies never;
  }
}

function descend(value: Json): Json[] {
  const inner = Array.isArray(value) ? value : isObject(value) ? Object.values(value) : [];
  return [value, ...inner.flatMap(descend)];
}

function holds(found: Json, operator: string, value: Json): boolean {
  if (operator === '==') return found === value;
  if (operator === '!=') return found !== value;
  if (typeof found !== typeof value || (typeof found !== 'number' && typeof found !== 'string')) return false;
  const order = found < (value as typeof found) ? -1 : found > (value as typeof found) ? 1 : 0;
  switch (operator) {
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    default:
      return order >= 0;
  }
}
