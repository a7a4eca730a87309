import type { Kind } from './kind.ts';

/** The kinds being served: the built-in ones and those that CustomResourceDefinitions add. */
export class Catalog {
  readonly #builtin: readonly Kind[];
  readonly #byPath = new Map<string, Kind>();
  /** By definition name. */
  readonly #custom = new Map<string, readonly Kind[]>();
  #generation = 0;

  constructor(builtin: readonly Kind[]) {
    this.#builtin = builtin;
    for (const kind of builtin) this.#byPath.set(pathKey(kind), kind);
  }

  /** Grows whenever the set of kinds changes. */
  get generation(): number {
    return this.#generation;
  }

  find(group: string, version: string, resource: string): Kind | undefined {
    return this.#byPath.get(`${group}/${version}/${resource}`);
  }

  findByKind(group: string, version: string, kind: string): Kind | undefined {
    return this.all().find((each) => each.kind === kind && each.group === group && each.version === version);
  }

  /** Any version of a resource. */
  findResource(group: string, resource: string): Kind | undefined {
    return this.all().find((each) => each.resource === resource && each.group === group);
  }

  all(): readonly Kind[] {
    return [...this.#byPath.values()];
  }

  hasGroupVersion(group: string, version: string): boolean {
    return this.all().some((kind) => kind.group === group && kind.version === version);
  }

  /** Replaces what one definition serves. No kinds: removes it. */
  setCustom(definition: string, kinds: readonly Kind[]): void {
    for (const old of this.#custom.get(definition) ?? []) this.#byPath.delete(pathKey(old));
    if (kinds.length === 0) this.#custom.delete(definition);
    else this.#custom.set(definition, kinds);
    for (const kind of kinds) this.#byPath.set(pathKey(kind), kind);
    this.#generation++;
  }

  builtin(): readonly Kind[] {
    return this.#builtin;
  }

  custom(): readonly Kind[] {
    return [...this.#custom.values()].flat();
  }
}

function pathKey(kind: Kind): string {
  return `${kind.group}/${kind.version}/${kind.resource}`;
}
