// This process waits without Node, and then executes another program.
import { readdirSync } from 'node:fs';
import { fromUtf8 } from '../../core/bytes.js';
import { isSystemCallError } from '../../host/syscalls/binding.js';
import type { OwnSystemCalls } from '../../host/syscalls/system-calls.js';
import { executableFile } from '../executable-file.js';
import { laterProgram } from './later-code.js';

export interface LaterProgram {
  /** What lists of processes show of the time until then. */
  readonly title: string;
  readonly argv: readonly string[];
  /** `NAME=value` */
  readonly env: readonly string[];
  readonly ms: number;
  /** Descriptors that stay open, under other numbers. Node makes all of its own close, also those that it was given. */
  readonly kept: readonly number[];
  /** As for `executableFile`. */
  readonly directory: string;
}

/**
 * Keeps the number of the process.
 * @returns only where nothing that is made here can be executed
 */
export function executeLater(calls: OwnSystemCalls, program: LaterProgram): void {
  const { arch } = process;
  if (arch !== 'x64' && arch !== 'arm64') return;
  try {
    const fd = executableFile(calls, laterProgram(arch, program.ms), {
      name: 'later',
      directory: program.directory,
    });
    const free = Math.max(...readdirSync('/proc/self/fd').map(Number)) + 1;
    program.kept.forEach((kept, i) => calls.dup(kept, free + i));
    calls.execve(fromUtf8(`/proc/self/fd/${fd}`), [program.title, ...program.argv], program.env);
  } catch (error) {
    if (!isSystemCallError(error, 'EACCES', 'EPERM', 'ENOSYS', 'ENOENT')) throw error;
  }
}
