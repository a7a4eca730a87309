/** The text is not JSON; the message is encoding/json's. */
export class JsonError extends Error {
  override readonly name = 'JsonError';
}

/**
 * A JSON value as the server handles it. An integer beyond 2^53 is a bigint (Kubernetes' int64 keeps its digits); every
 * other number is a number.
 */
export type Json = null | boolean | number | bigint | string | Json[] | JsonObject;
export interface JsonObject {
  [key: string]: Json;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Sets an own property, also one named `__proto__`, which a plain assignment would take for the prototype. */
export function setOwn(target: JsonObject, key: string, value: Json): void {
  if (key === '__proto__') {
    Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
  } else target[key] = value;
}

/** An own property, never one of Object.prototype. */
export function getOwn(object: JsonObject, key: string): Json | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

/** An object member, or an empty object that is not part of the parent where there is none. */
export function objectAt(object: JsonObject | undefined, key: string): JsonObject {
  const value = object === undefined ? undefined : getOwn(object, key);
  return isObject(value) ? value : {};
}

export function stringAt(object: JsonObject | undefined, key: string): string | undefined {
  const value = object === undefined ? undefined : getOwn(object, key);
  return typeof value === 'string' ? value : undefined;
}

/** A deep copy that shares nothing with `value`. */
export function cloneJson<T extends Json>(value: T): T;
export function cloneJson(value: Json): Json {
  if (Array.isArray(value)) return value.map((item) => cloneJson(item));
  if (!isObject(value)) return value;
  const out: JsonObject = {};
  for (const key of Object.keys(value)) setOwn(out, key, cloneJson(value[key] as Json));
  return out;
}

/** Equality of JSON values; the order of an object's members does not count. */
export function equalJson(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true;
  if (a === undefined || b === undefined || a === null || b === null) return false;
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((item, index) => equalJson(item, b[index]));
  }
  if (!isObject(a) || !isObject(b)) return false;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && equalJson(a[key], b[key]))
  );
}

/** JSON text. Integers beyond 2^53 keep their digits. */
export function stringifyJson(value: Json): string {
  try {
    return JSON.stringify(value);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return JSON.stringify(value, (_key, item: unknown) => (typeof item === 'bigint' ? rawJson(item.toString()) : item));
  }
}

/** Not in TypeScript's library yet: JSON.stringify writes such a value as it stands. */
const { rawJSON: rawJson } = JSON as unknown as { readonly rawJSON: (text: string) => unknown };

/** JSON text as Go's encoder writes it: members sorted by name, `<`, `>` and `&` escaped. Used in messages and hashes. */
export function canonicalJson(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (isObject(value)) {
    const members = Object.keys(value)
      .sort(compareBytes)
      .map((key) => `${goJsonString(key)}:${canonicalJson(value[key] as Json)}`);
    return `{${members.join(',')}}`;
  }
  if (typeof value === 'string') return goJsonString(value);
  return typeof value === 'bigint' ? value.toString() : JSON.stringify(value);
}

function goJsonString(value: string): string {
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029\b\f]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Order of Go strings: by UTF-8 bytes, which is the order of code points. */
export function compareBytes(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x === y) continue;
    // Surrogates stand for code points above U+FFFF and sort after every other unit.
    const fix = (unit: number): number => (unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit);
    return fix(x) - fix(y);
  }
  return a.length - b.length;
}

/** What {@link decodeJson} read. */
export interface DecodedJson {
  readonly value: Json;
  /** Paths of members that stood twice in one object, in the server's notation (`spec.containers[0].name`). The last one counts. */
  readonly duplicates: readonly string[];
}

const maxDepth = 1_000;
const longDigits = /\d{16}/;

/** Parses stored JSON: quick, no search for duplicates. Keeps int64. Throws SyntaxError. */
export function parseJson(text: string): Json {
  if (!longDigits.test(text)) return JSON.parse(text) as Json;
  return JSON.parse(text, function (this: unknown, _key, value: unknown, context?: { source?: string }) {
    const source = context?.source;
    return typeof value === 'number' && source !== undefined ? readNumber(source) : value;
  }) as Json;
}

function readNumber(source: string): number | bigint {
  const number = Number(source);
  if (Number.isSafeInteger(number) || !/^-?\d+$/.test(source)) return number;
  const big = BigInt(source);
  return big >= -(2n ** 63n) && big < 2n ** 63n ? big : number;
}

/**
 * Parses a request's JSON and finds duplicate members. Throws a {@link JsonError} where the text is not
 * JSON. `__proto__` becomes an ordinary own member.
 */
export function decodeJson(text: string): DecodedJson {
  return new JsonReader(text).document();
}

class JsonReader {
  readonly #text: string;
  #at = 0;
  readonly #duplicates: string[] = [];
  readonly #path: (string | number)[] = [];

  constructor(text: string) {
    this.#text = text;
  }

  document(): DecodedJson {
    const value = this.#value();
    this.#space();
    if (this.#at < this.#text.length) throw this.#unexpected('after top-level value');
    return { value, duplicates: this.#duplicates };
  }

  #space(): void {
    while (this.#at < this.#text.length) {
      const code = this.#text.charCodeAt(this.#at);
      if (code !== 32 && code !== 10 && code !== 13 && code !== 9) return;
      this.#at++;
    }
  }

  #unexpected(where: string): JsonError {
    if (this.#at >= this.#text.length) return syntaxError('unexpected end of JSON input');
    const char = String.fromCodePoint(this.#text.codePointAt(this.#at) ?? 0);
    const shown =
      char === "'" ? "'\\''" : char === '"' ? `'"'` : `'${char < ' ' ? JSON.stringify(char).slice(1, -1) : char}'`;
    return syntaxError(`invalid character ${shown} ${where}`);
  }

  #value(): Json {
    this.#space();
    const char = this.#text[this.#at];
    switch (char) {
      case '{':
        return this.#object();
      case '[':
        return this.#array();
      case '"':
        return this.#string();
      case 't':
        return this.#literal('true', true);
      case 'f':
        return this.#literal('false', false);
      case 'n':
        return this.#literal('null', null);
      default:
        return this.#number();
    }
  }

  #literal<T extends Json>(word: string, value: T): T {
    for (let i = 0; i < word.length; i++) {
      if (this.#text[this.#at] !== word[i]) throw this.#unexpected(`in literal ${word} (expecting '${word[i]}')`);
      this.#at++;
    }
    return value;
  }

  #number(): number | bigint {
    const pattern = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
    pattern.lastIndex = this.#at;
    const source = pattern.exec(this.#text)?.[0];
    if (source === undefined) {
      if (this.#text[this.#at] === '-') {
        this.#at++;
        throw this.#unexpected('in numeric literal');
      }
      throw this.#unexpected('looking for beginning of value');
    }
    this.#at += source.length;
    return readNumber(source);
  }

  #string(): string {
    const start = this.#at;
    let at = start + 1;
    for (; ; at++) {
      const code = this.#text.charCodeAt(at);
      if (code === 34) break;
      if (code === 92) at++;
      else if (Number.isNaN(code)) {
        this.#at = this.#text.length;
        throw this.#unexpected('');
      } else if (code < 32) {
        this.#at = at;
        throw this.#unexpected('in string literal');
      }
    }
    this.#at = at + 1;
    try {
      return JSON.parse(this.#text.slice(start, at + 1)) as string;
    } catch {
      const bad = /\\[^"\\/bfnrtu]/.exec(this.#text.slice(start, at + 1));
      this.#at = start + (bad?.index ?? 0) + 1;
      throw this.#unexpected('in string escape code');
    }
  }

  #enter(): void {
    if (this.#path.length >= maxDepth) throw syntaxError('exceeded max depth');
  }

  #array(): Json[] {
    this.#enter();
    this.#at++;
    const out: Json[] = [];
    this.#space();
    if (this.#text[this.#at] === ']') {
      this.#at++;
      return out;
    }
    for (;;) {
      this.#path.push(out.length);
      out.push(this.#value());
      this.#path.pop();
      this.#space();
      const char = this.#text[this.#at];
      if (char === ',') this.#at++;
      else if (char === ']') {
        this.#at++;
        return out;
      } else throw this.#unexpected('after array element');
    }
  }

  #object(): JsonObject {
    this.#enter();
    this.#at++;
    const out: JsonObject = {};
    this.#space();
    if (this.#text[this.#at] === '}') {
      this.#at++;
      return out;
    }
    for (;;) {
      this.#space();
      if (this.#text[this.#at] !== '"') throw this.#unexpected('looking for beginning of object key string');
      const key = this.#string();
      this.#space();
      if (this.#text[this.#at] !== ':') throw this.#unexpected('after object key');
      this.#at++;
      this.#path.push(key);
      if (Object.hasOwn(out, key)) this.#duplicate();
      setOwn(out, key, this.#value());
      this.#path.pop();
      this.#space();
      const char = this.#text[this.#at];
      if (char === ',') this.#at++;
      else if (char === '}') {
        this.#at++;
        return out;
      } else throw this.#unexpected('after object key:value pair');
    }
  }

  #duplicate(): void {
    const path = fieldPath(this.#path);
    if (this.#duplicates.length < 100 && !this.#duplicates.includes(path)) this.#duplicates.push(path);
  }
}

function syntaxError(message: string): JsonError {
  return new JsonError(message);
}

/** `spec.containers[0].name`: the notation of decoding errors. */
export function fieldPath(parts: readonly (string | number)[]): string {
  let out = '';
  for (const part of parts) {
    if (typeof part === 'number') out += `[${part}]`;
    else out += out === '' ? part : `.${part}`;
  }
  return out;
}
