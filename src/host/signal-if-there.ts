// kill(2) for a process that may have ended.

/** Nothing for a process that is not there any more. @param pid as of kill(2): -n is a group */
export function signalIfThere(pid: number, signal: NodeJS.Signals | number): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
