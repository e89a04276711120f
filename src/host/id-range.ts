// Maps of user namespaces as the kernel reads and shows them (user_namespaces(7)). Pure.

export interface IdRange {
  readonly inside: number;
  readonly outside: number;
  readonly count: number;
}

/** For /proc/PID/uid_map. */
export function idMapText(map: readonly IdRange[]): string {
  return map.map(({ inside, outside, count }) => `${inside} ${outside} ${count}\n`).join('');
}

/** From /proc/PID/uid_map. */
export function parseIdMap(text: string): IdRange[] {
  return text
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .filter((numbers) => numbers.length === 3)
    .map(([inside = 0, outside = 0, count = 0]) => ({ inside, outside, count }));
}
