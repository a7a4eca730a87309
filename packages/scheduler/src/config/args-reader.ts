import { isAlias, isMap, isScalar, isSeq, type LineCounter, type Node, type Scalar } from 'yaml';
import type { ConfigProblem } from './config-error.ts';

interface Source {
  readonly file: string;
  readonly lines: LineCounter;
  readonly problems: ConfigProblem[];
}

function shown(node: Node | null | undefined): string | undefined {
  if (node === null || node === undefined) return undefined;
  if (isScalar(node)) return JSON.stringify(node.value) ?? String(node.value);
  if (isMap(node)) return 'a mapping';
  if (isSeq(node)) return 'a list';
  return 'an alias';
}

/**
 * One place in a YAML file. Each method reads it as one kind of value; where it is another, the problem is noted with
 * its line and what is allowed, and undefined is returned: a file's problems are reported all at once.
 */
export class ArgsReader {
  readonly #source: Source;
  readonly #node: Node | null | undefined;
  readonly path: string;
  /** Where to point when the value itself is empty: its key. */
  readonly #at: Node | null | undefined;

  constructor(options: {
    readonly source: Source;
    readonly node: Node | null | undefined;
    readonly path: string;
    readonly at?: Node | null | undefined;
  }) {
    this.#source = options.source;
    this.#node = options.node;
    this.path = options.path;
    this.#at = options.at;
  }

  /** Notes a problem here. */
  problem(message: string, allowed?: string): undefined {
    const range = (this.#node?.range ?? this.#at?.range)?.[0];
    const position = range === undefined ? { line: 0, col: 0 } : this.#source.lines.linePos(range);
    this.#source.problems.push({
      file: this.#source.file,
      line: position.line,
      column: position.col,
      path: this.path,
      value: shown(this.#node),
      message,
      allowed,
    });
    return undefined;
  }

  /** Nothing stands here: no value, or null. */
  get empty(): boolean {
    return this.#node === null || this.#node === undefined || (isScalar(this.#node) && this.#node.value === null);
  }

  /** A mapping with these keys only; each that is there is handed to its function. Empty counts as a mapping without keys. */
  keys(known: Readonly<Record<string, (reader: ArgsReader) => void>>): void {
    const allowed = Object.keys(known);
    for (const [key, reader] of this.#entries()) {
      const read = Object.hasOwn(known, key) ? known[key] : undefined;
      if (read !== undefined) read(reader);
      else
        this.#unknown(key, reader, allowed.length === 0 ? 'nothing: this plugin has no arguments' : allowed.join(', '));
    }
  }

  /** A mapping with any keys. */
  entries(): readonly (readonly [string, ArgsReader])[] {
    return this.#entries();
  }

  list(): readonly ArgsReader[] {
    if (this.empty) return [];
    if (!isSeq(this.#node)) {
      this.problem(`${shown(this.#node)} is not a list`, 'a list');
      return [];
    }
    return this.#node.items.map(
      (item, index) =>
        new ArgsReader({
          source: this.#source,
          node: item as Node | null,
          path: `${this.path}[${index}]`,
          at: this.#node as Node,
        }),
    );
  }

  /** A text, never empty. */
  string(allowed = 'a text'): string | undefined {
    const value = this.#scalar();
    if (typeof value === 'string' && value !== '') return value;
    return this.problem(`${shown(this.#node) ?? 'nothing'} is not allowed`, allowed);
  }

  /** A text that may be empty. */
  text(): string | undefined {
    const value = this.#scalar();
    return typeof value === 'string'
      ? value
      : this.problem(`${shown(this.#node) ?? 'nothing'} is not allowed`, 'a text');
  }

  oneOf<T extends string>(values: readonly T[]): T | undefined {
    const value = this.#scalar();
    const found = values.find((each) => each === value);
    return found ?? this.problem(`${shown(this.#node) ?? 'nothing'} is not allowed`, values.join(', '));
  }

  boolean(): boolean | undefined {
    const value = this.#scalar();
    return typeof value === 'boolean'
      ? value
      : this.problem(`${shown(this.#node) ?? 'nothing'} is not allowed`, 'true, false');
  }

  integer(bounds: { readonly min: number; readonly max: number }): number | undefined {
    const value = this.#scalar();
    if (typeof value === 'number' && Number.isInteger(value) && value >= bounds.min && value <= bounds.max)
      return value;
    return this.problem(
      `${shown(this.#node) ?? 'nothing'} is not allowed`,
      `a whole number from ${bounds.min} to ${bounds.max}`,
    );
  }

  number(bounds: { readonly min: number; readonly max: number }): number | undefined {
    const value = this.#scalar();
    if (typeof value === 'number' && value >= bounds.min && value <= bounds.max) return value;
    return this.problem(
      `${shown(this.#node) ?? 'nothing'} is not allowed`,
      `a number from ${bounds.min} to ${bounds.max}`,
    );
  }

  /** A duration as Go writes it (`15s`, `1m30s`), in ms. */
  duration(): number | undefined {
    const value = this.#scalar();
    const form = /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s)?(?:(\d+)ms)?$/.exec(
      typeof value === 'string' ? value : '-',
    );
    if (form === null || value === '')
      return this.problem(`${shown(this.#node) ?? 'nothing'} is not allowed`, 'a duration such as 15s or 1m30s');
    const [hours, minutes, seconds, milliseconds] = form.slice(1).map((part) => Number(part ?? 0));
    return (hours ?? 0) * 3_600_000 + (minutes ?? 0) * 60_000 + (seconds ?? 0) * 1000 + (milliseconds ?? 0);
  }

  /** The value as plain data, unchecked. */
  plain(): unknown {
    return this.#node?.toJSON();
  }

  #scalar(): unknown {
    return isScalar(this.#node) ? this.#node.value : undefined;
  }

  #unknown(key: string, reader: ArgsReader, allowed: string): void {
    new ArgsReader({
      source: this.#source,
      node: reader.#at,
      path: reader.path,
    }).problem(`unknown key ${JSON.stringify(key)}`, allowed);
  }

  #entries(): readonly (readonly [string, ArgsReader])[] {
    if (this.empty) return [];
    if (isAlias(this.#node)) {
      this.problem('an alias is not allowed', 'the value itself');
      return [];
    }
    if (!isMap(this.#node)) {
      this.problem(`${shown(this.#node)} is not a mapping`, 'a mapping');
      return [];
    }
    return this.#node.items.map((pair) => {
      const key = pair.key as Scalar | null;
      const name = isScalar(key) ? String(key.value) : String(key);
      return [
        name,
        new ArgsReader({
          source: this.#source,
          node: pair.value as Node | null,
          path: this.path === '' ? name : `${this.path}.${name}`,
          at: key,
        }),
      ] as const;
    });
  }
}
