// Which processes are of a container: those in the pid namespace of its first process, and those below it.
import { readlinkSync } from 'node:fs';
import { listProcesses, withDescendants } from '../sandbox/chroot/process-table.js';

export interface TableProcess {
  readonly pid: number;
  readonly parent: number;
  /** Of its pid namespace; absent for a process of another user. */
  readonly space?: string;
}

/** All of this machine. */
export function processTable(): readonly TableProcess[] {
  return [...listProcesses().values()].map(({ pid, parent }) => {
    const space = spaceOf(pid);
    return { pid, parent, ...(space !== undefined && { space }) };
  });
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
 * Pure. By their numbers. In the pid namespace of this machine only the ancestors tell whose a process is.
 * @param main of the container
 */
export function processesOf(
  table: readonly TableProcess[],
  main: number,
  ownSpace = spaceOf(process.pid),
): readonly number[] {
  const space = table.find(({ pid }) => pid === main)?.space;
  if (space === undefined) return [];
  const inside = space === ownSpace ? [] : table.filter((one) => one.space === space).map(({ pid }) => pid);
  const all = new Map(table.map((one) => [one.pid, one]));
  return [...withDescendants(all, [main, ...inside])].sort((a, b) => a - b);
}
