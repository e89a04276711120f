// Whether a process ended for want of memory. Without a control group of its own, what the kernel counts may have been
// a neighbour's.
import type { ControlGroup } from '../sandbox/cgroup/control-groups.js';
import type { ProcessExit } from './sandbox.js';

export interface MemoryWatch {
  /** Before the process is started. `group`: that of the process alone. */
  begin(group: Pick<ControlGroup, 'isOutOfMemory'> | undefined): WatchedMemory;
}

export interface WatchedMemory {
  verdict(exit: Pick<ProcessExit, 'exitCode'>): Verdict;
  /** The process has ended, or was not started. */
  end(): void;
}

export type Verdict = Pick<ProcessExit, 'isOutOfMemory' | 'hint'>;

interface Watched {
  /** No other process was there meanwhile. */
  wasAlone: boolean;
}

const KILLED = 137;

/** @param countKills what the kernel has killed for want of memory in the control group of this worker, and below */
export function createMemoryWatch(countKills: () => number): MemoryWatch {
  const present = new Set<Watched>();
  return {
    begin(group) {
      const before = group ? 0 : countKills();
      const own: Watched = { wasAlone: present.size === 0 };
      for (const other of present) other.wasAlone = false;
      present.add(own);
      return {
        verdict(exit) {
          if (exit.exitCode === 0) return { isOutOfMemory: false };
          if (group) return { isOutOfMemory: group.isOutOfMemory() };
          return sharedVerdict(exit, { wereKills: countKills() > before, wasAlone: own.wasAlone });
        },
        end: () => void present.delete(own),
      };
    },
  };
}

/**
 * It counts only for a process that was killed, or whose shell says so, and that had nobody beside it. Else it is no
 * more than a hint.
 */
function sharedVerdict(
  { exitCode }: Pick<ProcessExit, 'exitCode'>,
  { wereKills, wasAlone }: { readonly wereKills: boolean; readonly wasAlone: boolean },
): Verdict {
  if (!wereKills || exitCode !== KILLED) return { isOutOfMemory: false };
  if (wasAlone) return { isOutOfMemory: true };
  return {
    isOutOfMemory: false,
    hint: 'the kernel killed something for want of memory meanwhile, which may have been this',
  };
}
