// Which processes are of a container: those in the pid namespace of its first process, and those below it.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

export interface TableProcess {
  readonly pid: number;
  readonly parent: number;
  /** Of its pid namespace; absent for a process of another user. */
  readonly space?: string;
}

/** All of this machine, by their numbers. */
export function processTable(): readonly TableProcess[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .sort((a, b) => a - b)
    .flatMap((pid) => processOf(pid) ?? []);
}

function processOf(pid: number): TableProcess | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
    const space = spaceOf(pid);
    return { pid, parent, ...(space !== undefined && { space }) };
  } catch {
    // It has ended since it was listed.
    return undefined;
  }
}

/** Undefined for a process that is gone, or of another user. */
function spaceOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`);
  } catch {
    return undefined;
  }
}

/**
 * Pure. In the pid namespace of this machine only the ancestors tell whose a process is.
 * @param main of the container
 */
export function processesOf(
  table: readonly TableProcess[],
  main: number,
  ownSpace = spaceOf(process.pid),
): readonly number[] {
  const space = table.find(({ pid }) => pid === main)?.space;
  if (space === undefined) return [];
  const inside = new Set([main]);
  const isShared = space !== ownSpace;
  // Children may have smaller numbers than their parents: until nothing is added.
  for (let size = 0; size !== inside.size;) {
    size = inside.size;
    for (const one of table)
      if ((isShared && one.space === space) || inside.has(one.parent)) inside.add(one.pid);
  }
  return [...inside].sort((a, b) => a - b);
}
