// Long work is a generator that yields where it may pause, so that its caller can look at signals in between.

/** The result of such work, without a pause. */
export function runThrough<T>(work: Generator<void, T>): T {
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
  }
}
