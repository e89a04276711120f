// A layer of files beside an earlier one that very likely differs little from it: what stands there already need not be
// read from thousands of files, nor be unpacked again.
import type { ByteString } from '../../core/bytes.js';
import type { DiffId } from '../../core/digest.js';
import type { LayerEntry, NodeEntry, TreeNode } from '../entry.js';
import type { TarEntry } from '../tar/copied-entries.js';
import { parentPath } from '../../core/tree-path.js';
import { createRunOfCopies } from './run-of-copies.js';

export interface ComparedEntries {
  /**
   * The entries. Those that stand in the earlier layer as well are copied from its tar where that is possible; of
   * others a file of the host has its content there when it has the same bytes at the same path.
   */
  readonly entries: Iterable<TarEntry>;
  /**
   * When the entries were read to the end: the paths at which the layer differs from the earlier one, in their order.
   * Unpacked over the tree of that, with the directories on the way to them, they give the tree of the layer, whatever
   * lies below. Undefined when they would not: the layer lacks something that the earlier one has, since a mark of
   * deletion would hide it in the layers below too; it has links or marks; a directory has no entry, and looks like one
   * below; or it stands where the earlier layer has something else, which hides what is in it below. Undefined as well
   * when there are too many.
   */
  changes(): readonly ByteString[] | undefined;
  /**
   * When the entries were read to the end: where the layer has something else than the earlier one, or one of them has
   * nothing; the first of these paths in their order. Times do not count, as they do not for the cache.
   */
  differences(): { readonly paths: readonly ByteString[]; readonly count: number };
}

/** An earlier layer, which was made of sorted entries too. */
export interface EarlierLayer {
  readonly diffId: DiffId;
  /** Of its index, in order. Read as far as needed. */
  readonly rows: Iterator<LayerEntry, unknown>;
}

/** Paths that are named. */
const MAX_NAMED = 20;

/** Beyond, unpacking all of it takes little longer. */
const MAX_CHANGES = 1000;

/** @param entries sorted by path */
export function compareWithLast(
  entries: Iterable<LayerEntry>,
  { diffId, rows }: EarlierLayer,
): ComparedEntries {
  const directories = new Set<ByteString>(['' as ByteString]);
  const changed: ByteString[] = [];
  const differing: ByteString[] = [];
  let differences = 0;
  const run = createRunOfCopies(diffId);
  let count = 0;
  let isDifference = true;
  let old = rows.next();

  const noteDifference = (path: ByteString): void => {
    differences++;
    if (differing.length < MAX_NAMED) differing.push(path);
  };

  /** Passes by what the layer lacks. */
  function* passTo(path: ByteString): Generator<TarEntry, void> {
    isDifference = false;
    yield* run.end();
    for (; !old.done && old.value.path < path; old = rows.next()) {
      noteDifference(old.value.path);
      run.skip(old.value);
    }
  }

  /** The earlier entry of the path, if it has one; the entries before it are passed by. */
  function takeAt(path: ByteString): LayerEntry | undefined {
    if (old.done || old.value.path !== path) return undefined;
    const earlier: LayerEntry = old.value;
    old = rows.next();
    return earlier;
  }

  function noteDirectory(entry: LayerEntry): void {
    if (entry.kind !== 'node' || !directories.has(parentPath(entry.path))) isDifference = false;
    else if (entry.node.type === 'dir') directories.add(entry.path);
  }

  function* compared(): Generator<TarEntry, void> {
    for (const entry of entries) {
      count++;
      if (!old.done && old.value.path < entry.path) yield* passTo(entry.path);
      const earlier = takeAt(entry.path);
      noteDirectory(entry);
      if (entry.kind === 'node' && earlier?.kind === 'node' && isSameNode(entry.node, earlier.node)) {
        for (const copied of run.add(earlier)) yield copied;
        continue;
      }
      // What the layers below have in the directory is hidden by what the earlier layer has in its place.
      if (earlier && isDirectory(entry) && !isDirectory(earlier)) isDifference = false;
      changed.push(entry.path);
      if (!isSameButTime(entry, earlier)) noteDifference(entry.path);
      yield* run.end();
      if (earlier) run.skip(earlier);
      yield earlier ? withContentOf(entry, earlier) : entry;
    }
    yield* run.end();
    if (!old.done) isDifference = false;
    for (; !old.done; old = rows.next()) noteDifference(old.value.path);
  }

  return {
    entries: compared(),
    changes: () => (isDifference && changed.length <= Math.min(MAX_CHANGES, count / 2) ? changed : undefined),
    differences: () => ({ paths: differing, count: differences }),
  };
}

function isSameButTime(entry: LayerEntry, earlier: LayerEntry | undefined): boolean {
  if (entry.kind !== 'node' || earlier?.kind !== 'node') return false;
  const { mtime, mtimeNsec } = earlier.node;
  return isSameNode({ ...entry.node, mtime, mtimeNsec }, earlier.node);
}

function isDirectory(entry: LayerEntry): boolean {
  return entry.kind === 'node' && entry.node.type === 'dir';
}

function withContentOf(entry: LayerEntry, earlier: LayerEntry): LayerEntry {
  if (entry.kind !== 'node' || earlier.kind !== 'node' || !isSameContent(entry.node, earlier.node))
    return entry;
  const { content } = earlier.node;
  return content && entry.node.content?.kind === 'file' ? withContent(entry, content) : entry;
}

function withContent(entry: NodeEntry, content: NonNullable<TreeNode['content']>): LayerEntry {
  return { ...entry, node: { ...entry.node, content } };
}

/** A content that nobody hashed is like no other. */
function isSameContent(a: TreeNode, b: TreeNode): boolean {
  return a.sha256 !== undefined && a.sha256 === b.sha256 && a.size === b.size;
}

/** False also where that would take long to say: few have extended attributes, or are devices. */
function isSameNode(a: TreeNode, b: TreeNode): boolean {
  return (
    a.type === b.type &&
    (a.mode & 0o7777) === b.mode &&
    a.uid === b.uid &&
    a.gid === b.gid &&
    a.mtime === b.mtime &&
    a.mtimeNsec === b.mtimeNsec &&
    a.link === b.link &&
    a.xattrs === undefined &&
    b.xattrs === undefined &&
    a.devMajor === undefined &&
    b.devMajor === undefined &&
    (a.type !== 'file' || isSameContent(a, b))
  );
}
