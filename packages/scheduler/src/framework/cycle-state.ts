/** A typed key of CycleState: make one per plugin and piece of data, at module level. */
export interface StateKey<T> {
  readonly description: string;
  /** Never set: carries `T`. */
  readonly value?: T;
}

export function stateKey<T>(description: string): StateKey<T> {
  return Object.freeze({ description });
}

/** What plugins hand on to their later extension points within one attempt to place one Pod. */
export class CycleState {
  readonly #values = new Map<StateKey<unknown>, unknown>();
  /** Plugins whose PreFilter skipped: their Filter does not run. */
  readonly skipFilter = new Set<string>();
  /** Plugins whose PreScore skipped: their Score does not run, and no view names them. */
  readonly skipScore = new Set<string>();

  read<T>(key: StateKey<T>): T | undefined {
    return this.#values.get(key) as T | undefined;
  }

  write<T>(key: StateKey<T>, value: T): void {
    this.#values.set(key, value);
  }
}
