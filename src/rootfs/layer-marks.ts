// The marks of deletions in the tree of a layer: a character device 0:0 or, on a file system that allows none (an overlay is one), an
// empty file `.wh.NAME` as in the layer itself; and user.overlay.opaque on a directory that hides what is below it.
import type { BigIntStats } from 'node:fs';
import type { ByteString } from '../core/bytes.js';
import type { SystemCalls } from '../host/syscalls/system-calls.js';

export const WHITEOUT_PREFIX = '.wh.';

/** The name that this object of a tree hides in the layers below; undefined when it is no mark. */
export function whiteoutName(name: ByteString, stat: BigIntStats): ByteString | undefined {
  if (stat.isCharacterDevice() && stat.rdev === 0n) return name;
  return stat.isFile() && name.startsWith(WHITEOUT_PREFIX)
    ? (name.slice(WHITEOUT_PREFIX.length) as ByteString)
    : undefined;
}

/** Whether a directory of a tree hides what is below it. */
export function isOpaque(calls: SystemCalls, directory: Buffer): boolean {
  return calls.listXattrs(directory)['user.overlay.opaque'] === 'y';
}
