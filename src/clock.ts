// The one place of the library that reads the clock; everything else is given a function.

/** Seconds since the epoch, with fraction. */
export function now(): number {
  return Date.now() / 1000;
}
