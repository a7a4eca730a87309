/** A binary heap of keyed items: the least by `compare` comes first; an item is found and taken out by its key. */
export class Heap<T> {
  readonly #items: T[] = [];
  readonly #places = new Map<string, number>();
  readonly #keyOf: (item: T) => string;
  readonly #compare: (a: T, b: T) => number;

  constructor(options: { readonly keyOf: (item: T) => string; readonly compare: (a: T, b: T) => number }) {
    this.#keyOf = options.keyOf;
    this.#compare = options.compare;
  }

  get size(): number {
    return this.#items.length;
  }

  get(key: string): T | undefined {
    const place = this.#places.get(key);
    return place === undefined ? undefined : this.#items[place];
  }

  peek(): T | undefined {
    return this.#items[0];
  }

  /** Adds the item, or puts it in the place of the one with its key. */
  put(item: T): void {
    this.remove(this.#keyOf(item));
    this.#items.push(item);
    this.#places.set(this.#keyOf(item), this.#items.length - 1);
    this.#rise(this.#items.length - 1);
  }

  pop(): T | undefined {
    const first = this.#items[0];
    if (first !== undefined) this.remove(this.#keyOf(first));
    return first;
  }

  remove(key: string): T | undefined {
    const place = this.#places.get(key);
    if (place === undefined) return undefined;
    const removed = this.#items[place];
    const last = this.#items.pop();
    this.#places.delete(key);
    if (last !== undefined && place < this.#items.length) {
      this.#items[place] = last;
      this.#places.set(this.#keyOf(last), place);
      this.#rise(place);
      this.#sink(place);
    }
    return removed;
  }

  /** In no order. */
  values(): readonly T[] {
    return this.#items;
  }

  #rise(from: number): void {
    let place = from;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (!this.#swapIfLess(place, parent)) return;
      place = parent;
    }
  }

  #sink(from: number): void {
    let place = from;
    for (;;) {
      const [left, right] = [2 * place + 1, 2 * place + 2];
      let least = left;
      const [leftItem, rightItem] = [this.#items[left], this.#items[right]];
      if (leftItem === undefined) return;
      if (rightItem !== undefined && this.#compare(rightItem, leftItem) < 0) least = right;
      if (!this.#swapIfLess(least, place)) return;
      place = least;
    }
  }

  #swapIfLess(a: number, b: number): boolean {
    const [itemA, itemB] = [this.#items[a], this.#items[b]];
    if (itemA === undefined || itemB === undefined || this.#compare(itemA, itemB) >= 0) return false;
    this.#items[a] = itemB;
    this.#items[b] = itemA;
    this.#places.set(this.#keyOf(itemB), a);
    this.#places.set(this.#keyOf(itemA), b);
    return true;
  }
}
