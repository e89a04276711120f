// Processes known for certain: a number alone may be another process's by now. Their start is field 22 of
// /proc/PID/stat (proc_pid_stat(5)), in ticks since the start of the machine.
import { readFileSync } from 'node:fs';
import { signalIfThere } from './signal-if-there.js';

export interface KnownProcess {
  readonly pid: number;
  /** As the kernel writes it. */
  readonly startTime: string;
}

/** Undefined when there is no such process, or it has ended and only waits to be reaped. */
export function knownProcess(pid: number): KnownProcess | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    // ENOENT, or ESRCH while it ends.
    return undefined;
  }
  // The name, which may hold anything, ends with the last bracket.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state = ''] = fields;
  return state === 'Z' || state === 'X' ? undefined : { pid, startTime: fields[19] ?? '' };
}

export function isAlive({ pid, startTime }: KnownProcess): boolean {
  return knownProcess(pid)?.startTime === startTime;
}

/** Nothing for one that has ended. */
export function killKnown(process: KnownProcess): void {
  if (isAlive(process)) signalIfThere(process.pid, 'SIGKILL');
}
