import type { KubernetesObject, Stored } from '@hardpoint/kubernetes';
import type { Change, Lister } from './informer.ts';
import type { Logger } from './log.ts';
import { keyOf } from './object-key.ts';

export type Indexers<T extends KubernetesObject> = Readonly<Record<string, (object: Stored<T>) => readonly string[]>>;

/** The objects of one kind by key, with indexes, and the listeners that hear of each change. */
export interface ObjectCache<T extends KubernetesObject> extends Lister<T> {
  /** Keeps `object`; tells the listeners `added` or `updated` (`deleted` and `added` where its uid is another). */
  put(object: Stored<T>): void;
  /** Forgets the object at its key, telling the listeners `deleted` with `last`, the last known form. */
  remove(last: Stored<T>): void;
  subscribe(listener: (change: Change<T>) => void): Disposable;
}

export function createObjectCache<T extends KubernetesObject>(options: {
  readonly log: Logger;
  readonly indexers?: Indexers<T> | undefined;
}): ObjectCache<T> {
  const { log } = options;
  const objects = new Map<string, Stored<T>>();
  /** In order; what is not yet sorted in is found by `listed` being undefined. */
  const keys: string[] = [];
  const indexers = Object.entries(options.indexers ?? {});
  const indexes = new Map<string, Map<string, Set<string>>>(indexers.map(([name]) => [name, new Map()]));
  const listeners = new Set<{ readonly hear: (change: Change<T>) => void }>();
  let listed: readonly Stored<T>[] | undefined;

  const tell = (change: Change<T>): void => {
    // A listener that a listener adds has already been given what is there.
    for (const listener of [...listeners]) {
      if (listeners.has(listener)) hear(listener.hear, change);
    }
  };
  const hear = (listener: (change: Change<T>) => void, change: Change<T>): void => {
    try {
      listener(change);
    } catch (error) {
      log.error('a listener of the informer threw', { change: change.type, key: keyOf(change.object), error });
    }
  };
  const index = (key: string, object: Stored<T>, enter: boolean): void => {
    for (const [name, valuesOf] of indexers) {
      const values = indexes.get(name) as Map<string, Set<string>>;
      for (const value of valuesOf(object)) {
        const held = values.get(value);
        if (enter) {
          if (held === undefined) values.set(value, new Set([key]));
          else held.add(key);
        } else if (held?.delete(key) && held.size === 0) values.delete(value);
      }
    }
  };
  const set = (key: string, object: Stored<T>): void => {
    const previous = objects.get(key);
    if (previous === undefined) keys.splice(placeOf(keys, key), 0, key);
    else index(key, previous, false);
    objects.set(key, object);
    index(key, object, true);
    listed = undefined;
  };
  const drop = (key: string, object: Stored<T>): void => {
    index(key, object, false);
    objects.delete(key);
    keys.splice(placeOf(keys, key), 1);
    listed = undefined;
  };

  return {
    get: (key) => objects.get(key),
    list() {
      listed ??= keys.map((key) => objects.get(key) as Stored<T>);
      return listed;
    },
    byIndex(name, value) {
      const values = indexes.get(name);
      if (values === undefined) throw new RangeError(`the informer has no index ${name}`);
      return [...(values.get(value) ?? [])].sort(byCodeUnits).map((key) => objects.get(key) as Stored<T>);
    },
    put(object) {
      const key = keyOf(object);
      const previous = objects.get(key);
      if (previous !== undefined && previous.metadata.uid !== object.metadata.uid) {
        drop(key, previous);
        tell({ type: 'deleted', object: previous });
        set(key, object);
        tell({ type: 'added', object });
        return;
      }
      set(key, object);
      tell(previous === undefined ? { type: 'added', object } : { type: 'updated', object, previous });
    },
    remove(last) {
      const key = keyOf(last);
      const previous = objects.get(key);
      if (previous === undefined) return;
      drop(key, previous);
      tell({ type: 'deleted', object: last });
    },
    subscribe(listener) {
      const entry = { hear: listener };
      // Copied before the listener is entered: a change it causes comes after what is there.
      const present = keys.map((key) => objects.get(key) as Stored<T>);
      listeners.add(entry);
      for (const object of present) hear(listener, { type: 'added', object });
      return { [Symbol.dispose]: () => void listeners.delete(entry) };
    },
  };
}

/** Where `key` is, or belongs, in the sorted `keys`. */
function placeOf(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((keys[middle] as string) < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
