// Tree views of layer chains, made once per chain and extended layer by layer.
import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import type { ByteString } from '../core/bytes.js';
import { TsbuildError } from '../core/errors.js';
import type { ContentRef, TreeNode } from '../layer/entry.js';
import type { IndexSearch } from '../layer/index-search.js';
import { extendTree, layeredTree, type ContentSource, type LayeredTree } from '../layer/layered-tree.js';
import { emptyTree } from '../layer/memory-tree.js';
import { tracePath } from '../layer/resolve-path.js';
import { sparseTree } from '../layer/sparse-tree.js';
import type { TreeView } from '../layer/tree-view.js';
import type { ChainLayer } from './chain-layer.js';
import { ensureIndex, ensureTar, readKeptFile } from './layer-files.js';
import type { Session } from './session.js';

/** The tree that the layers (bottom first) make. Their indexes are brought in; their content is not. */
export async function treeOf(session: Session, layers: readonly ChainLayer[]): Promise<LayeredTree> {
  return (await chainTree(session, layers)).whole();
}

/** The same tree, its indexes decoded when it is first asked for. */
export async function lazyTreeOf(
  session: Session,
  layers: readonly ChainLayer[],
): Promise<() => LayeredTree> {
  return (await chainTree(session, layers)).whole;
}

/** The same tree for a few lookups (sparse-tree.ts). */
export async function lookupTreeOf(session: Session, layers: readonly ChainLayer[]): Promise<TreeView> {
  return (await chainTree(session, layers)).sparse;
}

interface ChainTree {
  /** Decoded when it is first asked for. */
  readonly whole: () => LayeredTree;
  readonly sparse: TreeView;
  /** Topmost first. */
  readonly searches: readonly IndexSearch[];
}

async function chainTree(session: Session, layers: readonly ChainLayer[]): Promise<ChainTree> {
  const top = layers.at(-1);
  if (!top) return { whole: () => layeredTree([], contentSource(session)), sparse: emptyTree, searches: [] };
  const chain = createHash('sha256')
    .update(layers.map((layer) => layer.diffId).join('\n'))
    .digest('hex');
  return session.once(`tree ${chain}`, async () => {
    const [below] = await Promise.all([chainTree(session, layers.slice(0, -1)), ensureIndex(session, top)]);
    const { store } = session;
    let decoded: LayeredTree | undefined;
    const whole = (): LayeredTree => (decoded ??= extendTree(below.whole(), store.readIndex(top.diffId)));
    const searches = [lazySearch(() => store.searchIndex(top.diffId)), ...below.searches];
    return {
      whole,
      sparse: sparseTree({ layers: searches, source: contentSource(session), whole }),
      searches,
    };
  });
}

function lazySearch(open: () => IndexSearch): IndexSearch {
  let opened: IndexSearch | undefined;
  return {
    at: (path) => (opened ??= open()).at(path),
    below: (path) => (opened ??= open()).below(path),
  };
}

function contentSource(session: Session): ContentSource {
  return {
    readContent: (ref, sizeBytes) => readContent(session, ref, sizeBytes),
    hashContent(ref, sizeBytes) {
      const compute = () => hashContent(session, ref, sizeBytes);
      return ref.kind === 'layer' && sizeBytes > 0 ? session.contentDigests.of(ref, compute) : compute();
    },
  };
}

/** Brings in the content of the regular files at these paths (links followed), so that `view.read` can give it. */
export async function bringContent(
  session: Session,
  layers: readonly ChainLayer[],
  view: TreeView,
  paths: readonly ByteString[],
): Promise<void> {
  for (const path of paths) {
    const trace = tracePath(view, path, { followLast: true });
    const node = trace.kind === 'path' ? view.get(trace.path) : undefined;
    if (node?.content?.kind !== 'layer') continue;
    if (readKeptFile(session, node.content) === undefined) await bringTar(session, layers, node);
  }
}

/** Makes the tars of the layers that hold these nodes readable at an offset. */
export async function bringTars(
  session: Session,
  layers: readonly ChainLayer[],
  nodes: Iterable<TreeNode>,
): Promise<void> {
  const needed = new Set<string>();
  for (const node of nodes) if (node.content?.kind === 'layer') needed.add(node.content.diffId);
  for (const layer of layers) if (needed.has(layer.diffId)) await ensureTar(session, layer);
}

async function bringTar(session: Session, layers: readonly ChainLayer[], node: TreeNode): Promise<void> {
  await bringTars(session, layers, [node]);
}

function readContent(session: Session, ref: ContentRef, sizeBytes: number): Buffer {
  const kept = ref.kind === 'layer' ? readKeptFile(session, ref) : undefined;
  if (kept) return kept;
  const data = Buffer.alloc(sizeBytes);
  let length = 0;
  eachChunk(session, ref, sizeBytes, (chunk) => void (length += chunk.copy(data, length)));
  return data.subarray(0, length);
}

function hashContent(session: Session, ref: ContentRef, sizeBytes: number): string {
  const hash = createHash('sha256');
  eachChunk(session, ref, sizeBytes, (chunk) => void hash.update(chunk));
  return hash.digest('hex');
}

function eachChunk(session: Session, ref: ContentRef, bytes: number, onChunk: (chunk: Buffer) => void): void {
  if (ref.kind !== 'layer')
    throw new TsbuildError('STORE_CORRUPT', 'a layer refers to content outside of the store');
  const fd = openSync(session.store.paths.blob(ref.diffId), 'r');
  try {
    const buffer = Buffer.alloc(Math.min(bytes, 1 << 20));
    for (let at = 0; at < bytes;) {
      const read = readSync(fd, buffer, 0, Math.min(buffer.length, bytes - at), ref.offset + at);
      if (read === 0) break;
      onChunk(buffer.subarray(0, read));
      at += read;
    }
  } finally {
    closeSync(fd);
  }
}
