// The calls that show what an object is, for steps that are to see devices where there are empty files. Programs of 32 bits ask by others,
// whose structures they alone have. Pure.
import { result, RET_USER_NOTIF } from './assemble-filter.js';
import type { Trap } from './trap-filter.js';

const NAMES = ['stat', 'lstat', 'fstat', 'newfstatat', 'statx'] as const;

export function statusTraps(numbers: ReadonlyMap<string, number>): Trap[] {
  const isNative = numbers.has('newfstatat');
  return isNative
    ? NAMES.map((name) => ({ number: numbers.get(name), tests: [result(RET_USER_NOTIF)] }))
    : [];
}
