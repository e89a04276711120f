// Puts a mount that is attached nowhere yet where it is to be seen.
import { closeSync, openSync } from 'node:fs';
import type { SystemCalls } from '../host/syscalls/system-calls.js';
import { O_NOFOLLOW, O_PATH } from '../host/syscalls/open-flags.js';

/**
 * @param mount a descriptor of it, which is closed.
 * @param path of a directory or file, which is no link, below trusted parents
 */
export function attachAt(calls: SystemCalls, mount: number, path: string): void {
  const open = [mount];
  try {
    const target = openSync(path, O_PATH | O_NOFOLLOW);
    open.push(target);
    calls.attach(mount, target);
  } finally {
    for (const fd of open) closeSync(fd);
  }
}
