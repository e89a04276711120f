// Looking things up in the trees of the layers below while a layer is unpacked, as the overlay will show them. By
// descriptors, following no link: a lower layer may hold `d -> /home/user`, and what is found is copied.
import { closeSync, fstatSync } from 'node:fs';
import type { ByteString } from '../core/bytes.js';
import { openDirectory } from './path-in-root.js';
import type { SystemCalls } from '../host/syscalls/system-calls.js';
import { isSystemCallError } from '../host/syscalls/binding.js';
import { O_NOFOLLOW, O_PATH } from '../host/syscalls/open-flags.js';

/**
 * An O_PATH descriptor of the topmost object at `path`; undefined when there is none, or when something that is not a
 * directory stands in its way.
 * @param lowers trees, topmost first
 */
export function openBelow(
  calls: SystemCalls,
  lowers: readonly string[],
  path: ByteString,
): number | undefined {
  const names = path.split('/').filter((name): name is ByteString => name !== '');
  for (const lower of lowers) {
    const found = descend(calls, openDirectory(lower), names);
    if (found === 'hidden') return undefined;
    if (found !== 'absent') return found;
  }
  return undefined;
}

/** Takes over `top`. `hidden`: this tree decides, and shows nothing there. */
function descend(
  calls: SystemCalls,
  top: number,
  names: readonly ByteString[],
): number | 'absent' | 'hidden' {
  let current = top;
  for (const name of names) {
    const parent = current;
    try {
      if (!fstatSync(parent).isDirectory()) return 'hidden';
      current = calls.openat(parent, name, O_PATH | O_NOFOLLOW);
    } catch (error) {
      if (isSystemCallError(error, 'ENOENT')) return 'absent';
      throw error;
    } finally {
      closeSync(parent);
    }
  }
  return current;
}
