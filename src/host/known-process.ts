// A process, known for certain: the number of one that has ended is used again, with another time of start.
import { readFileSync } from 'node:fs';
import { signalIfThere } from './signal-if-there.js';

export interface KnownProcess {
  readonly pid: number;
  /** Field 22 of /proc/PID/stat. */
  readonly startTime: string;
}

/** Undefined when there is none, or when it has ended and only waits to be reaped. */
export function knownProcess(pid: number): KnownProcess | undefined {
  const startTime = startTimeIn(statOf(pid));
  return startTime === undefined ? undefined : { pid, startTime };
}

export function isThere(process: KnownProcess): boolean {
  return knownProcess(process.pid)?.startTime === process.startTime;
}

/** Nothing for one that has ended. */
export function killKnown(process: KnownProcess): void {
  if (isThere(process)) signalIfThere(process.pid, 'SIGKILL');
}

/** Of the text of /proc/PID/stat (proc(5)); undefined for a process that has ended. Pure. */
export function startTimeIn(stat: string): string | undefined {
  // The name of the program stands in brackets, and may have brackets and blanks.
  const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return state === undefined || 'ZX'.includes(state) ? undefined : fields[18];
}

function statOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // It ended before the file was opened, or while it was read.
    if (code === 'ENOENT' || code === 'ESRCH') return '';
    throw error;
  }
}
