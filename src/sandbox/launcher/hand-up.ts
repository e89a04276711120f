// Brings descriptors of a launcher's child to this process. Nobody may look into a process that has changed its ids
// (PR_SET_DUMPABLE of prctl(2)), so an ordinary user could not take them from the child: it hands them to its parent,
// which has the ids of this process.
import { closeSync } from 'node:fs';
import type { OwnSystemCalls } from '../../host/syscalls/system-calls.js';
import type { ParentLauncher } from './parent-launcher.js';
import { FIRST_OWN, type Launcher } from './start-launcher.js';

export interface HandUp {
  /** Of this process; the first one that the child is started with. */
  readonly childEnd: number;
  /** @returns the number here of the child's descriptor */
  take(child: Launcher, descriptor: number): number;
  /** The child was started. Once. */
  close(): void;
}

export function openHandUp(calls: OwnSystemCalls, parent: ParentLauncher): HandUp {
  const [childEnd, parentEnd] = calls.socketPair();
  const its = parent.give(parentEnd);
  closeSync(parentEnd);
  const { launcher } = parent;
  return {
    childEnd,
    take(child, descriptor) {
      child.calls.sendDescriptor(FIRST_OWN, descriptor);
      const received = launcher.calls.receiveDescriptor(its);
      try {
        return calls.terminals().takeDescriptor(launcher.pid, received);
      } finally {
        launcher.calls.close(received);
      }
    },
    close() {
      closeSync(childEnd);
    },
  };
}
