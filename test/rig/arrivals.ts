// What happens in the code under test, in order, and a test that waits for one of it. Whoever waits in vain is told
// what came instead.
import { setTimeout as sleep } from 'node:timers/promises';

/** Long enough for a machine that is busy with other tests. */
const PATIENCE_MS = 15_000;

export interface Arrivals<T> {
  /** In the order in which they came. */
  readonly all: readonly T[];
  add(item: T): void;
  /** The first that nobody has taken yet. @throws Error when none comes, or none can come any more */
  next(name: string): Promise<T>;
  /** Nothing comes any more, and why. Undefined: something may come again. */
  close(reason: string | undefined): void;
}

interface Waiter<T> {
  readonly name: string;
  readonly resolve: (item: T) => void;
  readonly reject: (error: Error) => void;
}

/** @param what a word for the items: `process` */
export function createArrivals<T>(what: string, nameOf: (item: T) => string): Arrivals<T> {
  const all: T[] = [];
  const free: T[] = [];
  let waiters: Waiter<T>[] = [];
  let closed: string | undefined;

  function vain(name: string, why: string): Error {
    const names = all.map((item) => `\n  ${nameOf(item)}`).join('');
    return new Error(`no ${what} ${JSON.stringify(name)} ${why}; there were:${names || ' none'}`);
  }

  return {
    all,
    add(item) {
      all.push(item);
      const waiter = waiters.find(({ name }) => name === nameOf(item));
      waiters = waiters.filter((other) => other !== waiter);
      if (waiter) waiter.resolve(item);
      else free.push(item);
    },
    next(name) {
      const index = free.findIndex((item) => nameOf(item) === name);
      if (index >= 0) return Promise.resolve(free.splice(index, 1)[0]!);
      if (closed !== undefined) return Promise.reject(vain(name, closed));
      const stop = new AbortController();
      const came = new Promise<T>((resolve, reject) => waiters.push({ name, resolve, reject }));
      const tooLate = sleep(PATIENCE_MS, undefined, { signal: stop.signal }).then(() => {
        throw vain(name, `came within ${PATIENCE_MS / 1000} seconds`);
      });
      return Promise.race([came, tooLate]).finally(() => stop.abort());
    },
    close(reason) {
      closed = reason;
      if (reason === undefined) return;
      for (const { name, reject } of waiters) reject(vain(name, reason));
      waiters = [];
    },
  };
}
