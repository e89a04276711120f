// A tree under construction: a view with changes on top, which come out as the entries of one layer.
// Invariant: directories on the way to a change come out too, with the metadata they have: unpackers that lay each
// layer into a directory of its own would otherwise make them anew as 0755 root. The root itself never comes out.
import { TsbuildError, invariant } from '../../core/errors.js';
import { compareBytes, toUtf8, type ByteString } from '../../core/bytes.js';
import type { LayerEntry, TreeNode } from '../entry.js';
import type { TreeView } from '../tree-view.js';
import { ROOT, baseName, joinPath, parentPath } from '../../core/tree-path.js';

export interface DraftTree {
  /** As TreeView.get, with the changes. */
  get(path: ByteString): TreeNode | undefined;
  /** Sets the object at `path`; a directory over a directory keeps what is in it. The parent must be a directory. */
  put(path: ByteString, node: TreeNode): void;
  /** Changes the metadata of an object, for all its names that this layer made. */
  update(path: ByteString, node: TreeNode): void;
  /** Removes the object with everything below it. */
  remove(path: ByteString): void;
  /** Makes `path` a further name of the file at `target`. */
  link(path: ByteString, target: ByteString): void;
  /**
   * The changes, sorted bytewise. Parents stand before what is in them, the first name of a file before its hard links.
   */
  entries(): LayerEntry[];
}

/** The object behind a name; hard links share it. */
interface Inode {
  node: TreeNode;
  /** It may have several names. */
  isLinked: boolean;
}

interface Slot {
  /** Absent: as in the view below, or removed. */
  inode: Inode | undefined;
  /** NO_NAMES until something is put below: most slots are files. */
  names: Map<ByteString, Slot>;
  readonly isRemoved: boolean;
  /** What the view below has in this directory does not show. */
  readonly isOpaque: boolean;
}

/** Where the way to a path ends: the slot, if it has one, and whether the view below shows there. */
interface Place {
  readonly slot: Slot | undefined;
  readonly isLowerVisible: boolean;
}

/** A directory with a slot, and whether the view below shows in it. */
interface Directory {
  readonly path: ByteString;
  readonly slot: Slot;
  readonly isLowerVisible: boolean;
}

const WHITEOUT_PREFIX = '.wh.';
const NO_NAMES: Map<ByteString, Slot> = new Map();

export function draftTree(lower: Pick<TreeView, 'get'>): DraftTree {
  const root: Directory = { path: ROOT, slot: passage(), isLowerVisible: true };
  /** The directory of the last path: copies come directory by directory. */
  let last = root;

  const enter = (parent: Directory, path: ByteString, slot: Slot): Directory => {
    const isShown = parent.isLowerVisible && !hidesLower(slot);
    // What was made where nothing is below is not looked for there, name by name.
    const isLowerVisible = isShown && (slot.inode === undefined || lower.get(path)?.type === 'dir');
    return { path, slot, isLowerVisible };
  };
  /** The directory, or the last one on the way to it that has a slot. */
  const nearest = (path: ByteString): Directory => {
    if (path === last.path) return last;
    let directory = path.startsWith(`${last.path}/`) ? last : root;
    while (directory.path !== path) {
      const start = directory.path === ROOT ? 0 : directory.path.length + 1;
      const slash = path.indexOf('/', start);
      const end = slash === -1 ? path.length : slash;
      const slot = directory.slot.names.get(path.slice(start, end) as ByteString);
      if (!slot) return directory;
      directory = enter(directory, path.slice(0, end) as ByteString, slot);
    }
    return (last = directory);
  };
  /** The slot of a directory, with slots on the way to it. */
  const makeWayTo = (path: ByteString): Slot => {
    const { path: known, slot } = nearest(path);
    const missing = path
      .slice(known.length)
      .split('/')
      .filter((name) => name !== '') as ByteString[];
    return missing.reduce((parent, name) => {
      const next = passage();
      namesIn(parent).set(name, next);
      return next;
    }, slot);
  };
  const placeOf = (path: ByteString): Place => {
    if (path === ROOT) return root;
    const parent = parentPath(path);
    const { path: found, slot, isLowerVisible } = nearest(parent);
    return { slot: found === parent ? slot.names.get(baseName(path)) : undefined, isLowerVisible };
  };
  const nodeAt = ({ slot, isLowerVisible }: Place, path: ByteString): TreeNode | undefined =>
    slot?.inode?.node ?? (isLowerVisible && !slot?.isRemoved ? lower.get(path) : undefined);
  const get = (path: ByteString): TreeNode | undefined => nodeAt(placeOf(path), path);

  const set = (path: ByteString, slot: Slot): void => {
    if (path === ROOT) return;
    // Now that is the last directory, and none whose slot is replaced.
    namesIn(makeWayTo(parentPath(path))).set(baseName(path), slot);
  };
  const put = (path: ByteString, node: TreeNode): void => {
    refuseWhiteoutName(path);
    const { slot, isLowerVisible } = placeOf(path);
    const inode = { node: withoutInode(node), isLinked: false };
    const isMerge =
      node.type === 'dir' && slot && !slot.isRemoved && (slot.inode?.node.type ?? 'dir') === 'dir';
    if (isMerge) slot.inode = inode;
    else {
      const isHiding = slot !== undefined && isLowerVisible && lower.get(path)?.type === 'dir';
      set(path, { inode, names: NO_NAMES, isRemoved: false, isOpaque: node.type === 'dir' && isHiding });
    }
  };
  const copyUp = (path: ByteString): Inode => {
    const { slot, isLowerVisible } = placeOf(path);
    if (slot?.inode) return slot.inode;
    const node = nodeAt({ slot, isLowerVisible }, path);
    invariant(node, 'only what exists is linked or updated');
    put(path, node);
    return copyUp(path);
  };
  return {
    get,
    put,
    update: (path, node) => {
      copyUp(path).node = withoutInode(node);
    },
    remove: (path) => {
      if (get(path)) set(path, { inode: undefined, names: NO_NAMES, isRemoved: true, isOpaque: false });
    },
    link: (path, target) => {
      refuseWhiteoutName(path);
      const inode = copyUp(target);
      inode.isLinked = true;
      set(path, { inode, names: NO_NAMES, isRemoved: false, isOpaque: false });
    },
    entries: () => entriesOf(root.slot, lower),
  };
}

function passage(): Slot {
  return { inode: undefined, names: NO_NAMES, isRemoved: false, isOpaque: false };
}

function namesIn(slot: Slot): Map<ByteString, Slot> {
  if (slot.names === NO_NAMES) slot.names = new Map();
  return slot.names;
}

function hidesLower({ inode, isRemoved, isOpaque }: Slot): boolean {
  return isRemoved || isOpaque || (inode !== undefined && inode.node.type !== 'dir');
}

/** A layer has no way to write such a name: it would remove a file instead. */
function refuseWhiteoutName(path: ByteString): void {
  if (!baseName(path).startsWith(WHITEOUT_PREFIX)) return;
  throw new TsbuildError(
    'LAYER_UNSAFE',
    `/${toUtf8(path)}: names that start with .wh. mean deletions in a layer`,
    {
      hint: 'rename the file, or leave it out with .dockerignore or --exclude',
    },
  );
}

function entriesOf(root: Slot, lower: Pick<TreeView, 'get'>): LayerEntry[] {
  const firstNames = new Map<Inode, ByteString>();
  const entries: LayerEntry[] = [];
  for (const [path, slot] of sortedSlots(root)) {
    const lowerNode = slot.inode ? undefined : lower.get(path);
    const target = slot.inode?.isLinked ? firstNames.get(slot.inode) : undefined;
    if (slot.isRemoved) {
      if (lowerNode) entries.push({ kind: 'whiteout', path });
    } else if (target !== undefined) entries.push({ kind: 'hardlink', path, target });
    else {
      const node = slot.inode?.node ?? lowerNode;
      invariant(node, 'the way to a change exists');
      entries.push({ kind: 'node', path, node: withoutInode(node) });
      if (slot.inode?.isLinked) firstNames.set(slot.inode, path);
      if (slot.isOpaque) entries.push({ kind: 'opaque', path });
    }
  }
  return entries;
}

function sortedSlots(root: Slot): [ByteString, Slot][] {
  const slots: [ByteString, Slot][] = [];
  const pending = [{ directory: ROOT, names: root.names.entries() }];
  for (let at = pending.at(-1); at; at = pending.at(-1)) {
    const next = at.names.next();
    if (next.done) pending.pop();
    else {
      const [name, slot] = next.value;
      const path = joinPath(at.directory, name);
      slots.push([path, slot]);
      if (slot.names.size > 0) pending.push({ directory: path, names: slot.names.entries() });
    }
  }
  // Nearly sorted when it was put in sorted: only `a/b` stands before `a-b`.
  return slots.sort(([a], [b]) => compareBytes(a, b));
}

function withoutInode(node: TreeNode): TreeNode {
  if (node.inode === undefined) return node;
  const { inode: _, ...rest } = node;
  return rest;
}
