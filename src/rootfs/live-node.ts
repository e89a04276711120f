// One object of a tree that processes may write to at this moment, looked at by descriptors alone: no name is resolved
// through a link, whatever becomes of the tree meanwhile. What vanishes between two looks counts as absent.
import { compareBytes, type ByteString } from '../core/bytes.js';
import type { TreeNode } from '../layer/entry.js';
import type { SystemCalls } from '../host/syscalls/system-calls.js';
import { isSystemCallError } from '../host/syscalls/binding.js';
import type { InodeStatus } from '../host/syscalls/inode-status.js';
import { O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY } from '../host/syscalls/open-flags.js';
import { S_IFDIR, S_IFLNK, S_IFMT, S_IFREG, S_IFSOCK } from '../host/stat-layout.js';
import { objectOnDisk } from './object-on-disk.js';
import { isLayerXattr, xattrForLayer, type Ownership } from './ownership.js';

export interface LiveNode {
  readonly stat: InodeStatus;
  readonly node: TreeNode;
  /** Of a directory and of a file, open for reading; the taker closes it. */
  readonly fd?: number;
  /** All extended attributes of a directory or file. */
  readonly attributes: Readonly<Record<string, ByteString>>;
}

interface Looking {
  readonly calls: SystemCalls;
  readonly ownership: Ownership;
}

/** Undefined when it is gone, or a socket, which no archive holds. */
export function liveNodeAt(
  { calls, ownership }: Looking,
  parent: number,
  name: ByteString,
): LiveNode | undefined {
  const seen = calls.inodeStatusAt(parent, name);
  if (!seen || typeOf(seen) === S_IFSOCK) return undefined;
  // No device and no pipe is ever opened.
  if (typeOf(seen) !== S_IFDIR && typeOf(seen) !== S_IFREG)
    return linkOrOther({ calls, ownership }, seen, parent, name);
  const fd = openSeen(calls, parent, name, seen);
  if (fd === undefined) return undefined;
  try {
    const stat = calls.inodeStatus(fd);
    // Another object took its name: it is as if this one were gone.
    if (typeOf(stat) === typeOf(seen)) return { ...openNode({ calls, ownership }, fd, stat), fd };
  } catch (error) {
    calls.close(fd);
    throw error;
  }
  calls.close(fd);
  return undefined;
}

/** The same of an open directory or file. */
export function openNode({ calls, ownership }: Looking, fd: number, stat: InodeStatus): Omit<LiveNode, 'fd'> {
  const attributes = calls.listXattrs(fd);
  const object = shownObject(ownership, stat, attributes);
  const opened = { fd };
  const isFile = object.type === 'file';
  const kept = Object.entries(attributes).filter(([key]) => isLayerXattr(key));
  const node: TreeNode = {
    ...object,
    ...plainOf(stat),
    size: isFile ? stat.size : 0,
    ...(isFile && {
      content: { kind: 'file', path: '' as ByteString, ino: stat.ino, opened, isLive: true } as const,
    }),
    ...(kept.length > 0 && {
      xattrs: Object.fromEntries(kept.map(([key, value]) => [key, xattrForLayer(key, value)])),
    }),
  };
  return { stat, node, attributes };
}

/** What a container sees of an owner whom its ids do not have, as of files of the host that are mounted in it. */
const NOBODY = 65534;

function shownObject(...seen: Parameters<typeof objectOnDisk>): ReturnType<typeof objectOnDisk> {
  const object = objectOnDisk(...seen);
  return {
    ...object,
    uid: object.uid < 0 ? NOBODY : object.uid,
    gid: object.gid < 0 ? NOBODY : object.gid,
  };
}

function plainOf({ mode, mtime }: InodeStatus): Pick<TreeNode, 'mode' | 'mtime' | 'mtimeNsec'> {
  return { mode: mode & 0o7777, mtime: mtime.seconds, mtimeNsec: mtime.nanoseconds };
}

function typeOf({ mode }: InodeStatus): number {
  return mode & S_IFMT;
}

function linkOrOther(
  { calls, ownership }: Looking,
  stat: InodeStatus,
  parent: number,
  name: ByteString,
): LiveNode | undefined {
  const object = shownObject(ownership, stat, {});
  const link = typeOf(stat) === S_IFLNK ? readLink(calls, parent, name) : undefined;
  if (typeOf(stat) === S_IFLNK && link === undefined) return undefined;
  const node = { ...object, ...plainOf(stat), size: 0, ...(link !== undefined && { link }) };
  return { stat, node, attributes: {} };
}

function readLink(calls: SystemCalls, parent: number, name: ByteString): ByteString | undefined {
  return unlessReplaced(() => calls.readlinkat(parent, name));
}

function openSeen(
  calls: SystemCalls,
  parent: number,
  name: ByteString,
  seen: InodeStatus,
): number | undefined {
  const kind = typeOf(seen) === S_IFDIR ? O_DIRECTORY : O_NONBLOCK;
  return unlessReplaced(() => calls.openat(parent, name, O_RDONLY | O_NOFOLLOW | kind));
}

function unlessReplaced<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    if (isSystemCallError(error, 'ENOENT', 'ENOTDIR', 'ELOOP', 'EINVAL', 'ENXIO', 'ESTALE')) return undefined;
    throw error;
  }
}

/**
 * Names in a directory that is open for reading, once, in the order of their bytes; none when it was deleted meanwhile.
 */
export function liveNamesIn(calls: SystemCalls, directory: number): ByteString[] {
  const names = unlessReplaced(() => calls.entriesOf(directory)) ?? [];
  return names.map(({ name }) => name).sort(compareBytes);
}
