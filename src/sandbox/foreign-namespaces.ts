// Which namespaces a process has that are not those of this process.
import { readlinkSync } from 'node:fs';
import {
  CLONE_NEWCGROUP,
  CLONE_NEWIPC,
  CLONE_NEWNET,
  CLONE_NEWNS,
  CLONE_NEWPID,
  CLONE_NEWUTS,
} from '../host/syscalls/process-calls.js';

const KINDS = {
  mnt: CLONE_NEWNS,
  pid: CLONE_NEWPID,
  net: CLONE_NEWNET,
  ipc: CLONE_NEWIPC,
  uts: CLONE_NEWUTS,
  cgroup: CLONE_NEWCGROUP,
} as const;

/**
 * Bits of CLONE_NEW*, without the user namespace. Those of the host are not among them: the kernel lets nobody but root
 * enter them again.
 */
export function foreignNamespaces(pid: number): number {
  const isForeign = (name: string): boolean =>
    readlinkSync(`/proc/${pid}/ns/${name}`) !== readlinkSync(`/proc/self/ns/${name}`);
  return Object.entries(KINDS)
    .filter(([name]) => isForeign(name))
    .reduce((bits, [, bit]) => bits | bit, 0);
}
