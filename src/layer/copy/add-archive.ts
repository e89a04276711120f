// ADD of a tar archive: its entries laid over a destination directory (BuildKit's solver/llbsolver/file/unpack.go).
// Invariant: the destination directory is the root of the archive. Links on the way, of the archive or of the
// destination, are followed on the tree under construction: absolute ones start at that root, and `..` does not lead
// above it. The entries come from the tar codec without whiteouts; the content of a file is wherever its node's
// ContentRef says, as a rule kind `file` with the offset in the spooled uncompressed archive.
import { TsbuildError } from '../../core/errors.js';
import { toUtf8, type ByteString } from '../../core/bytes.js';
import type { LayerEntry, TreeNode } from '../entry.js';
import { withLinkMetadata } from '../link-metadata.js';
import { parentPath } from '../../core/tree-path.js';
import { resolvePath } from '../resolve-path.js';
import { archiveName, archivePath } from './archive-path.js';
import type { Owner, Timestamp } from './copy-attributes.js';
import type { Destination } from './destination.js';
import { makeDirectories } from './make-directories.js';
import type { DraftTree } from './draft-tree.js';

/**
 * Puts the entries of an archive, in its order, onto the tree.
 * @param owner --chown: for every entry; absent: the owner in the archive
 * @throws TsbuildError LAYER_UNSAFE for names that lead out and for whiteout names, COPY_CONFLICT, LAYER_INVALID
 */
export function extractArchive(
  tree: DraftTree,
  entries: Iterable<LayerEntry>,
  {
    destination,
    owner,
    now,
  }: { readonly destination: Destination; readonly owner?: Owner | undefined; readonly now: Timestamp },
): void {
  const root = resolvePath(tree, destination.path, { followLast: true });
  makeDirectories(tree, root, { mode: 0o755, owner, now });
  for (const entry of entries) extractEntry({ tree, root, owner, now }, entry);
}

interface Extraction {
  readonly tree: DraftTree;
  /** The destination directory, resolved. */
  readonly root: ByteString;
  readonly owner: Owner | undefined;
  readonly now: Timestamp;
}

function extractEntry(job: Extraction, entry: LayerEntry): void {
  const name = archiveName(entry.path);
  if (name === '') return;
  if (entry.kind === 'whiteout' || entry.kind === 'opaque') {
    throw new TsbuildError('LAYER_UNSAFE', `/${toUtf8(name)}: an archive to add has no deletions`);
  }
  if (entry.kind === 'node') extractNode(job, name, entry.node);
  else extractLink(job, { name, targetName: archiveName(entry.target), node: entry.node });
}

/** In the year 2262. */
const MAX_SECONDS = 9_223_372_035;

function extractNode(job: Extraction, name: ByteString, node: TreeNode): void {
  refuseDeletionMark(name, node);
  const { tree } = job;
  const path = archivePath(job, name, { followLast: node.type === 'dir' });
  if (path === job.root) return;
  makeParents(job, path);
  const existing = tree.get(path);
  const extracted = ownedBy(job.owner, withBoundTime(node));
  if (node.type === 'dir' && existing?.type === 'dir') {
    tree.put(path, { ...extracted, ...mergedXattrs(existing, extracted) });
    return;
  }
  tree.remove(path);
  tree.put(path, extracted);
}

/** Overlayfs gives nobody a device 0:0, and an unpacker of the layer would delete everything below it. */
function refuseDeletionMark(name: ByteString, { type, devMajor, devMinor }: TreeNode): void {
  if (type !== 'char' || devMajor !== 0 || devMinor !== 0) return;
  throw new TsbuildError('LAYER_UNSAFE', `/${toUtf8(name)}: a device 0:0 is the mark of a deletion`);
}

function extractLink(
  job: Extraction,
  { name, targetName, node }: { name: ByteString; targetName: ByteString; node: TreeNode | undefined },
): void {
  const { tree } = job;
  const path = archivePath(job, name, { followLast: false });
  makeParents(job, path);
  const target = archivePath(job, targetName, { followLast: false });
  if (target !== path || tree.get(path)?.type === 'dir') tree.remove(path);
  const existing = tree.get(target);
  if (target === path || !existing || existing.type === 'dir') {
    const message = `link /${toUtf8(targetName)} /${toUtf8(name)}: the target is not a file of the archive`;
    throw new TsbuildError('LAYER_INVALID', message);
  }
  tree.link(path, target);
  tree.update(path, linkedNode(existing, node, job.owner));
}

/** The last header wins for all names; the owner alone when they are names of a symbolic link. */
function linkedNode(existing: TreeNode, header: TreeNode | undefined, owner: Owner | undefined): TreeNode {
  if (!header) return ownedBy(owner, existing);
  if (existing.type !== 'symlink') return ownedBy(owner, withLinkMetadata(existing, withBoundTime(header)));
  return ownedBy(owner ?? header, existing);
}

/** Parents that the archive does not have are 0755 root, whatever --chown says. */
function makeParents({ tree, now }: Extraction, path: ByteString): void {
  makeDirectories(tree, parentPath(path), { mode: 0o755, now });
}

function ownedBy(owner: Owner | undefined, node: TreeNode): TreeNode {
  return owner ? { ...node, uid: owner.uid, gid: owner.gid } : node;
}

/**
 * Times that a signed number of 64 bits does not hold as nanoseconds since 1970 are taken as 1970, and so are times
 * before.
 */
function withBoundTime(node: TreeNode): TreeNode {
  return node.mtime < 0 || node.mtime > MAX_SECONDS ? { ...node, mtime: 0, mtimeNsec: 0 } : node;
}

function mergedXattrs(existing: TreeNode, { xattrs }: TreeNode): Pick<TreeNode, 'xattrs'> {
  return existing.xattrs || xattrs ? { xattrs: { ...existing.xattrs, ...xattrs } } : {};
}
