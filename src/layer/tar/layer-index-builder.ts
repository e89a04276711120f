// From the entries of one layer, in archive order, to its index: one entry per path, sorted, as an unpacker would leave
// the tree.
// Invariant: an entry that replaces another takes its subtree away unless both are directories; hard links of one file
// share it even when one of their names is replaced; the first name in order is the node, the others point to it.
import { compareBytes, type ByteString } from '../../core/bytes.js';
import type { DiffId } from '../../core/digest.js';
import { TsbuildError } from '../../core/errors.js';
import type { DataRuns, LayerEntry, TreeNode } from '../entry.js';
import { lineOf, lineOfFile } from '../index-codec.js';
import { withLinkMetadata } from '../link-metadata.js';
import { excerpt } from './entry-path.js';
import { parentPath } from '../../core/tree-path.js';
import { isKeptForLinks } from './whiteout-names.js';

/** A file system object with all its names. What is learnt while its content passes is filled in later. */
export interface PlacedNode {
  /** As the last header says that is about one of its names. */
  node: TreeNode;
  /** Of the content in the uncompressed archive; regular files only. */
  readonly offset: number | undefined;
  readonly runs?: DataRuns | undefined;
  sha256?: string;
  /** The name that stands first in the finished index. */
  firstName?: ByteString;
}

/** A hard link to something in a layer below. */
interface OutsideLink {
  readonly target: ByteString;
}

type Placed = readonly [ByteString, PlacedNode | OutsideLink];

export interface LayerIndexBuilder {
  /**
   * Takes the next entry of the archive; `offset` is that of its content, `runs` what of the content stands there when
   * it has holes.
   * @returns the node it placed, for filling in the hash; undefined for deletions and links
   * @throws TsbuildError LAYER_INVALID for a hard link to a directory
   */
  add(entry: LayerEntry, offset?: number, runs?: DataRuns): PlacedNode | undefined;
  /** The object placed so far at a path. */
  get(path: ByteString): TreeNode | undefined;
  /** @throws TsbuildError LAYER_INVALID for a hard link that stands before its target */
  finish(diffId: DiffId): LayerEntry[];
  /**
   * The lines of the same in its text form, in which the layer is not named. Instead of `finish`.
   * @throws as `finish`
   */
  finishedLines(): Iterable<string>;
}

/** Stands for the layer where it is not told. */
const UNNAMED = 'sha256:' as DiffId;

const RANK = { opaque: 0, whiteout: 1, node: 2, hardlink: 2 } as const;

function compareEntries(a: LayerEntry, b: LayerEntry): number {
  return compareBytes(a.path, b.path) || RANK[a.kind] - RANK[b.kind];
}

/** A node as the archive keeps it, with the place of its content. Undefined members are left out. */
function finishedNode({ node, offset, runs, sha256 }: PlacedNode, diffId: DiffId): TreeNode {
  const { type, uid, gid, size, mtime, mtimeNsec, link, xattrs } = node;
  const mode = node.mode & 0o7777;
  const hasXattrs = xattrs !== undefined && Object.keys(xattrs).length > 0;
  if (type === 'file' && offset !== undefined && sha256 !== undefined && !hasXattrs && !runs)
    return {
      type,
      mode,
      uid,
      gid,
      size,
      mtime,
      mtimeNsec,
      content: { kind: 'layer', diffId, offset },
      sha256,
    };
  const isFile = type === 'file';
  const isDevice = type === 'char' || type === 'block';
  return {
    type,
    mode,
    uid,
    gid,
    size: isFile ? size : 0,
    mtime,
    mtimeNsec,
    ...(type === 'symlink' && link !== undefined && { link }),
    ...(hasXattrs && { xattrs }),
    ...(isDevice && { devMajor: node.devMajor ?? 0, devMinor: node.devMinor ?? 0 }),
    ...(isFile &&
      offset !== undefined && { content: { kind: 'layer', diffId, offset, ...(runs && { runs }) } as const }),
    ...(isFile && sha256 !== undefined && { sha256 }),
  };
}

/** The line of the first name of a file that has nothing rare about it. */
function fileLine([path, object]: Placed): string | undefined {
  if (!('node' in object) || object.firstName !== undefined) return undefined;
  const { node, offset, runs, sha256 } = object;
  if (node.type !== 'file' || offset === undefined || node.xattrs || runs) return undefined;
  object.firstName = path;
  return lineOfFile(path, node, { offset, sha256 });
}

export function createLayerIndexBuilder(): LayerIndexBuilder {
  /** In archive order. As long as paths come sorted none replaces another, and this is all that is kept. */
  const sorted: Placed[] = [];
  let isSorted = true;
  /** What stands where. While paths come sorted it is made when something is looked up, which few archives need. */
  let places: Map<ByteString, Placed[1]> | undefined;
  /** Paths directly below a directory, also below one that has no entry of its own. */
  const children = new Map<ByteString, ByteString[]>();
  const deletions = new Map<string, LayerEntry>();
  /** What AUFS kept for hard links is in the layer by the names of those alone. */
  let isAnyKept = false;

  function placed(): Map<ByteString, Placed[1]> {
    return (places ??= new Map(sorted));
  }

  function register(path: ByteString): void {
    for (let child = path; child !== '' && !placed().has(child);) {
      const dir = parentPath(child);
      const siblings = children.get(dir);
      if (siblings) {
        siblings.push(child);
        return;
      }
      children.set(dir, [child]);
      child = dir;
    }
  }

  function removeBelow(path: ByteString): void {
    const pending = [path];
    for (let dir = pending.pop(); dir !== undefined; dir = pending.pop()) {
      for (const child of children.get(dir) ?? []) {
        placed().delete(child);
        pending.push(child);
      }
      children.delete(dir);
    }
  }

  function put(path: ByteString, object: Placed[1]): void {
    if (isSorted && isBehindLast(path)) {
      sorted.push([path, object]);
      places?.set(path, object);
      return;
    }
    if (isSorted) placeUnsorted();
    putAnywhere(path, object);
  }

  function isBehindLast(path: ByteString): boolean {
    const last = sorted.at(-1);
    return last === undefined || last[0] < path;
  }

  /** From the next path on, the nodes placed so far may be replaced. */
  function placeUnsorted(): void {
    isSorted = false;
    places = new Map();
    for (const [path, object] of sorted.splice(0)) putAnywhere(path, object);
  }

  function putAnywhere(path: ByteString, object: Placed[1]): void {
    const isDir = 'node' in object && object.node.type === 'dir';
    const old = placed().get(path);
    const wasDir = old === undefined || ('node' in old && old.node.type === 'dir');
    if (!(isDir && wasDir) && children.has(path)) removeBelow(path);
    else if (!old && !children.has(path)) register(path);
    placed().set(path, object);
  }

  function link({ path, target, node }: Extract<LayerEntry, { kind: 'hardlink' }>): void {
    const object = placed().get(target) ?? { target };
    if ('node' in object && object.node.type === 'dir') {
      throw new TsbuildError(
        'LAYER_INVALID',
        `tar: ${excerpt(path)}: hard link to the directory ${excerpt(target)}`,
      );
    }
    if (!('node' in object) && isKeptForLinks(target))
      throw new TsbuildError(
        'LAYER_INVALID',
        `tar: ${excerpt(path)}: hard link to ${excerpt(target)}, which is not there`,
      );
    if (node && 'node' in object) object.node = withLinkMetadata(object.node, node);
    put(path, object);
  }

  function finishedEntry([path, object]: Placed, diffId: DiffId): LayerEntry {
    if (!('node' in object)) {
      if (!placed().has(object.target)) return { kind: 'hardlink', path, target: object.target };
      throw new TsbuildError(
        'LAYER_INVALID',
        `tar: ${excerpt(path)}: hard link before its target ${excerpt(object.target)}`,
      );
    }
    if (object.firstName !== undefined) return { kind: 'hardlink', path, target: object.firstName };
    object.firstName = path;
    return { kind: 'node', path, node: finishedNode(object, diffId) };
  }

  function sortedObjects(): readonly Placed[] {
    const all = isSorted ? sorted : [...placed()].sort(([a], [b]) => compareBytes(a, b));
    return isAnyKept ? all.filter(([path]) => !isKeptForLinks(path)) : all;
  }

  function finish(diffId: DiffId): LayerEntry[] {
    const entries = sortedObjects().map((place) => finishedEntry(place, diffId));
    if (deletions.size === 0) return entries;
    const gone = [...deletions.values()].map(
      (entry): LayerEntry => ({ kind: entry.kind, path: entry.path }) as LayerEntry,
    );
    return [...entries, ...gone].sort(compareEntries);
  }

  return {
    add(entry, offset, runs) {
      if (entry.kind === 'hardlink') link(entry);
      else if (entry.kind !== 'node') deletions.set(`${entry.kind} ${entry.path}`, entry);
      else {
        const object: PlacedNode = runs ? { node: entry.node, offset, runs } : { node: entry.node, offset };
        isAnyKept ||= isKeptForLinks(entry.path);
        put(entry.path, object);
        return object;
      }
      return undefined;
    },
    get(path) {
      const object = placed().get(path);
      return object && 'node' in object ? object.node : undefined;
    },
    finish,
    *finishedLines() {
      if (deletions.size > 0) for (const entry of finish(UNNAMED)) yield lineOf(entry);
      else
        for (const place of sortedObjects()) yield fileLine(place) ?? lineOf(finishedEntry(place, UNNAMED));
    },
  };
}
