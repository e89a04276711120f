// Copies of what a container is to see of the host and of its own folder, where nothing can be mounted.
import { chmodSync, copyFileSync, constants, lchownSync, mkdirSync, statSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { TsbuildError } from '../../core/errors.js';
import { isSystemCallError } from '../../host/syscalls/binding.js';
import type { SystemCalls } from '../../host/syscalls/system-calls.js';
import { applyTree } from '../../rootfs/apply-tree.js';
import type { HeldMount } from './container-process.js';

export interface CopiedMount {
  /** Of the copy. */
  readonly path: string;
  readonly target: string;
}

/** @param directory an empty one @throws TsbuildError CONTAINER_MOUNT | SANDBOX_UNSUPPORTED */
export async function copyMounts(
  calls: SystemCalls,
  mounts: readonly HeldMount[],
  directory: string,
): Promise<readonly CopiedMount[]> {
  const copies: CopiedMount[] = [];
  for (const [i, mount] of mounts.entries()) {
    const { target } = mount;
    if (mount.type !== 'bind')
      throw new TsbuildError('SANDBOX_UNSUPPORTED', `isolation chroot cannot mount ${target}`);
    const path = join(directory, String(i));
    try {
      await copy(calls, mount.source, path);
    } catch (cause) {
      if (!isSystemCallError(cause)) throw cause;
      const message = `cannot copy ${mount.source} to ${target} in the container: ${cause.message}`;
      throw new TsbuildError('CONTAINER_MOUNT', message, { cause });
    }
    copies.push({ path, target });
  }
  return copies;
}

/** Links in it stay links. */
async function copy(calls: SystemCalls, source: string, path: string): Promise<void> {
  const status = statSync(source);
  if (status.isDirectory()) {
    mkdirSync(path);
    await applyTree(calls, source, path);
  } else if (status.isFile()) copyFileSync(source, path, constants.COPYFILE_FICLONE);
  else
    throw new TsbuildError('CONTAINER_MOUNT', `${source} is no file and no directory: it cannot be copied`, {
      hint: 'leave it out, or run the container where namespaces work: `tsbuild doctor` tells what is missing',
    });
  keepAttributes(path, status);
}

function keepAttributes(path: string, { uid, gid, mode }: Stats): void {
  lchownSync(path, uid, gid);
  chmodSync(path, mode & 0o7777);
}
