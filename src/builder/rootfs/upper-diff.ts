// What a step changed, from the upper directory of its overlay to layer entries (BuildKit util/overlay/overlay_linux.go):
// an object that is as it was below is no change, a directory's time alone is none, and the root itself never is one.
// Nobody writes to the directory any more, and every directory is seen to be one before it is entered: no link is followed.
import { lstatSync, readdirSync, type BigIntStats } from 'node:fs';
import { fromUtf8, toPath, type ByteString } from '../../core/bytes.js';
import { TsbuildError } from '../../core/errors.js';
import type { LayerEntry } from '../../layer/entry.js';
import { joinPath } from '../../layer/tree-path.js';
import type { SystemCalls } from '../sandbox/syscalls.js';
import { isSameContent, isSameNode, nodeFrom, type Inspected, type NodeAt } from './node-at.js';
import type { Ownership } from './ownership.js';

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
    upper: fromUtf8(`${options.upper}/`),
    lower: fromUtf8(`${options.lower}/`),
    ownership: options.ownership,
    firstNames: new Map(),
  };
  yield* changesIn(walk, '' as ByteString, { hasLower: true });
}

interface Walk {
  readonly calls: SystemCalls;
  readonly upper: ByteString;
  readonly lower: ByteString;
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
  const names = readdirSync(toPath(pathIn(walk.upper, dir)), { encoding: 'latin1' }) as ByteString[];
  for (const name of names.sort()) {
    const path = joinPath(dir, name);
    if (walk.upper.length + path.length >= PATH_MAX)
      throw new TsbuildError(
        'LAYER_LIMIT',
        `a RUN step made a path of ${path.length} bytes: ${path.slice(0, 80)}…`,
      );
    const stat = lstatSync(toPath(pathIn(walk.upper, path)), { bigint: true });
    const below = hasLower
      ? lstatSync(toPath(pathIn(walk.lower, path)), { bigint: true, throwIfNoEntry: false })
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
  const found = inspect(walk, pathIn(walk.upper, path), stat);
  const isOpaque = found.attributes['user.overlay.opaque'] === 'y';
  const isMerged = below?.isDirectory() ?? false;
  const now = nodeFrom(found, walk.ownership);
  const { node } = now;
  let isWritten = !isMerged || isOpaque || !isAsBelow(walk, path, now, below);
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
  const inode = stat.nlink > 1n ? `${stat.dev}:${stat.ino}` : undefined;
  const first = inode === undefined ? undefined : walk.firstNames.get(inode);
  if (first !== undefined) return yield { kind: 'hardlink', path, target: first };
  const now = nodeFrom(inspect(walk, pathIn(walk.upper, path), stat), walk.ownership);
  // With several names all are written: the others are links to this one.
  if (inode !== undefined) walk.firstNames.set(inode, path);
  else if (isAsBelow(walk, path, now, below)) return;
  yield { kind: 'node', path, node: now.node };
}

/** Whether the layers below show it as it is now. What status alone tells apart is not looked at any closer. */
function isAsBelow(walk: Walk, path: ByteString, now: NodeAt, below: BigIntStats | undefined): boolean {
  if (below?.mode !== now.stat.mode) return false;
  const isFile = !below.isDirectory();
  if (isFile && (below.size !== now.stat.size || below.mtimeNs !== now.stat.mtimeNs)) return false;
  const before = nodeFrom(inspect(walk, pathIn(walk.lower, path), below), walk.ownership);
  return isSameNode(now, before) && (!isFile || isSameContent(now, before));
}

function inspect({ calls }: Walk, path: ByteString, stat: BigIntStats): Inspected {
  return { path, stat, attributes: calls.listXattrs(toPath(path)) };
}

function pathIn(base: ByteString, path: ByteString): ByteString {
  return (base + path) as ByteString;
}
