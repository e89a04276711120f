// The ends of children that Node did not start, and so does not reap.
import type { ExitStatus, ProcessCalls } from '../../host/syscalls/process-calls.js';

export interface ChildExits {
  /** Reaps the child when it has ended. Once a child. */
  of(pid: number): Promise<ExitStatus>;
}

/** Looks at every child whenever one has ended: signals of the same number are not counted. */
export function watchChildExits(calls: Pick<ProcessCalls, 'reap'>): ChildExits {
  const waiting = new Map<number, (status: ExitStatus) => void>();

  function look(): void {
    for (const [pid, resolve] of waiting) {
      const status = calls.reap(pid);
      if (!status) continue;
      waiting.delete(pid);
      resolve(status);
    }
  }

  process.on('SIGCHLD', look);
  return {
    of: (pid) =>
      new Promise((resolve) => {
        waiting.set(pid, resolve);
        look();
      }),
  };
}
