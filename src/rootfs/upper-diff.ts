// What a process changed, from the upper directory of its overlay to layer entries (BuildKit
// util/overlay/overlay_linux.go): an object that is as it was below is no change, a directory's time alone is none, and
// the root itself never is one. Nobody writes to the directory any more, and every directory is seen to be one before
// it is entered: no link is followed. A file is opened once; what it is and what is in it are asked of that descriptor.
import { closeSync, openSync } from 'node:fs';
import { compareBytes, fromUtf8, toPath, type ByteString } from '../core/bytes.js';
import { invariant, TsbuildError } from '../core/errors.js';
import type { LayerEntry } from '../layer/entry.js';
import { joinPath, ROOT } from '../core/tree-path.js';
import type { SystemCalls } from '../host/syscalls/system-calls.js';
import { DT_REG, type DirectoryEntry } from '../host/syscalls/walk-calls.js';
import { AT_FDCWD } from '../host/syscalls/file-calls.js';
import type { InodeStatus } from '../host/syscalls/inode-status.js';
import { O_DIRECTORY, O_NOFOLLOW, O_RDONLY } from '../host/syscalls/open-flags.js';
import { S_IFCHR, S_IFDIR, S_IFMT, S_IFSOCK } from '../host/stat-layout.js';
import { isSameContent, isSameNode, isSameStamp, nodeFrom, type Inspected, type NodeAt } from './node-at.js';
import type { Ownership } from './ownership.js';
import { isOpaque } from './tree-marks.js';

/** Bytes of a path that the kernel takes, the final NUL included. */
const PATH_MAX = 4096;

export interface UpperDiffOptions {
  /** The upper directory. */
  readonly upper: string;
  /** A directory that shows all layers below as one. Undefined: nothing is below, and all that is there is a change. */
  readonly lower: string | undefined;
  readonly ownership: Ownership;
}

/**
 * Entries in the order of a depth-first walk; a directory comes before what is in it. The file of an entry is open
 * until the next one is asked for.
 * @throws TsbuildError LAYER_LIMIT
 */
export function* upperDiff(calls: SystemCalls, options: UpperDiffOptions): Generator<LayerEntry> {
  const walk: Walk = {
    calls,
    upper: fromUtf8(`${options.upper}/`),
    lower: fromUtf8(`${options.lower ?? ''}/`),
    ownership: options.ownership,
    firstNames: new Map(),
  };
  const stack = [enter(walk, ROOT, { hasLower: options.lower !== undefined })];
  try {
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      const child = top.children.pop();
      if (child) yield* changeOf(walk, stack, top, child);
      else stack.pop()?.close();
    }
  } finally {
    for (const directory of stack) directory.close();
  }
}

interface Walk {
  readonly calls: SystemCalls;
  readonly upper: ByteString;
  readonly lower: ByteString;
  readonly ownership: Ownership;
  /** Inode to the first name it was seen under. */
  readonly firstNames: Map<string, ByteString>;
}

/** A directory that is being walked. */
interface Directory {
  readonly path: ByteString;
  /** Still to come, the last one first. */
  readonly children: DirectoryEntry[];
  /** False when it does not exist below, or no longer shines through. */
  readonly hasLower: boolean;
  /** Itself, when it is no change as long as nothing in it is. */
  unwritten: LayerEntry | undefined;
  /** Open until `close`; opened anew when it is asked for again. */
  fd(): number;
  close(): void;
}

interface Entered {
  readonly hasLower: boolean;
  readonly unwritten?: LayerEntry | undefined;
}

function enter(walk: Walk, path: ByteString, { hasLower, unwritten }: Entered): Directory {
  const where = toPath(pathIn(walk.upper, path));
  let opened: number | undefined;
  const fd = (): number => (opened ??= openSync(where, O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
  const children = walk.calls.entriesOf(fd()).sort((a, b) => compareBytes(b.name, a.name));
  return {
    path,
    children,
    hasLower,
    unwritten,
    fd,
    close() {
      if (opened !== undefined) closeSync(opened);
      opened = undefined;
    },
  };
}

function* changeOf(
  walk: Walk,
  stack: Directory[],
  parent: Directory,
  { name, type }: DirectoryEntry,
): Generator<LayerEntry> {
  const { calls } = walk;
  const path = joinPath(parent.path, name);
  if (walk.upper.length + path.length >= PATH_MAX) throw tooLong(path);
  const below = parent.hasLower ? calls.inodeStatusAt(AT_FDCWD, pathIn(walk.lower, path)) : undefined;
  // No device is ever opened. Where opening a file fails, reading it will tell why.
  const fd = type === DT_REG ? calls.openToRead(parent.fd(), name) : undefined;
  if (fd !== undefined) {
    const opened: { fd: number | undefined } = { fd };
    try {
      const change = leafChange(walk, { path, stat: calls.inodeStatus(fd), opened, below });
      // There are thousands of files, and few whose parents are not written.
      if (change && hasUnwritten(stack)) yield* withParents(stack, change);
      else if (change) yield change;
    } finally {
      opened.fd = undefined;
      calls.close(fd);
    }
    return;
  }
  const stat = calls.inodeStatusAt(AT_FDCWD, pathIn(walk.upper, path));
  invariant(stat, 'an object that was listed is gone, and nobody writes to its directory');
  if (isType(stat, S_IFDIR)) return yield* directoryChange(walk, stack, { path, stat, below });
  const change = leafChange(walk, { path, stat, below });
  if (change) yield* withParents(stack, change);
}

function tooLong(path: ByteString): TsbuildError {
  return new TsbuildError(
    'LAYER_LIMIT',
    `a process made a path of ${path.length} bytes: ${path.slice(0, 80)}…`,
  );
}

function hasUnwritten(stack: readonly Directory[]): boolean {
  for (const { unwritten } of stack) if (unwritten) return true;
  return false;
}

/** A changed entry brings its parents with it. */
function* withParents(stack: readonly Directory[], change: LayerEntry): Generator<LayerEntry> {
  for (const directory of stack) {
    if (directory.unwritten) yield directory.unwritten;
    directory.unwritten = undefined;
  }
  yield change;
}

/** What is looked at, and what the layers below have in its place. */
interface Place {
  readonly path: ByteString;
  readonly below: InodeStatus | undefined;
}

function* directoryChange(
  walk: Walk,
  stack: Directory[],
  { path, stat, below }: Place & Seen,
): Generator<LayerEntry> {
  const found = inspect(walk, pathIn(walk.upper, path), { stat });
  const hidesBelow = isOpaque(found.attributes);
  const isMerged = below !== undefined && isType(below, S_IFDIR);
  const now = nodeFrom(found, walk.ownership);
  const change: LayerEntry = { kind: 'node', path, node: now.node };
  const isWritten = !isMerged || hidesBelow || !isAsBelow(walk, path, now, below);
  if (isWritten) yield* withParents(stack, change);
  if (isMerged && hidesBelow) yield { kind: 'opaque', path };
  // A deep tree has more directories than there are descriptors.
  stack.at(-1)?.close();
  stack.push(
    enter(walk, path, { hasLower: isMerged && !hidesBelow, unwritten: isWritten ? undefined : change }),
  );
}

type Seen = Pick<Inspected, 'stat' | 'opened'>;

/** Of anything but a directory. */
function leafChange(walk: Walk, { path, stat, opened, below }: Place & Seen): LayerEntry | undefined {
  if (isType(stat, S_IFCHR) && stat.rdev === 0) return below && { kind: 'whiteout', path };
  // Archives cannot hold sockets; containerd leaves them out too.
  if (isType(stat, S_IFSOCK)) return undefined;
  const { identity } = stat;
  const first = identity === undefined ? undefined : walk.firstNames.get(identity);
  if (first !== undefined) return { kind: 'hardlink', path, target: first };
  const now = nodeFrom(inspect(walk, pathIn(walk.upper, path), { stat, opened }), walk.ownership);
  // With several names all are written: the others are links to this one.
  if (identity !== undefined) walk.firstNames.set(identity, path);
  else if (isAsBelow(walk, path, now, below)) return undefined;
  return { kind: 'node', path, node: now.node };
}

function isType(stat: InodeStatus, type: number): boolean {
  return (stat.mode & S_IFMT) === type;
}

/** Whether the layers below show it as it is now. What status alone tells apart is not looked at any closer. */
function isAsBelow(walk: Walk, path: ByteString, now: NodeAt, below: InodeStatus | undefined): boolean {
  if (below?.mode !== now.stat.mode) return false;
  const isFile = !isType(below, S_IFDIR);
  if (isFile && !isSameStamp(below, now.stat)) return false;
  const before = nodeFrom(inspect(walk, pathIn(walk.lower, path), { stat: below }), walk.ownership);
  return isSameNode(now, before) && (!isFile || isSameContent(now, before));
}

function inspect({ calls }: Walk, path: ByteString, { stat, opened }: Seen): Inspected {
  return { path, stat, attributes: calls.listXattrs(opened?.fd ?? toPath(path)), opened };
}

function pathIn(base: ByteString, path: ByteString): ByteString {
  return (base + path) as ByteString;
}
