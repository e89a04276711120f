// Which program a process executes, so that what execve(2) came to is seen afterwards: the supervisor is asked before.
import { STAT_LAYOUT } from '../../host/stat-layout.js';
import type { NotifyCalls } from '../../host/syscalls/notify-calls.js';
import { O_PATH } from '../../host/syscalls/open-flags.js';

type Calls = Pick<NotifyCalls, 'open' | 'close' | 'stat' | 'readProcess'>;

const status = Buffer.alloc(STAT_LAYOUT.bytes);
/** Device and inode stand first on every machine. */
const IDENTITY_BYTES = 16;
/** Field 28 of proc_pid_stat(5), counted from behind the name of the program. */
const START_OF_STACK = 25;

/** Device and inode of an open object. */
export function identityOf(calls: Pick<NotifyCalls, 'stat'>, fd: number): string {
  return calls.stat(fd, status) < 0 ? '' : status.toString('hex', 0, IDENTITY_BYTES);
}

/** Identity of the program of a process; empty when it has none. */
export function programOf(calls: Calls, pid: number): string {
  const fd = calls.open(-1, `/proc/${pid}/exe`, O_PATH, 0);
  if (fd < 0) return '';
  const identity = identityOf(calls, fd);
  calls.close(fd);
  return identity;
}

/**
 * The address at which its stack begins. The kernel draws it anew for each program, and a process can neither choose
 * nor change it.
 */
export function stackOf(calls: Calls, pid: number): string {
  const text = calls.readProcess(pid, 'stat');
  return text.slice(text.lastIndexOf(')') + 2).split(' ')[START_OF_STACK] ?? '';
}
