// What a container changed, from the upper directory of its overlay, while it may run: as upper-diff.ts, which is for
// builds and walks by paths. Here each object is looked at by descriptors (live-node.ts), since processes of the
// container may put a link in the place of a directory at any moment. The layers below never change, and of them only
// what lies below real directories is looked at.
import { closeSync, constants, openSync, readlinkSync, readSync } from 'node:fs';
import { fromBuffer, fromUtf8, toPath, toUtf8, type ByteString } from '../core/bytes.js';
import { TsbuildError } from '../core/errors.js';
import { joinPath, ROOT } from '../core/tree-path.js';
import type { LayerEntry } from '../layer/entry.js';
import { AT_FDCWD } from '../host/syscalls/file-calls.js';
import type { InodeStatus } from '../host/syscalls/inode-status.js';
import type { SystemCalls } from '../host/syscalls/system-calls.js';
import { S_IFCHR, S_IFDIR, S_IFLNK, S_IFMT } from '../host/stat-layout.js';
import { liveNamesIn, liveNodeAt, type LiveNode } from './live-node.js';
import { isSameNode, isSameStamp, nodeAt } from './node-at.js';
import type { Ownership } from './ownership.js';
import { isOpaque } from './tree-marks.js';

export interface LiveChange {
  readonly kind: 'added' | 'changed' | 'deleted';
  /** `opaque` entries come behind that of their directory. */
  readonly entry: LayerEntry;
}

export interface LiveChangesOptions {
  /** The upper directory, open for reading and not read yet. It stays the caller's to close. */
  readonly upper: number;
  /** A directory that shows all layers below as one. */
  readonly lower: string;
  readonly ownership: Ownership;
}

const MAX_OPEN_LEVELS = 512;

/**
 * In the order of a depth-first walk, a directory before what is in it. A directory in which something was made or
 * deleted counts as changed. A file is open until the next change is asked for.
 * @throws TsbuildError LAYER_LIMIT
 */
export function* liveChanges(
  calls: SystemCalls,
  { upper, lower, ownership }: LiveChangesOptions,
): Generator<LiveChange> {
  const walk: Walk = { calls, ownership, lower: fromUtf8(`${lower}/`), firstNames: new Map() };
  yield* changesIn(walk, { fd: upper, path: ROOT, hasLower: true, parents: [], level: 0 });
}

interface Walk {
  readonly calls: SystemCalls;
  readonly ownership: Ownership;
  readonly lower: ByteString;
  /** Inode to the first name that it was seen under. */
  readonly firstNames: Map<string, ByteString>;
}

interface Place {
  readonly fd: number;
  readonly path: ByteString;
  /** Whether what is below shines through. */
  readonly hasLower: boolean;
  /** Directories on the way that are no change as long as nothing in them is, topmost first. Emptied by the first. */
  readonly parents: LiveChange[];
  readonly level: number;
}

function* changesIn(walk: Walk, place: Place): Generator<LiveChange> {
  const { calls } = walk;
  if (place.level > MAX_OPEN_LEVELS)
    throw new TsbuildError(
      'LAYER_LIMIT',
      `directories are ${place.level} deep: /${toUtf8(place.path).slice(0, 80)}…`,
    );
  for (const name of liveNamesIn(calls, place.fd)) {
    const found = liveNodeAt(walk, place.fd, name);
    if (!found) continue;
    try {
      yield* changesOf(walk, place, joinPath(place.path, name), found);
    } finally {
      if (found.fd !== undefined) calls.close(found.fd);
    }
  }
}

function* changesOf(walk: Walk, place: Place, path: ByteString, found: LiveNode): Generator<LiveChange> {
  const below = place.hasLower ? walk.calls.inodeStatusAt(AT_FDCWD, lowerPath(walk, path)) : undefined;
  if (found.node.type === 'dir') return yield* directoryChanges(walk, place, path, { found, below });
  const change = leafChange(walk, path, found, below);
  if (!change || isPlace(path, { found, below })) return;
  yield* place.parents.splice(0);
  yield change;
}

interface Compared {
  readonly found: LiveNode;
  readonly below: InodeStatus | undefined;
}

function* directoryChanges(
  walk: Walk,
  place: Place,
  path: ByteString,
  { found, below }: Compared,
): Generator<LiveChange> {
  const hidesBelow = isOpaque(found.attributes);
  const isMerged = below !== undefined && (below.mode & S_IFMT) === S_IFDIR;
  const kind = below === undefined ? 'added' : 'changed';
  const change: LiveChange = { kind, entry: { kind: 'node', path, node: found.node } };
  const isNew = !isMerged || hidesBelow || !isAsBelow(walk, path, found, below);
  const isWritten = isNew && !isPlace(path, { found, below });
  if (isWritten) {
    yield* place.parents.splice(0);
    yield change;
    if (isMerged && hidesBelow) yield { kind: 'changed', entry: { kind: 'opaque', path } };
  }
  const parents = isWritten ? place.parents : [...place.parents, change];
  const inside = { fd: found.fd!, path, hasLower: isMerged && !hidesBelow, parents, level: place.level + 1 };
  yield* changesIn(walk, inside);
  // What was told inside was told with its parents.
  if (!isWritten && parents.length === 0) place.parents.splice(0);
}

/** Where files and mounts of every container lie; what stands below them was made for them, and is no change. */
const PLACES = new Set(['dev', 'proc', 'sys', 'etc', 'etc/hosts', 'etc/hostname', 'etc/resolv.conf']);

function isPlace(path: ByteString, { found, below }: Compared): boolean {
  const isEmpty = found.node.type === 'dir' || (found.node.type === 'file' && found.stat.size === 0);
  return below === undefined && isEmpty && PLACES.has(toUtf8(path));
}

function leafChange(
  walk: Walk,
  path: ByteString,
  found: LiveNode,
  below: InodeStatus | undefined,
): LiveChange | undefined {
  const { stat, node } = found;
  if ((stat.mode & S_IFMT) === S_IFCHR && stat.rdev === 0)
    return below && { kind: 'deleted', entry: { kind: 'whiteout', path } };
  const kind = below === undefined ? 'added' : 'changed';
  const first = stat.identity === undefined ? undefined : walk.firstNames.get(stat.identity);
  if (first !== undefined) return { kind, entry: { kind: 'hardlink', path, target: first } };
  // With several names all are written: the others are links to this one.
  if (stat.identity !== undefined) walk.firstNames.set(stat.identity, path);
  else if (isAsBelow(walk, path, found, below)) return undefined;
  return { kind, entry: { kind: 'node', path, node } };
}

function isAsBelow(walk: Walk, path: ByteString, now: LiveNode, below: InodeStatus | undefined): boolean {
  if (below?.mode !== now.stat.mode) return false;
  const isDirectory = (below.mode & S_IFMT) === S_IFDIR;
  if (!isDirectory && !isSameStamp(below, now.stat)) return false;
  const where = lowerPath(walk, path);
  const before = nodeAt(walk.calls, where, walk.ownership);
  if (!isSameNode({ ...now, path }, before)) return false;
  if (isDirectory) return true;
  if ((below.mode & S_IFMT) === S_IFLNK)
    return now.node.link === fromBuffer(readlinkSync(toPath(where), { encoding: 'buffer' }));
  return now.fd === undefined || below.size === 0 || hasSameBytes(now.fd, where);
}

function lowerPath({ lower }: Walk, path: ByteString): ByteString {
  return (lower + path) as ByteString;
}

const PIECE = 1 << 18;

function hasSameBytes(fd: number, path: ByteString): boolean {
  const other = openSync(toPath(path), constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const buffers = [Buffer.allocUnsafe(PIECE), Buffer.allocUnsafe(PIECE)] as const;
    for (let at = 0; ; at += PIECE) {
      const length = readSync(fd, buffers[0], 0, PIECE, at);
      if (readSync(other, buffers[1], 0, PIECE, at) !== length) return false;
      if (buffers[0].compare(buffers[1], 0, length, 0, length) !== 0) return false;
      if (length < PIECE) return true;
    }
  } finally {
    closeSync(other);
  }
}
