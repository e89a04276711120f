// A tree that holds only what its layer has and another one has not: it lies over the tree of that layer
// (layer/layer-difference.ts). Contents are read where the index of the layer says, and checked against the digests
// that it has of them.
import { createHash } from 'node:crypto';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { toUtf8, type ByteString } from '../core/bytes.js';
import { invariant, TsbuildError } from '../core/errors.js';
import type { LayerEntry, NodeEntry } from '../layer/entry.js';
import { openContentFile } from '../layer/stored-content.js';
import { createContentSource, type ContentSource } from '../layer/tar/content-source.js';
import type { SystemCalls } from '../host/syscalls/system-calls.js';
import { O_DIRECTORY, O_RDONLY } from '../host/syscalls/open-flags.js';
import { createTreeWriter, type TreeWriter } from './tree-writer.js';
import type { UnpackOptions } from './unpack-layer.js';
import type { DiffId } from '../core/digest.js';
import { searchIndex } from '../layer/index-search.js';
import type { LayerDifference } from '../layer/layer-difference.js';
import { parentPath, ROOT } from '../core/tree-path.js';
import type { StorePaths } from '../store/store-paths.js';

const PIECE = 1 << 20;

/**
 * What must be unpacked over the tree of the similar layer; undefined when the index lacks the digest of such a
 * content, which then could not be checked: a process may have given the same layer before.
 * @throws TsbuildError STORE_CORRUPT
 */
export function differingEntries(
  paths: Pick<StorePaths, 'index'>,
  diffId: DiffId,
  { changed }: Pick<LayerDifference, 'changed'>,
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

export interface LayerDelta {
  /** Path of the layer's tar. */
  readonly tar: string;
  /** Of the layer, sorted, parents first; none of them a link or a mark. */
  readonly entries: readonly LayerEntry[];
}

/** Fills the empty directory `into`. @throws TsbuildError LAYER_* | STORE_CORRUPT | ABORTED */
export function unpackDelta(
  calls: SystemCalls,
  { tar, entries }: LayerDelta,
  into: string,
  { lowers, ownership, signal }: UnpackOptions,
): void {
  const root = openSync(into, O_RDONLY | O_DIRECTORY);
  const writer = createTreeWriter(calls, root, { lowers, ownership });
  const source = createContentSource(() => openContentFile(tar));
  try {
    for (const entry of entries) {
      if (signal.aborted) throw new TsbuildError('ABORTED', 'interrupted while unpacking a layer');
      writer.add(entry);
      if (entry.kind === 'node' && entry.node.type === 'file') writeContent(writer, source, tar, entry);
      writer.endEntry();
    }
    writer.finish(lowers);
  } finally {
    source.close();
    writer.close();
    closeSync(root);
  }
}

function writeContent(
  writer: TreeWriter,
  source: ContentSource,
  tar: string,
  { path, node }: NodeEntry,
): void {
  invariant(node.content?.kind === 'layer', `index entry ${path} has no place in its layer`);
  const reader = source.open(node.content, node.size);
  const hash = createHash('sha256');
  const piece = Buffer.allocUnsafe(Math.min(node.size, PIECE));
  for (let left = node.size; left > 0;) {
    const length = Math.min(left, piece.length);
    left -= length;
    reader.read({ data: piece, start: 0, length, isLast: left === 0 });
    const data = piece.subarray(0, length);
    hash.update(data);
    writer.write(data);
  }
  reader.close();
  if (hash.digest('hex') === node.sha256) return;
  throw new TsbuildError('STORE_CORRUPT', `${tar}: the content of ${toUtf8(path)} was changed`, {
    hint: `delete the file and build again: rm ${tar}`,
  });
}
