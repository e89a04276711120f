// Work that may be asked for twice is done once.

/** Gives the promise of the first call with that key. A failure is remembered too. */
export type Once<K, T> = (key: K, work: () => Promise<T>) => Promise<T>;

/** For one kind of work. */
export function createOnce<K, T>(): Once<K, T> {
  const begun = new Map<K, Promise<T>>();
  return (key, work) => {
    const known = begun.get(key);
    if (known) return known;
    const promise = work();
    begun.set(key, promise);
    return promise;
  };
}
