import type { Json, JsonObject } from '../schema/json.ts';
import { compareBytes, isObject, setOwn } from '../schema/json.ts';

/**
 * One step of a path, as FieldsV1 writes it: `f:name`, `k:{"name":"a"}` (an item of a map list by its keys), `v:"x"` (an
 * item of a set), `i:0`.
 */
export type PathElement = string;

/** A set of paths: what a manager owns, or what differs between two objects. Values of this class are not changed once made. */
export class FieldSet {
  /** Paths that end here. */
  readonly members: ReadonlySet<PathElement>;
  readonly children: ReadonlyMap<PathElement, FieldSet>;

  constructor(members: ReadonlySet<PathElement>, children: ReadonlyMap<PathElement, FieldSet>) {
    this.members = members;
    this.children = children;
  }

  static readonly empty = new FieldSet(new Set(), new Map());

  /** Reads FieldsV1. Throws an Error where it is none. */
  static fromJson(fields: JsonObject): FieldSet {
    const members = new Set<PathElement>();
    const children = new Map<PathElement, FieldSet>();
    for (const [element, value] of Object.entries(fields)) {
      if (element === '.') continue;
      if (!/^[fkvi]:/.test(element) || !isObject(value)) throw new Error(`not a path element: ${element}`);
      const child = FieldSet.fromJson(value);
      if (child.isEmpty || Object.hasOwn(value, '.')) members.add(element);
      if (!child.isEmpty) children.set(element, child);
    }
    return new FieldSet(members, children);
  }

  toJson(): JsonObject {
    const out: JsonObject = {};
    for (const element of [...new Set([...this.members, ...this.children.keys()])].sort(compareBytes)) {
      const child = this.children.get(element);
      const inner: JsonObject = child !== undefined && this.members.has(element) ? { '.': {} } : {};
      setOwn(out, element, child === undefined ? inner : { ...inner, ...child.toJson() });
    }
    return out;
  }

  get isEmpty(): boolean {
    return this.members.size === 0 && this.children.size === 0;
  }

  has(path: readonly PathElement[]): boolean {
    const [first, ...rest] = path;
    if (first === undefined) return false;
    return rest.length === 0 ? this.members.has(first) : this.children.get(first)?.has(rest) === true;
  }

  /** The part below one element; empty where there is none. */
  below(element: PathElement): FieldSet {
    return this.children.get(element) ?? FieldSet.empty;
  }

  union(other: FieldSet): FieldSet {
    if (other.isEmpty) return this;
    if (this.isEmpty) return other;
    const children = new Map(this.children);
    for (const [element, child] of other.children) {
      const mine = children.get(element);
      children.set(element, mine === undefined ? child : mine.union(child));
    }
    return new FieldSet(new Set([...this.members, ...other.members]), children);
  }

  intersection(other: FieldSet): FieldSet {
    const members = new Set([...this.members].filter((element) => other.members.has(element)));
    const children = new Map<PathElement, FieldSet>();
    for (const [element, child] of this.children) {
      const both = child.intersection(other.below(element));
      if (!both.isEmpty) children.set(element, both);
    }
    return new FieldSet(members, children);
  }

  /** Without the paths of `other`. What lies below such a path stays. */
  difference(other: FieldSet): FieldSet {
    if (other.isEmpty) return this;
    const members = new Set([...this.members].filter((element) => !other.members.has(element)));
    const children = new Map<PathElement, FieldSet>();
    for (const [element, child] of this.children) {
      const rest = child.difference(other.below(element));
      if (!rest.isEmpty) children.set(element, rest);
    }
    return new FieldSet(members, children);
  }

  /** Without the paths of `other` and everything below them. */
  without(other: FieldSet): FieldSet {
    if (other.isEmpty) return this;
    const members = new Set([...this.members].filter((element) => !other.members.has(element)));
    const children = new Map<PathElement, FieldSet>();
    for (const [element, child] of this.children) {
      if (other.members.has(element)) continue;
      const rest = child.without(other.below(element));
      if (!rest.isEmpty) children.set(element, rest);
    }
    return new FieldSet(members, children);
  }

  equals(other: FieldSet): boolean {
    return this.difference(other).isEmpty && other.difference(this).isEmpty;
  }

  /** Every path: those that end here first, each level sorted. */
  paths(): PathElement[][] {
    const out: PathElement[][] = [...this.members].sort(compareBytes).map((element) => [element]);
    for (const element of [...this.children.keys()].sort(compareBytes)) {
      for (const rest of this.below(element).paths()) out.push([element, ...rest]);
    }
    return out;
  }
}

/** Collects paths into a {@link FieldSet}. */
export class FieldSetBuilder {
  readonly #members = new Set<PathElement>();
  readonly #children = new Map<PathElement, FieldSetBuilder>();

  insert(path: readonly PathElement[]): void {
    const last = path.at(-1);
    if (last === undefined) return;
    let at: FieldSetBuilder = this;
    for (const element of path.slice(0, -1)) {
      let child = at.#children.get(element);
      if (child === undefined) {
        child = new FieldSetBuilder();
        at.#children.set(element, child);
      }
      at = child;
    }
    at.#members.add(last);
  }

  build(): FieldSet {
    return new FieldSet(
      this.#members,
      new Map([...this.#children].map(([element, child]) => [element, child.build()])),
    );
  }
}

/** A set of the given paths, each a list of field names. */
export function fieldSetOf(...paths: readonly (readonly string[])[]): FieldSet {
  const builder = new FieldSetBuilder();
  for (const path of paths) builder.insert(path.map((name) => `f:${name}`));
  return builder.build();
}

/** A path as conflicts name it: `.spec.containers[name="a"].image`. */
export function showPath(path: readonly PathElement[]): string {
  return path
    .map((element) => {
      const text = element.slice(2);
      switch (element[0]) {
        case 'f':
          return `.${text}`;
        case 'k': {
          const keys = Object.entries(JSON.parse(text) as Record<string, Json>);
          return `[${keys.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(',')}]`;
        }
        case 'v':
          return `[=${text}]`;
        default:
          return `[${text}]`;
      }
    })
    .join('');
}
