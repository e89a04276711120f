// What steps of a worker that was killed left running.
import { listProcesses, rootOf, signal } from './process-table.js';

/** Looks until nothing is found: one that forks and ends at once is met by chance. */
const LOOKS = 1000;

/** Kills processes whose root is inside `directory`, as far as they can be seen. */
export function killProcessesIn(directory: string): void {
  for (let look = 0; look < LOOKS; look++) {
    const found = [...listProcesses().keys()].filter((pid) => rootOf(pid)?.startsWith(`${directory}/`));
    if (found.length === 0) return;
    for (const pid of found) signal(pid, 'SIGKILL');
  }
}
