// All that is in a tree that processes may write to at this moment, as entries of an archive. Invariant: as
// live-node.ts; a directory comes before what is in it, and a file is open until the next entry is asked for.
import { toUtf8, type ByteString } from '../core/bytes.js';
import { TsbuildError } from '../core/errors.js';
import { joinPath, ROOT } from '../core/tree-path.js';
import type { LayerEntry } from '../layer/entry.js';
import type { SystemCalls } from '../host/syscalls/system-calls.js';
import { liveNamesIn, liveNodeAt, openNode, type LiveNode } from './live-node.js';
import type { Ownership } from './ownership.js';

export interface LiveTreeOptions {
  readonly ownership: Ownership;
  /** What the object itself is called in the archive; '' for a directory whose content is meant. */
  readonly name: ByteString;
  /**
   * Whether nothing of the object at this path is to be told but that it is there: of a directory what is in it, of a
   * file its content. Paths are below the object; `''` is itself.
   */
  readonly isBare?: (path: ByteString) => boolean;
}

/** Descriptors held at most, each of a directory on the way down. */
const MAX_OPEN_LEVELS = 512;

/**
 * What is at `object`, a directory that is open for reading and was not read yet. It stays the caller's to close.
 * @throws TsbuildError LAYER_LIMIT
 */
export function* liveTree(
  calls: SystemCalls,
  object: number,
  { ownership, name, isBare = () => false }: LiveTreeOptions,
): Generator<LayerEntry> {
  const walk: Walk = { calls, ownership, name, isBare, firstNames: new Map() };
  const { node } = openNode(walk, object, calls.inodeStatus(object));
  yield { kind: 'node', path: name, node };
  if (!isBare(ROOT)) yield* below(walk, object, ROOT, 0);
}

/** The same of anything in an open directory; nothing when it is gone. */
export function* liveObject(
  calls: SystemCalls,
  parent: number,
  entry: ByteString,
  options: LiveTreeOptions,
): Generator<LayerEntry> {
  const found = liveNodeAt({ calls, ownership: options.ownership }, parent, entry);
  if (!found) return;
  try {
    if (found.node.type === 'dir') yield* liveTree(calls, found.fd!, options);
    else yield { kind: 'node', path: options.name, node: found.node };
  } finally {
    if (found.fd !== undefined) calls.close(found.fd);
  }
}

interface Walk {
  readonly calls: SystemCalls;
  readonly ownership: Ownership;
  readonly name: ByteString;
  readonly isBare: (path: ByteString) => boolean;
  /** Inode to the first name that it was seen under. */
  readonly firstNames: Map<string, ByteString>;
}

function* below(walk: Walk, directory: number, path: ByteString, level: number): Generator<LayerEntry> {
  const { calls } = walk;
  if (level > MAX_OPEN_LEVELS)
    throw new TsbuildError('LAYER_LIMIT', `directories are ${level} deep: /${toUtf8(path).slice(0, 80)}…`);
  for (const child of liveNamesIn(calls, directory)) {
    const found = liveNodeAt(walk, directory, child);
    if (!found) continue;
    try {
      yield* entriesOf(walk, found, joinPath(path, child), level);
    } finally {
      if (found.fd !== undefined) calls.close(found.fd);
    }
  }
}

function* entriesOf(
  walk: Walk,
  { node, stat, fd }: LiveNode,
  path: ByteString,
  level: number,
): Generator<LayerEntry> {
  const shown = joinPath(walk.name, path);
  if (node.type === 'dir') {
    yield { kind: 'node', path: shown, node };
    if (!walk.isBare(path)) yield* below(walk, fd!, path, level + 1);
    return;
  }
  if (walk.isBare(path)) {
    const { content: _, ...rest } = node;
    return yield { kind: 'node', path: shown, node: { ...rest, size: 0 } };
  }
  const first = stat.identity === undefined ? undefined : walk.firstNames.get(stat.identity);
  if (first !== undefined) return yield { kind: 'hardlink', path: shown, target: first, node };
  if (stat.identity !== undefined) walk.firstNames.set(stat.identity, shown);
  yield { kind: 'node', path: shown, node };
}
