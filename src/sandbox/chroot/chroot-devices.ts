// A folder that stands for /dev where nothing can be mounted: real nodes of the harmless devices, made by mknod(2).
// Without a procfs /dev/stdout and /dev/stderr are FIFOs that the worker reads (fifo-relay.ts), and there is no
// /dev/fd; without a devpts no terminal.
import { chmodSync, chownSync, closeSync, mkdirSync, openSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fromUtf8 } from '../../core/bytes.js';
import { TsbuildError } from '../../core/errors.js';
import { HARMLESS_DEVICES } from '../../host/harmless-devices.js';
import { S_IFCHR, S_IFIFO } from '../../host/stat-layout.js';
import type { SystemCalls } from '../../host/syscalls/system-calls.js';
import { isSystemCallError } from '../../host/syscalls/binding.js';
import { AT_FDCWD } from '../../host/syscalls/file-calls.js';

/** Directories of /dev with their modes, all empty. */
const DIRECTORIES = { shm: 0o1777, mqueue: 0o1777, pts: 0o755 };

/** Fills the empty directory. @returns paths of the FIFOs for standard output and error, which belong to `user` */
export function makeDevices(
  calls: SystemCalls,
  directory: string,
  user: { readonly uid: number; readonly gid: number },
): readonly [string, string] {
  const at = (name: string): string => join(directory, name);
  chmodSync(directory, 0o755);
  for (const { name, major, minor } of HARMLESS_DEVICES) {
    calls.mknodat(AT_FDCWD, fromUtf8(at(name)), S_IFCHR | 0o666, (major << 8) | minor);
    chmodSync(at(name), 0o666);
  }
  for (const [name, mode] of Object.entries(DIRECTORIES)) {
    mkdirSync(at(name));
    chmodSync(at(name), mode);
  }
  symlinkSync('null', at('stdin'));
  const outputs = [at('stdout'), at('stderr')] as const;
  for (const path of outputs) {
    calls.mknodat(AT_FDCWD, fromUtf8(path), S_IFIFO | 0o600, 0);
    chownSync(path, user.uid, user.gid);
  }
  return outputs;
}

/** Tries one device in a directory of the store. @throws TsbuildError SANDBOX_UNSUPPORTED */
export function assertDevices(calls: SystemCalls, directory: string): void {
  const path = join(directory, 'null');
  try {
    calls.mknodat(AT_FDCWD, fromUtf8(path), S_IFCHR | 0o666, (1 << 8) | 3);
    closeSync(openSync(path, 'w'));
  } catch (error) {
    if (!isSystemCallError(error, 'EPERM', 'EACCES')) throw error;
    throw new TsbuildError(
      'SANDBOX_UNSUPPORTED',
      `isolation chroot cannot make the devices of a process in ${directory}: ${error.message}`,
      {
        hint: 'allow it (docker run --cap-add MKNOD), and set TSBUILD_ROOT to a file system that is not mounted nodev',
        cause: error,
      },
    );
  } finally {
    rmSync(path, { force: true });
  }
}
