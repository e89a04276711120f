// What a file is that the kernel does not execute: a program of another architecture, or no program at all.
import { readSync } from 'node:fs';
import { fromUtf8 } from '../core/bytes.js';
import { TsbuildError } from '../core/errors.js';
import { AT_FDCWD } from '../host/syscalls/file-calls.js';
import { O_DIRECTORY, O_NONBLOCK, O_PATH, O_RDONLY } from '../host/syscalls/open-flags.js';
import { isSystemCallError } from '../host/syscalls/binding.js';
import type { SystemCalls } from '../host/syscalls/system-calls.js';
import { openInside } from '../rootfs/path-in-root.js';
import { architectureOfProgram } from '../sandbox/emulation/architectures.js';

/** As much as tells one architecture from another. */
const HEADER_BYTES = 64;

const WORDS = /^exec (\/.*): exec format error$/s;

/** The same error with what the file is as its hint, where it can be read. @param rootfs path of the tree it lies in */
export function explainFormat(calls: SystemCalls, rootfs: string, error: unknown): unknown {
  if (!(error instanceof TsbuildError) || error.hint !== undefined) return error;
  const path = WORDS.exec(error.message)?.[1];
  if (path === undefined) return error;
  const start = startOf(calls, rootfs, path);
  return start ? error.with({ hint: describe(path, start) }) : error;
}

/** Pure. */
export function describe(path: string, start: Uint8Array): string {
  const architecture = architectureOfProgram(start);
  if (architecture !== undefined)
    return `${path} is a program for linux/${architecture}: is its image of the platform that is built for?`;
  return `${path} is neither a program for Linux nor a script that begins with #!`;
}

function startOf(calls: SystemCalls, rootfs: string, path: string): Buffer | undefined {
  const opened: number[] = [];
  try {
    const root = calls.openat(AT_FDCWD, fromUtf8(rootfs), O_PATH | O_DIRECTORY);
    opened.push(root);
    const found = openInside(calls, root, path);
    if (found === undefined) return undefined;
    opened.push(found);
    if (calls.status(found).type !== 'file') return undefined;
    const file = calls.openat(AT_FDCWD, fromUtf8(`/proc/self/fd/${found}`), O_RDONLY | O_NONBLOCK);
    opened.push(file);
    const start = Buffer.alloc(HEADER_BYTES);
    return start.subarray(0, readSync(file, start, 0, HEADER_BYTES, 0));
  } catch (error) {
    // It lies in a mount that is gone, or cannot be read: the error stays as it is.
    if (isSystemCallError(error) || (error as NodeJS.ErrnoException).code !== undefined) return undefined;
    throw error;
  } finally {
    for (const fd of opened) calls.close(fd);
  }
}
