// COPY and ADD as a function: a destination tree and sources give the entries of the layer.
// Matches BuildKit's copier (solver/llbsolver/file/backend.go, docopy; fsutil's copy/copy.go).
// Invariant: dest is only looked at; every path that is written to is a path of the tree, resolved inside its root.
import type { ByteString } from '../../core/bytes.js';
import type { LayerEntry } from '../entry.js';
import type { TreeView } from '../tree-view.js';
import { joinPath, parentPath } from '../../core/tree-path.js';
import { resolvePath } from '../resolve-path.js';
import { extractArchive } from './add-archive.js';
import type { ChmodSpec } from './chmod.js';
import { createdDirectoryMode, type Owner, type Timestamp } from './copy-attributes.js';
import { copyEntries } from './copy-entries.js';
import { destinationOf, type Destination } from './destination.js';
import { makeDirectories } from './make-directories.js';
import type { SelectedSource } from './selection.js';
import { draftTree, type DraftTree } from './draft-tree.js';

/** One source of the instruction: copied, or an archive that ADD unpacks (entries in the order of the archive). */
export type CopySource =
  | { readonly kind: 'copy'; readonly source: SelectedSource }
  | { readonly kind: 'unpack'; readonly entries: Iterable<LayerEntry> };

export interface CopyRequest {
  /** The tree below the new layer; `emptyTree` for --link. */
  readonly dest: TreeView;
  /** In the order of the instruction. */
  readonly sources: readonly CopySource[];
  /** As in the Dockerfile, variables expanded; relative to `workdir`. */
  readonly destPath: ByteString;
  readonly workdir: ByteString;
  /** --chown; absent: the owner of the source, and 0:0 for directories made on the way. */
  readonly owner?: Owner | undefined;
  /** --chmod. */
  readonly chmod?: ChmodSpec | undefined;
  /** Time of directories made on the way. */
  readonly now: Timestamp;
}

/**
 * The entries of the layer, sorted bytewise, parents first; existing directories on the way come too, unchanged. No
 * sources or no change give no entries.
 * @throws TsbuildError COPY_CONFLICT with BuildKit's text; LAYER_UNSAFE for names that a layer cannot hold
 */
export function computeCopy(request: CopyRequest): LayerEntry[] {
  const tree = draftTree(request.dest);
  const destination = destinationOf(request.destPath, request.workdir);
  for (const source of request.sources) {
    if (source.kind === 'unpack') extractArchive(tree, source.entries, { ...request, destination });
    else copySource(tree, source.source, { ...request, destination });
  }
  return tree.entries();
}

interface SourceJob {
  readonly destination: Destination;
  readonly owner?: Owner | undefined;
  readonly chmod?: ChmodSpec | undefined;
  readonly now: Timestamp;
}

function copySource(tree: DraftTree, source: SelectedSource, job: SourceJob): void {
  const { destination, owner, chmod, now } = job;
  const attributes = { mode: createdDirectoryMode(chmod), owner, now };
  const parent = destination.isDirectory ? destination.path : parentPath(destination.path);
  makeDirectories(tree, resolvePath(tree, parent, { followLast: true }), attributes);
  const dest = resolvePath(tree, destination.path, { followLast: true });
  const target = targetOf(tree, source, dest);
  const isNewTop = source.entries[0]?.node.type === 'dir' && !tree.get(target);
  makeDirectories(tree, isNewTop ? target : parentPath(target), attributes);
  copyEntries(tree, source, { target, owner, chmod });
}

/**
 * A file copied to a directory goes into it under its own name; the content of a directory goes into the destination.
 */
function targetOf(tree: DraftTree, { name, entries }: SelectedSource, dest: ByteString): ByteString {
  const isIntoDirectory = entries[0]?.node.type !== 'dir' && tree.get(dest)?.type === 'dir';
  return isIntoDirectory ? joinPath(dest, name) : dest;
}
