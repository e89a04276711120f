// Lays the tree of one layer over a directory that holds the layers below, as the kernel's overlay would show them
// together. Both are trees that only this process writes to at the moment, and every directory is seen to be one before
// it is entered: no link is followed.
// Invariant: the copy has the owners, modes, times, attributes and hard links of the tree, without the overlay's own
// marks.
import {
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readlinkSync,
  symlinkSync,
  type BigIntStats,
} from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { fromBuffer, type ByteString } from '../core/bytes.js';
import { timestampOf } from './path-in-root.js';
import type { SystemCalls } from '../host/syscalls/system-calls.js';
import { AT_FDCWD } from '../host/syscalls/file-calls.js';
import { O_DIRECTORY, O_NOFOLLOW, O_RDONLY } from '../host/syscalls/open-flags.js';
import { isOpaque, whiteoutName } from './tree-marks.js';
import { removeAt } from './remove-tree.js';
import { childPath } from './tree-index.js';

/** Objects between two turns of the event loop. */
const BATCH = 256;

/** @param tree a directory of the tree store  @param target an existing directory */
export async function applyTree(calls: SystemCalls, tree: string, target: string): Promise<void> {
  const copy: Copy = { calls, links: new Map(), done: 0 };
  await applyDirectory(copy, Buffer.from(tree), Buffer.from(target), { isNew: false });
}

interface Copy {
  readonly calls: SystemCalls;
  /** Inode of the tree to the path of its copy. */
  readonly links: Map<string, Buffer>;
  done: number;
}

/** Fills `to`, which exists, from `from`. `isNew`: it is empty. */
async function applyDirectory(
  copy: Copy,
  from: Buffer,
  to: Buffer,
  { isNew }: { readonly isNew: boolean },
): Promise<void> {
  const isEmpty = isNew || clearedByMark(copy, from, to);
  for (const name of readdirSync(from, { encoding: 'latin1' }) as ByteString[]) {
    if (++copy.done % BATCH === 0) await nextTurn();
    const source = childPath(from, name);
    const stat = lstatSync(source, { bigint: true });
    const deleted = whiteoutName(name, stat);
    if (deleted !== undefined) {
      if (!isEmpty) removeChild(copy.calls, to, deleted);
    } else if (stat.isDirectory()) await applySubdirectory(copy, source, { to, name, isEmpty });
    else {
      if (!isEmpty) removeChild(copy.calls, to, name);
      copyObject(copy, source, childPath(to, name), stat);
    }
  }
  copyAttributes(copy.calls, from, to, lstatSync(from, { bigint: true }));
}

async function applySubdirectory(
  copy: Copy,
  source: Buffer,
  { to, name, isEmpty }: { readonly to: Buffer; readonly name: ByteString; readonly isEmpty: boolean },
): Promise<void> {
  const target = childPath(to, name);
  const existing = isEmpty ? undefined : lstatSync(target, { throwIfNoEntry: false });
  const isMerged = existing?.isDirectory() ?? false;
  if (!isMerged) {
    if (existing) removeChild(copy.calls, to, name);
    mkdirSync(target, { mode: 0o700 });
  }
  await applyDirectory(copy, source, target, { isNew: !isMerged });
}

/** Empties `to` when `from` hides what is below. */
function clearedByMark(copy: Copy, from: Buffer, to: Buffer): boolean {
  if (!isOpaque(copy.calls.listXattrs(from))) return false;
  for (const name of readdirSync(to, { encoding: 'latin1' }) as ByteString[])
    removeChild(copy.calls, to, name);
  return true;
}

function removeChild(calls: SystemCalls, directory: Buffer, name: ByteString): void {
  const fd = openSync(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  try {
    removeAt(calls, fd, name);
  } finally {
    closeSync(fd);
  }
}

function copyObject(copy: Copy, from: Buffer, to: Buffer, stat: BigIntStats): void {
  const inode = `${stat.dev}:${stat.ino}`;
  const first = stat.nlink > 1n ? copy.links.get(inode) : undefined;
  if (first) return linkSync(first, to);
  if (stat.isSocket()) return;
  if (stat.nlink > 1n) copy.links.set(inode, to);
  // Shares the blocks where the file system can.
  if (stat.isFile()) copyFileSync(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  else if (stat.isSymbolicLink()) symlinkSync(readlinkSync(from, { encoding: 'buffer' }), to);
  else copy.calls.mknodat(AT_FDCWD, fromBuffer(to), Number(stat.mode), Number(stat.rdev));
  copyAttributes(copy.calls, from, to, stat);
}

function copyAttributes(calls: SystemCalls, from: Buffer, to: Buffer, stat: BigIntStats): void {
  const name = fromBuffer(to);
  // Owner first: changing it clears set-id bits and capabilities.
  calls.lchownat(AT_FDCWD, name, Number(stat.uid), Number(stat.gid));
  if (!stat.isSymbolicLink()) chmodSync(to, Number(stat.mode) & 0o7777);
  if (stat.isFile() || stat.isDirectory()) copyXattrs(calls, from, to);
  calls.utimensat(AT_FDCWD, name, {
    atime: timestampOf(stat.atimeNs),
    mtime: timestampOf(stat.mtimeNs),
  });
}

function copyXattrs(calls: SystemCalls, from: Buffer, to: Buffer): void {
  const kept = Object.entries(calls.listXattrs(from)).filter(([name]) => isCopiedXattr(name));
  if (kept.length === 0) return;
  const fd = openSync(to, O_RDONLY | O_NOFOLLOW);
  try {
    for (const [name, value] of kept) calls.setXattr(fd, name, value);
  } finally {
    closeSync(fd);
  }
}

/** Not the marks of the overlay, nor what the host's security modules gave the tree. */
function isCopiedXattr(name: string): boolean {
  if (name.startsWith('user.')) return !name.startsWith('user.overlay.');
  return name === 'security.capability' || name.startsWith('system.posix_acl_');
}
