// How many bodies go to one registry at once: fewer when it shows that it has too much.
// Invariant: work begins in the order in which it came, and at least one piece is always going on.

export interface Lane {
  /** The registry said that it has too much at once. */
  ease(): void;
  /** The connection broke. Two of these in ten seconds are a sign of too much. */
  broke(): void;
}

export interface Lanes {
  run<T>(work: (lane: Lane) => Promise<T>): Promise<T>;
}

const RESETS_SECONDS = 10;

/** @param now seconds since the epoch */
export function createLanes(limit: number, now: () => number): Lanes {
  const waiting: (() => void)[] = [];
  let allowed = limit;
  let running = 0;
  let brokeAt = -Infinity;

  const startNext = (): void => {
    while (running < allowed) {
      const start = waiting.shift();
      if (start === undefined) return;
      running += 1;
      start();
    }
  };
  const laneUnder = (limitAtStart: number): Lane => {
    const ease = (): void => {
      // Bodies that began together fail together, which says the same thing once.
      if (limitAtStart === allowed) allowed = Math.max(1, Math.floor(allowed / 2));
    };
    return {
      ease,
      broke() {
        const before = brokeAt;
        brokeAt = now();
        if (brokeAt - before <= RESETS_SECONDS) ease();
      },
    };
  };
  return {
    async run(work) {
      const turn = new Promise<void>((resolve) => waiting.push(resolve));
      startNext();
      await turn;
      try {
        return await work(laneUnder(allowed));
      } finally {
        running -= 1;
        startNext();
      }
    },
  };
}
