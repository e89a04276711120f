// The largest of many without keeping all of them.

export interface Largest<T> {
  add(item: T): void;
  /** Largest first. */
  items(): readonly T[];
}

/** @param compare negative when the first comes first */
export function keepLargest<T>(limit: number, compare: (a: T, b: T) => number): Largest<T> {
  let kept: T[] = [];
  const cut = (): T[] => (kept = kept.sort(compare).slice(0, limit));
  return {
    add(item) {
      kept.push(item);
      if (kept.length > 2 * limit + CUT_AT_LEAST) cut();
    },
    items: cut,
  };
}

const CUT_AT_LEAST = 1000;
