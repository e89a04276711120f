// Container ids and the ids of the worker's namespace (rung `userns`), where 0 is the invoking user: container id n is
// worker id n + 1, but above the ids that anybody is given the two are equal, since the last id has none above it.
// Pure.
import type { IdRange } from '../host/id-range.js';
import { commonIds, MAX_ID, type IdSpan } from './id-spans.js';

const SHIFTED: readonly IdSpan[] = [{ first: 1, last: 2 ** 31 }];
const EQUAL: readonly IdSpan[] = [{ first: 2 ** 31 + 1, last: MAX_ID }];

export function workerIdOf(id: number): number {
  return id < 2 ** 31 ? id + 1 : id;
}

export function containerIdOf(workerId: number): number {
  return workerId <= 2 ** 31 ? workerId - 1 : workerId;
}

/** The ids of a container below a worker whose namespace has this map, a span for each of its lines or less. */
export function containerIds(map: readonly IdRange[]): IdSpan[] {
  const known = map.map(({ inside, count }) => ({ first: inside, last: inside + count - 1 }));
  return [...commonIds(known, SHIFTED), ...commonIds(known, EQUAL)].map(({ first, last }) => ({
    first: containerIdOf(first),
    last: containerIdOf(last),
  }));
}

/**
 * The map of a namespace below the worker's that has these ids: the kernel takes no line that lies in two of the
 * worker's.
 */
export function containerMap(ids: readonly IdSpan[]): IdRange[] {
  return ids.map(({ first, last }) => ({
    inside: first,
    outside: workerIdOf(first),
    count: last - first + 1,
  }));
}
