// Trees are not synced, and what a power loss left of one must not count. So each says in which boot of the machine it was made, and a
// later boot unpacks the layer again.
import { closeSync, openSync } from 'node:fs';
import { fromUtf8 } from '../core/bytes.js';
import { bootId } from '../host/boot-id.js';
import type { SystemCalls } from '../host/syscalls/system-calls.js';
import { isSystemCallError } from '../host/syscalls/binding.js';
import { O_DIRECTORY, O_RDONLY } from '../host/syscalls/open-flags.js';

/** One of the attributes that overlayfs shows to nobody. */
const BOOT = 'user.overlay.boot';

/** To be called before the tree has its name. A file system without extended attributes is one in memory, which no boot outlives. */
export function markBoot(calls: SystemCalls, tree: string): void {
  const boot = bootId();
  if (boot === undefined) return;
  const fd = openSync(tree, O_RDONLY | O_DIRECTORY);
  try {
    calls.setXattr(fd, BOOT, fromUtf8(boot));
  } catch (error) {
    if (!isSystemCallError(error, 'ENOTSUP', 'EOPNOTSUPP')) throw error;
  } finally {
    closeSync(fd);
  }
}

/** Whether an existing tree, by the extended attributes of its root, may have lost something since it was made. */
export function isOfOtherBoot(xattrs: Readonly<Record<string, string>>): boolean {
  const made = xattrs[BOOT];
  return made !== undefined && made !== bootId();
}
