// From the marks that fuse-overlayfs leaves in an upper directory to those of overlayfs in a user namespace, which
// trees have (fuse-overlayfs main.c: whiteouts and opaque directories). Afterwards the directory holds nothing but what
// a process wrote.
import { closeSync, fstatSync, openSync, readdirSync } from 'node:fs';
import type { ByteString } from '../core/bytes.js';
import { modificationTime } from './path-in-root.js';
import { S_IFCHR } from '../host/stat-layout.js';
import type { SystemCalls } from '../host/syscalls/system-calls.js';
import { O_DIRECTORY, O_NOFOLLOW, O_PATH, O_RDONLY } from '../host/syscalls/open-flags.js';
import { OPAQUE_XATTR, WHITEOUT_PREFIX } from './tree-marks.js';

/** Its own attributes: that a directory is opaque, where an object came from. */
const ATTRIBUTES = 'user.fuseoverlayfs.';
/** Files that say a second and third time that their directory is opaque. */
const OPAQUE_FILES: readonly string[] = ['.wh..wh..opq', '.wh..opq'];

/** Nobody may write to `upper` any more. */
export function adoptMarks(calls: SystemCalls, upper: string): void {
  const top = openSync(upper, O_RDONLY | O_DIRECTORY);
  try {
    adoptIn(calls, top);
  } finally {
    closeSync(top);
  }
}

function adoptIn(calls: SystemCalls, directory: number): void {
  const before = modificationTime(directory);
  for (const name of namesIn(directory)) {
    if (!adoptName(calls, directory, name)) adoptObject(calls, directory, name);
  }
  adoptAttributes(calls, directory);
  calls.utimensat(directory, '.', { mtime: before });
}

function namesIn(directory: number): ByteString[] {
  return readdirSync(`/proc/self/fd/${directory}`, { encoding: 'latin1' }) as ByteString[];
}

/**
 * Whether the name alone was a mark, which is now gone or one of overlayfs. No process can make such a name:
 * fuse-overlayfs refuses it.
 */
function adoptName(calls: SystemCalls, directory: number, name: ByteString): boolean {
  if (!name.startsWith(WHITEOUT_PREFIX)) return false;
  const stat = statOf(calls, directory, name);
  if (stat.isDirectory()) return false;
  calls.unlinkat(directory, name, 0);
  if (!OPAQUE_FILES.includes(name))
    calls.mknodat(directory, name.slice(WHITEOUT_PREFIX.length) as ByteString, S_IFCHR, 0);
  return true;
}

function adoptObject(calls: SystemCalls, directory: number, name: ByteString): void {
  const stat = statOf(calls, directory, name);
  if (!stat.isDirectory() && !stat.isFile()) return;
  const fd = calls.openat(directory, name, O_RDONLY | O_NOFOLLOW);
  try {
    if (stat.isDirectory()) adoptIn(calls, fd);
    else adoptAttributes(calls, fd);
  } finally {
    closeSync(fd);
  }
}

function adoptAttributes(calls: SystemCalls, fd: number): void {
  for (const [name, value] of Object.entries(calls.listXattrs(fd))) {
    if (!name.startsWith(ATTRIBUTES)) continue;
    if (name === `${ATTRIBUTES}opaque`) calls.setXattr(fd, OPAQUE_XATTR, value);
    calls.removeXattr(fd, name);
  }
}

function statOf(calls: SystemCalls, directory: number, name: ByteString): ReturnType<typeof fstatSync> {
  const fd = calls.openat(directory, name, O_PATH | O_NOFOLLOW);
  try {
    return fstatSync(fd);
  } finally {
    closeSync(fd);
  }
}
