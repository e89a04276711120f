// Work that may be asked for twice is done once.

export interface Once<K, T> {
  /** Gives the promise of the first call with that key. A failure is remembered too. */
  (key: K, work: () => Promise<T>): Promise<T>;
  /** Resolves when all that was begun has ended, well or not. */
  settle(): Promise<void>;
}

/** For one kind of work. */
export function createOnce<K, T>(): Once<K, T> {
  const begun = new Map<K, Promise<T>>();
  const once = (key: K, work: () => Promise<T>): Promise<T> => {
    const known = begun.get(key);
    if (known) return known;
    const promise = work();
    begun.set(key, promise);
    return promise;
  };
  const settle = async (): Promise<void> => void (await Promise.allSettled(begun.values()));
  return Object.assign(once, { settle });
}
