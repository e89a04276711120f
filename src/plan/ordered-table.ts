// Names with values in an order, that grows instruction by instruction: variables, labels, volumes, ports. It never
// changes; setting gives another table. Its maps double in size from the newest to the oldest, so that n settings cost
// n log n and a look-up log n.

/**
 * Where a name stands that is set again: where it was, as in an image's config, or at the end, as BuildKit's
 * llb.EnvList has it.
 */
export type Order = 'stays' | 'moves';

export class OrderedTable<V> {
  /** The oldest, which is the largest, first. */
  readonly #maps: readonly ReadonlyMap<string, V>[];
  readonly #order: Order;

  private constructor(order: Order, maps: readonly ReadonlyMap<string, V>[]) {
    this.#order = order;
    this.#maps = maps;
  }

  static of<V>(order: Order, entries: Iterable<readonly [string, V]> = []): OrderedTable<V> {
    return new OrderedTable<V>(order, []).with(entries);
  }

  /** The later of two entries of one name counts. */
  with(entries: Iterable<readonly [string, V]>): OrderedTable<V> {
    let newest = new Map<string, V>();
    for (const [name, value] of entries)
      if (newest.has(name) || !this.#isKept(name, value)) this.#set(newest, name, value);
    if (newest.size === 0) return this;
    const maps = [...this.#maps];
    while (maps.length > 0 && maps.at(-1)!.size < 2 * newest.size)
      newest = this.#merged([maps.pop()!, newest]);
    return new OrderedTable(this.#order, [...maps, newest]);
  }

  get(name: string): V | undefined {
    return this.#mapOf(name)?.get(name);
  }

  #mapOf(name: string): ReadonlyMap<string, V> | undefined {
    return this.#maps.findLast((map) => map.has(name));
  }

  /** Whether setting it changes nothing. */
  #isKept(name: string, value: V): boolean {
    if (this.#order === 'moves') return false;
    const map = this.#mapOf(name);
    return map !== undefined && map.get(name) === value;
  }

  entries(): [string, V][] {
    return [...this.#merged(this.#maps)];
  }

  #merged(maps: readonly ReadonlyMap<string, V>[]): Map<string, V> {
    const merged = new Map(maps[0]);
    for (const map of maps.slice(1)) for (const [name, value] of map) this.#set(merged, name, value);
    return merged;
  }

  #set(map: Map<string, V>, name: string, value: V): void {
    if (this.#order === 'moves') map.delete(name);
    map.set(name, value);
  }
}
