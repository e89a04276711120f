// The table of foreign programs of the worker's user namespace (binfmt_misc, since Linux 6.7). The namespaces of
// commands are below it and see it; the host does not. It is mounted nowhere: only the worker has a descriptor of it,
// and with the worker it ends. Once it exists, the host's table is out of reach of the worker's commands.
import { fromUtf8 } from '../../core/bytes.js';
import { TsbuildError } from '../../core/errors.js';
import { isSystemCallError } from '../../host/syscalls/binding.js';
import { AT_FDCWD } from '../../host/syscalls/file-calls.js';
import { MOUNT_NODEV, MOUNT_NOEXEC, MOUNT_NOSUID, MOUNT_RDONLY } from '../../host/syscalls/mount-calls.js';
import { O_PATH, O_WRONLY } from '../../host/syscalls/open-flags.js';
import type { SystemCalls } from '../../host/syscalls/system-calls.js';
import { architectureOf } from './architectures.js';
import { registerLine, type Emulator } from './register-line.js';

export interface OwnTable {
  /**
   * From now on commands can execute programs of its architecture. Once for each.
   * @throws TsbuildError SANDBOX_NO_EMULATOR
   */
  register(emulator: Emulator): void;
}

export function createOwnTable(calls: SystemCalls): OwnTable {
  let table: number | undefined;
  return {
    register(emulator) {
      const { path, architecture } = emulator;
      const known = architectureOf(architecture);
      const line = known && registerLine(emulator, known);
      if (!line) throw refusal(`the kernel takes no emulator of that path: ${path}`);
      table ??= openTable(calls);
      try {
        protect(calls, path);
        const register = calls.openat(table, fromUtf8('register'), O_WRONLY);
        try {
          calls.write(register, line);
        } finally {
          calls.close(register);
        }
      } catch (error) {
        if (!isSystemCallError(error)) throw error;
        throw refusal(`the kernel refuses ${path} as an emulator: ${error.message}`, error);
      }
    },
  };
}

function openTable(calls: SystemCalls): number {
  try {
    return calls.createMount('binfmt_misc', [], MOUNT_NOSUID | MOUNT_NODEV | MOUNT_NOEXEC);
  } catch (error) {
    if (!isSystemCallError(error)) throw error;
    const message = `the kernel gives a build no emulators of its own, as Linux does since 6.7: ${error.message}`;
    throw refusal(message, error);
  }
}

/**
 * A command reaches the emulator's file by `/proc/<pid>/exe` of an emulated process. It must not be able to write
 * there, also where the file belongs to the user who builds (CVE-2019-5736 of runc): what the kernel opens is read-only
 * in the worker's namespace.
 */
function protect(calls: SystemCalls, path: string): void {
  const file = calls.openat(AT_FDCWD, fromUtf8(path), O_PATH);
  try {
    const copy = calls.cloneTree(file, { isRecursive: false });
    try {
      calls.restrict(copy, MOUNT_RDONLY | MOUNT_NOSUID | MOUNT_NODEV, { isRecursive: false });
      calls.attach(copy, file);
    } finally {
      calls.close(copy);
    }
  } finally {
    calls.close(file);
  }
}

function refusal(message: string, cause?: unknown): TsbuildError {
  return new TsbuildError('SANDBOX_NO_EMULATOR', message, { cause });
}
