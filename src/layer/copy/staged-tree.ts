// A tree under construction: a view with changes on top, which come out as the entries of one layer.
// Invariant: directories on the way to a change come out too, with the metadata they have: unpackers that lay each layer into a
// directory of its own would otherwise make them anew as 0755 root. The root itself never comes out.
import { TsbuildError, invariant } from '../../core/errors.js';
import { compareBytes, toUtf8, type ByteString } from '../../core/bytes.js';
import type { LayerEntry, TreeNode } from '../entry.js';
import type { TreeView } from '../tree-view.js';
import { ROOT, baseName, joinPath, parentPath } from '../tree-path.js';

export interface StagedTree {
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
  /** The changes, sorted bytewise. Parents stand before what is in them, the first name of a file before its hard links. */
  entries(): LayerEntry[];
}

/** The object behind a name; hard links share it. */
interface Inode {
  node: TreeNode;
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

const WHITEOUT_PREFIX = '.wh.';
const NO_NAMES: Map<ByteString, Slot> = new Map();

export function stagedTree(lower: Pick<TreeView, 'get'>): StagedTree {
  const root = passage();

  const nodeAt = ({ slot, isLowerVisible }: Place, path: ByteString): TreeNode | undefined =>
    slot?.inode?.node ?? (isLowerVisible && !slot?.isRemoved ? lower.get(path) : undefined);
  const get = (path: ByteString): TreeNode | undefined => nodeAt(placeOf(root, path), path);

  const set = (path: ByteString, slot: Slot): void => {
    if (path !== '') namesIn(passagesTo(root, parentPath(path))).set(baseName(path), slot);
  };
  const put = (path: ByteString, node: TreeNode): void => {
    refuseWhiteoutName(path);
    const { slot, isLowerVisible } = placeOf(root, path);
    const inode = { node: withoutInode(node) };
    const isMerge =
      node.type === 'dir' && slot && !slot.isRemoved && (slot.inode?.node.type ?? 'dir') === 'dir';
    if (isMerge) slot.inode = inode;
    else {
      const isHiding = slot !== undefined && isLowerVisible && lower.get(path)?.type === 'dir';
      set(path, { inode, names: NO_NAMES, isRemoved: false, isOpaque: node.type === 'dir' && isHiding });
    }
  };
  const copyUp = (path: ByteString): Inode => {
    const { slot, isLowerVisible } = placeOf(root, path);
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
      set(path, { inode: copyUp(target), names: NO_NAMES, isRemoved: false, isOpaque: false });
    },
    entries: () => entriesOf(root, lower),
  };
}

function passage(): Slot {
  return { inode: undefined, names: NO_NAMES, isRemoved: false, isOpaque: false };
}

function namesIn(slot: Slot): Map<ByteString, Slot> {
  if (slot.names === NO_NAMES) slot.names = new Map();
  return slot.names;
}

function placeOf(root: Slot, path: ByteString): Place {
  if (path === '') return { slot: root, isLowerVisible: true };
  let slot = root;
  let isLowerVisible = true;
  for (let start = 0; ;) {
    const slash = path.indexOf('/', start);
    const name = (slash === -1 ? path.slice(start) : path.slice(start, slash)) as ByteString;
    const next = slot.names.get(name);
    if (!next || slash === -1) return { slot: next, isLowerVisible };
    if (hidesLower(next)) isLowerVisible = false;
    slot = next;
    start = slash + 1;
  }
}

function hidesLower({ inode, isRemoved, isOpaque }: Slot): boolean {
  return isRemoved || isOpaque || (inode !== undefined && inode.node.type !== 'dir');
}

/** The slot of a directory, with slots on the way to it. */
function passagesTo(root: Slot, path: ByteString): Slot {
  let slot = root;
  for (const name of path === '' ? [] : (path.split('/') as ByteString[])) {
    let next = slot.names.get(name);
    if (!next) namesIn(slot).set(name, (next = passage()));
    slot = next;
  }
  return slot;
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
    const target = slot.inode && firstNames.get(slot.inode);
    if (slot.isRemoved) {
      if (lowerNode) entries.push({ kind: 'whiteout', path });
    } else if (target !== undefined) entries.push({ kind: 'hardlink', path, target });
    else {
      const node = slot.inode?.node ?? lowerNode;
      invariant(node, 'the way to a change exists');
      entries.push({ kind: 'node', path, node: withoutInode(node) });
      if (slot.inode) firstNames.set(slot.inode, path);
      if (slot.isOpaque) entries.push({ kind: 'opaque', path });
    }
  }
  return entries;
}

function sortedSlots(root: Slot): [ByteString, Slot][] {
  const slots: [ByteString, Slot][] = [];
  const pending: [ByteString, Slot][] = [[ROOT, root]];
  for (let next = pending.pop(); next; next = pending.pop()) {
    const [path, { names }] = next;
    for (const [name, slot] of names) {
      const below: [ByteString, Slot] = [joinPath(path, name), slot];
      slots.push(below);
      if (slot.names.size > 0) pending.push(below);
    }
  }
  return slots.sort(([a], [b]) => compareBytes(a, b));
}

function withoutInode(node: TreeNode): TreeNode {
  if (node.inode === undefined) return node;
  const { inode: _, ...rest } = node;
  return rest;
}
