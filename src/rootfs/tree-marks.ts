// What the tree of a layer says by marks: a deletion is a character device 0:0 or, on a file system that allows none
// (an overlay is one), an empty file `.wh.NAME` as in the layer itself; user.overlay.opaque on a directory hides what
// is below it; and attributes of its root say how it was made.
import { closeSync, openSync, type BigIntStats } from 'node:fs';
import { fromUtf8, type ByteString } from '../core/bytes.js';
import { isDigest, type DiffId } from '../core/digest.js';
import { bootId } from '../host/boot-id.js';
import type { SystemCalls } from '../host/syscalls/system-calls.js';
import { isSystemCallError } from '../host/syscalls/binding.js';
import { O_DIRECTORY, O_RDONLY } from '../host/syscalls/open-flags.js';
import type { LayerEntry } from '../layer/entry.js';
import { RECORD_PREFIX } from './owner-record.js';

export const WHITEOUT_PREFIX = '.wh.';

/** The name that this object of a tree hides in the layers below; undefined when it is no mark. */
export function whiteoutName(name: ByteString, stat: BigIntStats): ByteString | undefined {
  if (stat.isCharacterDevice() && stat.rdev === 0n) return name;
  return stat.isFile() && name.startsWith(WHITEOUT_PREFIX)
    ? (name.slice(WHITEOUT_PREFIX.length) as ByteString)
    : undefined;
}

/** On a directory of a tree, where overlayfs finds it (userxattr). */
export const OPAQUE_XATTR = 'user.overlay.opaque';

/** Whether a directory with these attributes hides what is below it. */
export function isOpaque(attributes: Readonly<Record<string, string>>): boolean {
  return attributes[OPAQUE_XATTR] === 'y';
}

export function markOpaque(calls: SystemCalls, directory: number): void {
  calls.setXattr(directory, OPAQUE_XATTR, 'y' as ByteString);
}

/**
 * On the root of a tree that has devices: processes on top of it are shown them (sandbox/notify/show-devices.ts), which
 * costs time, and few trees have any. Never part of a layer, as all records.
 */
export const DEVICES_XATTR = `${RECORD_PREFIX}devices`;
export const HAS_DEVICES = 'y' as ByteString;

/** Whether a tree with this entry gets that mark. Those of /dev do not count: every process has a /dev of its own. */
export function isVisibleDevice(entry: LayerEntry): boolean {
  if (entry.kind !== 'node' || (entry.node.type !== 'char' && entry.node.type !== 'block')) return false;
  return !entry.path.startsWith('dev/');
}

/** These are among the attributes that overlayfs shows to nobody. */
const BOOT = 'user.overlay.boot';
const OVER = 'user.overlay.over';

/**
 * Trees are not synced, and what a power loss left of one must not count: so each says in which boot of the machine it
 * was made. To be called before the tree has its name. A file system without extended attributes is one in memory,
 * which no boot outlives.
 */
export function markBoot(calls: SystemCalls, tree: string): void {
  const boot = bootId();
  if (boot === undefined) return;
  markRoot(calls, tree, BOOT, fromUtf8(boot));
}

/** Whether an existing tree, by the extended attributes of its root, may have lost something since it was made. */
export function isOfOtherBoot(xattrs: Readonly<Record<string, string>>): boolean {
  const made = xattrs[BOOT];
  return made !== undefined && made !== bootId();
}

/** The layer over whose tree a tree lies, by the extended attributes of its root; undefined for a whole one. */
export function layerBelow(xattrs: Readonly<Record<string, string>>): DiffId | undefined {
  const text = xattrs[OVER];
  return isDigest(text) ? (text as DiffId) : undefined;
}

/** False on a file system without extended attributes. */
export function markOver(calls: SystemCalls, tree: string, base: DiffId): boolean {
  return markRoot(calls, tree, OVER, fromUtf8(base));
}

/** False on a file system without extended attributes. */
function markRoot(calls: SystemCalls, tree: string, name: string, value: ByteString): boolean {
  const fd = openSync(tree, O_RDONLY | O_DIRECTORY);
  try {
    calls.setXattr(fd, name, value);
    return true;
  } catch (error) {
    if (isSystemCallError(error, 'ENOTSUP', 'EOPNOTSUPP')) return false;
    throw error;
  } finally {
    closeSync(fd);
  }
}
