// What a step changed, from the upper directory of its overlay to layer entries (BuildKit util/overlay/overlay_linux.go):
// an object that is as it was below is no change, a directory's time alone is none, and the root itself never is one.
// Nobody writes to the directory any more, and every directory is seen to be one before it is entered: no link is followed.
import {
  closeSync,
  constants,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  type BigIntStats,
} from 'node:fs';
import { fromBuffer, toBuffer, type ByteString } from '../../core/bytes.js';
import { TsbuildError } from '../../core/errors.js';
import type { LayerEntry, TreeNode } from '../../layer/entry.js';
import { joinPath } from '../../layer/tree-path.js';
import { timestampOf } from '../sandbox/path-in-root.js';
import type { SystemCalls } from '../sandbox/syscalls.js';
import { objectOnDisk } from './object-on-disk.js';
import { isLayerXattr, xattrForLayer, type Ownership } from './ownership.js';

/** Bytes of a path that the kernel takes, the final NUL included. */
const PATH_MAX = 4096;

export interface UpperDiffOptions {
  /** The upper directory. */
  readonly upper: string;
  /** A directory that shows all layers below as one. */
  readonly lower: string;
  readonly ownership: Ownership;
}

/** Entries in the order of a depth-first walk; a directory comes before what is in it. @throws TsbuildError LAYER_LIMIT */
export function* upperDiff(calls: SystemCalls, options: UpperDiffOptions): Generator<LayerEntry> {
  const walk: Walk = {
    calls,
    upper: Buffer.from(`${options.upper}/`),
    lower: Buffer.from(`${options.lower}/`),
    ownership: options.ownership,
    firstNames: new Map(),
  };
  yield* changesIn(walk, '' as ByteString, { hasLower: true });
}

interface Walk {
  readonly calls: SystemCalls;
  readonly upper: Buffer;
  readonly lower: Buffer;
  readonly ownership: Ownership;
  /** Inode to the first name it was seen under. */
  readonly firstNames: Map<string, ByteString>;
}

/** `hasLower` is false below directories that do not exist below, or no longer shine through. */
function* changesIn(
  walk: Walk,
  dir: ByteString,
  { hasLower }: { readonly hasLower: boolean },
): Generator<LayerEntry> {
  const names = readdirSync(pathOf(walk.upper, dir), { encoding: 'latin1' }) as ByteString[];
  for (const name of names.sort()) {
    const path = joinPath(dir, name);
    if (walk.upper.length + path.length >= PATH_MAX)
      throw new TsbuildError(
        'LAYER_LIMIT',
        `a RUN step made a path of ${path.length} bytes: ${path.slice(0, 80)}…`,
      );
    const stat = lstatSync(pathOf(walk.upper, path), { bigint: true });
    const below = hasLower
      ? lstatSync(pathOf(walk.lower, path), { bigint: true, throwIfNoEntry: false })
      : undefined;
    if (stat.isCharacterDevice() && stat.rdev === 0n) {
      if (below) yield { kind: 'whiteout', path };
    } else if (stat.isSocket()) {
      // Archives cannot hold sockets; containerd leaves them out too.
      continue;
    } else if (stat.isDirectory()) yield* directoryChanges(walk, path, stat, below);
    else yield* fileChange(walk, path, stat, below);
  }
}

function* directoryChanges(
  walk: Walk,
  path: ByteString,
  stat: BigIntStats,
  below: BigIntStats | undefined,
): Generator<LayerEntry> {
  const attributes = walk.calls.listXattrs(pathOf(walk.upper, path));
  const isOpaque = attributes['user.overlay.opaque'] === 'y';
  const isMerged = below?.isDirectory() ?? false;
  const node = nodeOf(walk, path, stat, attributes);
  let isWritten = !isMerged || isOpaque || !isSameObject(walk, path, stat, below, node);
  if (isWritten) yield { kind: 'node', path, node };
  if (isMerged && isOpaque) yield { kind: 'opaque', path };
  for (const change of changesIn(walk, path, { hasLower: isMerged && !isOpaque })) {
    // A changed entry brings its parents with it.
    if (!isWritten) yield { kind: 'node', path, node };
    isWritten = true;
    yield change;
  }
}

function* fileChange(
  walk: Walk,
  path: ByteString,
  stat: BigIntStats,
  below: BigIntStats | undefined,
): Generator<LayerEntry> {
  const inode = `${stat.dev}:${stat.ino}`;
  const first = stat.nlink > 1n ? walk.firstNames.get(inode) : undefined;
  if (first !== undefined) return yield { kind: 'hardlink', path, target: first };
  const node = nodeOf(walk, path, stat, walk.calls.listXattrs(pathOf(walk.upper, path)));
  // With several names all are written: the others are links to this one.
  if (
    stat.nlink === 1n &&
    below &&
    isSameObject(walk, path, stat, below, node) &&
    isSameContent(walk, path, stat, below)
  )
    return;
  if (stat.nlink > 1n) walk.firstNames.set(inode, path);
  yield { kind: 'node', path, node };
}

function nodeOf(
  walk: Walk,
  path: ByteString,
  stat: BigIntStats,
  attributes: Readonly<Record<string, ByteString>>,
): TreeNode {
  const object = objectOnDisk(walk.ownership, stat, attributes);
  const { type } = object;
  const kept = Object.entries(attributes).filter(([name]) => isLayerXattr(name));
  const time = timestampOf(stat.mtimeNs);
  const where = pathOf(walk.upper, path);
  return {
    ...object,
    mode: Number(stat.mode) & 0o7777,
    size: type === 'file' ? Number(stat.size) : 0,
    mtime: time.seconds,
    mtimeNsec: time.nanoseconds,
    ...(type === 'symlink' && { link: fromBuffer(readlinkSync(where, { encoding: 'buffer' })) }),
    ...(kept.length > 0 && {
      xattrs: Object.fromEntries(kept.map(([name, value]) => [name, xattrForLayer(name, value)])),
    }),
    ...(type === 'file' && {
      content: { kind: 'file', path: fromBuffer(where), ino: Number(stat.ino) } as const,
    }),
  };
}

function isSameObject(
  walk: Walk,
  path: ByteString,
  stat: BigIntStats,
  below: BigIntStats | undefined,
  node: TreeNode,
): boolean {
  if (!below || stat.mode !== below.mode || stat.rdev !== below.rdev) return false;
  const attributes = walk.calls.listXattrs(pathOf(walk.lower, path));
  const object = objectOnDisk(walk.ownership, below, attributes);
  if (object.uid !== node.uid || object.gid !== node.gid) return false;
  if (object.devMajor !== node.devMajor || object.devMinor !== node.devMinor) return false;
  const before = Object.entries(attributes).filter(([name]) => isLayerXattr(name));
  const now = node.xattrs ?? {};
  return (
    before.length === Object.keys(now).length &&
    before.every(([name, value]) => now[name] === xattrForLayer(name, value))
  );
}

function isSameContent(walk: Walk, path: ByteString, stat: BigIntStats, below: BigIntStats): boolean {
  if (stat.size !== below.size || stat.mtimeNs !== below.mtimeNs) return false;
  const [now, before] = [pathOf(walk.upper, path), pathOf(walk.lower, path)];
  if (stat.isSymbolicLink()) return readlinkSync(now, 'latin1') === readlinkSync(before, 'latin1');
  return !stat.isFile() || stat.size === 0n || isSameBytes(now, before);
}

function isSameBytes(a: Buffer, b: Buffer): boolean {
  const fds = [a, b].map((path) => openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW)) as [
    number,
    number,
  ];
  const buffers = [Buffer.allocUnsafe(1 << 18), Buffer.allocUnsafe(1 << 18)] as const;
  try {
    for (;;) {
      const lengths = [readSync(fds[0], buffers[0]), readSync(fds[1], buffers[1])] as const;
      if (
        lengths[0] !== lengths[1] ||
        !buffers[0].subarray(0, lengths[0]).equals(buffers[1].subarray(0, lengths[1]))
      )
        return false;
      if (lengths[0] === 0) return true;
    }
  } finally {
    fds.forEach((fd) => closeSync(fd));
  }
}

function pathOf(base: Buffer, path: ByteString): Buffer {
  return Buffer.concat([base, toBuffer(path)]);
}
