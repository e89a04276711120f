// The data behind a layered tree: a trie of names whose branches are shared between the trees of a stack. Applying a
// layer copies only the directories on the way to its changes, each at most once.
// Order inside a layer does not matter for whiteouts and opaque marks: they act on what the layers below have.
import { TsbuildError } from '../core/errors.js';
import { compareBytes, toUtf8, type ByteString } from '../core/bytes.js';
import type { LayerEntry, TreeNode } from './entry.js';
import { parentPath, baseName } from '../core/tree-path.js';

/** Identifies one application of a layer: a branch may be changed only by the one that made it. */
interface Application {
  readonly layer: number;
}

export interface Branch {
  node: TreeNode;
  /** Empty for everything that is not a directory. */
  names: Map<ByteString, Branch>;
  /** Made when first asked for. */
  sorted: readonly ByteString[] | undefined;
  readonly madeBy: Application;
}

type HardLink = Extract<LayerEntry, { kind: 'hardlink' }>;

export const IMPLIED_DIRECTORY: TreeNode = {
  type: 'dir',
  mode: 0o755,
  uid: 0,
  gid: 0,
  size: 0,
  mtime: 0,
  mtimeNsec: 0,
};

/** The root of a tree with nothing in it. */
export function emptyBranch(): Branch {
  return makeBranch(IMPLIED_DIRECTORY, { layer: 0 });
}

/** The branch at a clean path; undefined when it does not exist. */
export function lookUp(root: Branch, path: ByteString): Branch | undefined {
  if (path === '') return root;
  let branch: Branch | undefined = root;
  for (let start = 0; branch && start <= path.length;) {
    const slash = path.indexOf('/', start);
    const end = slash === -1 ? path.length : slash;
    branch = branch.names.get(path.slice(start, end) as ByteString);
    start = end + 1;
  }
  return branch;
}

/** Names in a directory, sorted bytewise; empty for everything else. */
export function sortedNames(branch: Branch): readonly ByteString[] {
  return (branch.sorted ??= [...branch.names.keys()].sort(compareBytes));
}

/** A new root; `lower` stays as it is. */
export function applyLayer(lower: Branch, index: readonly LayerEntry[]): Branch {
  const by: Application = { layer: lower.madeBy.layer + 1 };
  const root = copyBranch(lower, by);
  for (const entry of index) {
    if (entry.kind === 'whiteout') remove(root, entry.path, by);
    else if (entry.kind === 'opaque') removeChildren(root, entry.path, by);
  }
  linkLate({ root, lower, by }, addNodes(root, index, by));
  return root;
}

/** Sets nodes and the links whose target this layer has set before; gives back the other links. */
function addNodes(root: Branch, index: readonly LayerEntry[], by: Application): HardLink[] {
  const late: HardLink[] = [];
  // Entries of one directory tend to stand together: the way to it is walked once.
  let near: { readonly path: ByteString; readonly directory: Branch } | undefined;
  for (const entry of index) {
    if (entry.kind === 'node' && entry.path === '') root.node = withoutInode(entry.node);
    if ((entry.kind !== 'node' && entry.kind !== 'hardlink') || entry.path === '') continue;
    const path = parentPath(entry.path);
    if (near?.path !== path) near = { path, directory: ownDirectory(root, path, by) };
    const name = baseName(entry.path);
    const replaced = near.directory.names.get(name);
    if (entry.kind === 'node') setNode(near.directory, name, withoutInode(entry.node), by);
    else {
      const target = lookUp(root, entry.target);
      if (target?.madeBy === by && target.node.type !== 'dir') setLink(near.directory, entry, target);
      else late.push(entry);
    }
    if (replaced?.node.type === 'dir') near = undefined;
  }
  return late;
}

/**
 * Links to a lower layer, or to an entry that a foreign layer has later on. A link to a link waits for that one: each
 * is made once.
 */
function linkLate(trees: { root: Branch; lower: Branch; by: Application }, links: readonly HardLink[]): void {
  const pending = new Map(links.map((link) => [link.path, link]));
  for (const link of links) {
    const chain = new Set<HardLink>();
    for (let next = pending.get(link.path); next; next = pending.get(next.target)) {
      if (chain.has(next)) throw danglingLink(next);
      chain.add(next);
    }
    for (const waiting of [...chain].reverse()) {
      makeLink(trees, waiting);
      pending.delete(waiting.path);
    }
  }
}

function makeLink(
  { root, lower, by }: { root: Branch; lower: Branch; by: Application },
  link: HardLink,
): void {
  const target = ownFile(root, link.target, by) ?? lowerFile(lower, link.target, by);
  if (!target) throw danglingLink(link);
  setLink(ownDirectory(root, parentPath(link.path), by), link, target);
}

function danglingLink({ path, target }: HardLink): TsbuildError {
  return new TsbuildError(
    'LAYER_INVALID',
    `hard link "/${toUtf8(path)}" points to "/${toUtf8(target)}", which is not a file of the image`,
  );
}

/** `target` is a branch of this application. */
function setLink(directory: Branch, { path, target: targetPath }: HardLink, target: Branch): void {
  if (path === targetPath) return;
  const { node, madeBy } = target;
  target.node = node.inode === undefined ? { ...node, inode: `${madeBy.layer}:${targetPath}` } : node;
  put(directory, baseName(path), makeBranch(target.node, madeBy));
}

function setNode(directory: Branch, name: ByteString, node: TreeNode, by: Application): void {
  const existing = directory.names.get(name);
  if (existing?.node.type === 'dir' && node.type === 'dir') {
    const own = existing.madeBy === by ? existing : copyBranch(existing, by);
    own.node = node;
    directory.names.set(name, own);
  } else put(directory, name, makeBranch(node, by));
}

function remove(root: Branch, path: ByteString, by: Application): void {
  if (path === '' || !lookUp(root, path)) return;
  const directory = ownDirectory(root, parentPath(path), by);
  directory.names.delete(baseName(path));
  directory.sorted = undefined;
}

function removeChildren(root: Branch, path: ByteString, by: Application): void {
  if (lookUp(root, path)?.node.type !== 'dir') return;
  const directory = ownDirectory(root, path, by);
  directory.names = new Map();
  directory.sorted = undefined;
}

/** The directory at `path`, made where it is missing or is something else, as a branch that may be changed. */
function ownDirectory(root: Branch, path: ByteString, by: Application): Branch {
  let branch = root;
  if (path === '') return branch;
  for (const part of path.split('/')) {
    const name = part as ByteString;
    const next = branch.names.get(name);
    if (next?.node.type !== 'dir') branch = put(branch, name, makeBranch(IMPLIED_DIRECTORY, by));
    else branch = next.madeBy === by ? next : put(branch, name, copyBranch(next, by));
  }
  return branch;
}

/** What a link may point to at `path`, as a branch that may be changed. */
function ownFile(root: Branch, path: ByteString, by: Application): Branch | undefined {
  const existing = lookUp(root, path);
  if (!existing || existing.node.type === 'dir') return undefined;
  if (existing.madeBy === by) return existing;
  return put(ownDirectory(root, parentPath(path), by), baseName(path), makeBranch(existing.node, by));
}

/** A file that this layer hides but links to: the link alone keeps it. */
function lowerFile(lower: Branch, path: ByteString, by: Application): Branch | undefined {
  const existing = lookUp(lower, path);
  return existing && existing.node.type !== 'dir' ? makeBranch(existing.node, by) : undefined;
}

function put(directory: Branch, name: ByteString, branch: Branch): Branch {
  if (!directory.names.has(name)) directory.sorted = undefined;
  directory.names.set(name, branch);
  return branch;
}

const NO_NAMES: Map<ByteString, Branch> = new Map();

function makeBranch(node: TreeNode, madeBy: Application): Branch {
  return { node, names: node.type === 'dir' ? new Map() : NO_NAMES, sorted: undefined, madeBy };
}

function copyBranch({ node, names, sorted }: Branch, madeBy: Application): Branch {
  return { node, names: new Map(names), sorted, madeBy };
}

/** Names of inodes hold inside one tree; those of another tree could coincide. */
function withoutInode(node: TreeNode): TreeNode {
  if (node.inode === undefined) return node;
  const { inode: _, ...rest } = node;
  return rest;
}
