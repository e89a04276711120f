// What /proc tells of the processes of this machine, as far as ending those of a command needs it.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { signalIfThere } from '../../host/signal-if-there.js';
import { isSystemCallError } from '../../host/syscalls/binding.js';

export interface ProcessFacts {
  readonly pid: number;
  /** One letter; Z for one that has ended. */
  readonly state: string;
  readonly parent: number;
  readonly session: number;
}

export function listProcesses(): ReadonlyMap<number, ProcessFacts> {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const facts = pids.map((pid) => factsOf(Number(pid))).filter((found) => found !== undefined);
  return new Map(facts.map((found) => [found.pid, found]));
}

/**
 * Children of this process, with the dead that were not reaped. Where the kernel has such a list, it is much faster
 * than one of all processes.
 */
export function listChildren(): readonly number[] {
  // Who loses its parent comes to the first thread, whose number is that of the process.
  const path = `/proc/self/task/${process.pid}/children`;
  try {
    return readFileSync(path, 'latin1').split(' ').filter(Boolean).map(Number);
  } catch (error) {
    if (!isSystemCallError(error, 'ENOENT')) throw error;
    return [...listProcesses().values()].flatMap(({ pid, parent }) => (parent === process.pid ? [pid] : []));
  }
}

/** The processes themselves and all below them. */
export function withDescendants(
  all: ReadonlyMap<number, Pick<ProcessFacts, 'pid' | 'parent'>>,
  roots: readonly number[],
): readonly number[] {
  const below = new Map<number, number[]>();
  for (const { pid, parent } of all.values()) {
    const siblings = below.get(parent);
    if (siblings) siblings.push(pid);
    else below.set(parent, [pid]);
  }
  const found = new Set(roots);
  // What is added meanwhile is visited too.
  for (const pid of found) for (const child of below.get(pid) ?? []) found.add(child);
  return [...found];
}

/** Undefined for one that ended, or that may not be looked at. */
function rootOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/root`);
  } catch (error) {
    if (isSystemCallError(error, 'ENOENT', 'ESRCH', 'EACCES', 'EPERM')) return undefined;
    throw error;
  }
}

/** Undefined when it has ended. proc_pid_stat(5): pid (name) state parent group session. The name may hold anything. */
export function factsOf(pid: number): ProcessFacts | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { pid, state: fields[0] ?? '', parent: Number(fields[1]), session: Number(fields[3]) };
  } catch (error) {
    // It ended while the list was read.
    if (isSystemCallError(error, 'ENOENT', 'ESRCH')) return undefined;
    throw error;
  }
}

/** Looks until nothing is found: one that forks and ends at once is met by chance. */
const LOOKS = 1000;

/**
 * What a worker that was killed left running. Kills processes whose root is inside `directory`, as far as they can be
 * seen.
 */
export function killProcessesIn(directory: string): void {
  for (let look = 0; look < LOOKS; look++) {
    const found = [...listProcesses().keys()].filter((pid) => rootOf(pid)?.startsWith(`${directory}/`));
    if (found.length === 0) return;
    for (const pid of found) signalIfThere(pid, 'SIGKILL');
  }
}
