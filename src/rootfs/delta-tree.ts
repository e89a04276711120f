// A tree that holds only what its layer has and another one has not: it lies over the tree of that layer, which it names.
import { closeSync, openSync, readFileSync } from 'node:fs';
import { fromUtf8, type ByteString } from '../core/bytes.js';
import { isDigest, type DiffId } from '../core/digest.js';
import type { LayerEntry } from '../layer/entry.js';
import { searchIndex } from '../layer/index-search.js';
import type { SimilarLayer } from '../layer/similar-layer.js';
import { parentPath, ROOT } from '../core/tree-path.js';
import type { StorePaths } from '../store/store-paths.js';
import type { SystemCalls } from '../host/syscalls/system-calls.js';
import { isSystemCallError } from '../host/syscalls/binding.js';
import { O_DIRECTORY, O_RDONLY } from '../host/syscalls/open-flags.js';

/** One of the attributes that overlayfs shows to nobody. */
const OVER = 'user.overlay.over';

/** The layer over whose tree a tree lies, by the extended attributes of its root; undefined for a whole one. */
export function layerBelow(xattrs: Readonly<Record<string, string>>): DiffId | undefined {
  const text = xattrs[OVER];
  return isDigest(text) ? (text as DiffId) : undefined;
}

/** False on a file system without extended attributes. */
export function markOver(calls: SystemCalls, tree: string, base: DiffId): boolean {
  const fd = openSync(tree, O_RDONLY | O_DIRECTORY);
  try {
    calls.setXattr(fd, OVER, fromUtf8(base));
    return true;
  } catch (error) {
    if (isSystemCallError(error, 'ENOTSUP', 'EOPNOTSUPP')) return false;
    throw error;
  } finally {
    closeSync(fd);
  }
}

/**
 * What must be unpacked over the tree of the similar layer; undefined when the index lacks the digest of such a content, which then could not
 * be checked: a RUN may have given the same layer before. @throws TsbuildError STORE_CORRUPT
 */
export function differingEntries(
  paths: Pick<StorePaths, 'index'>,
  diffId: DiffId,
  { changed }: Pick<SimilarLayer, 'changed'>,
): readonly LayerEntry[] | undefined {
  const index = searchIndex(readFileSync(paths.index(diffId)), diffId);
  // The root of a tree must look as it should, also when nothing else differs.
  const wanted = new Set<ByteString>([ROOT]);
  for (const path of changed) for (let at = path; !wanted.has(at); at = parentPath(at)) wanted.add(at);
  const entries = [...wanted].sort().flatMap((path) => index.at(path));
  return entries.some(isUnhashed) ? undefined : entries;
}

function isUnhashed(entry: LayerEntry): boolean {
  return entry.kind === 'node' && entry.node.type === 'file' && entry.node.sha256 === undefined;
}
