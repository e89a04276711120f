// Tree views of layer chains, made once per chain and extended layer by layer.
import { createHash } from 'node:crypto';
import type { ByteString } from '../core/bytes.js';
import type { DiffId } from '../core/digest.js';
import { TsbuildError } from '../core/errors.js';
import { sideBySide } from '../core/side-by-side.js';
import type { ContentRef, TreeNode } from '../layer/entry.js';
import type { IndexSearch } from '../layer/index-search.js';
import { extendTree, layeredTree, type ContentSource, type LayeredTree } from '../layer/layered-tree.js';
import { emptyTree } from '../layer/memory-tree.js';
import { tracePath } from '../layer/resolve-path.js';
import { sparseTree } from '../layer/sparse-tree.js';
import type { TreeView } from '../layer/tree-view.js';
import type { ChainLayer } from './chain-layer.js';
import { readKeptFile } from '../store/kept-files.js';
import { ensureIndex, ensureTar, LAYERS_AT_A_TIME } from './layer-files.js';
import type { Session } from '../builder/session.js';

/** The tree that the layers (bottom first) make. Their indexes are brought in; their content is not. */
export async function treeOf(session: Session, layers: readonly ChainLayer[]): Promise<LayeredTree> {
  return wholeTree(session, await chainTree(session, layers));
}

/** The same tree, its indexes decoded when it is first asked for. */
export async function lazyTreeOf(
  session: Session,
  layers: readonly ChainLayer[],
): Promise<() => LayeredTree> {
  const tree = await chainTree(session, layers);
  return () => wholeTree(session, tree);
}

/** The same tree for a few lookups (sparse-tree.ts). */
export async function lookupTreeOf(session: Session, layers: readonly ChainLayer[]): Promise<TreeView> {
  const tree = await chainTree(session, layers);
  if (!tree) return emptyTree;
  const whole = (): LayeredTree => wholeTree(session, tree);
  const searches = [...downFrom(tree)].map(({ search }) => search);
  return (tree.sparse ??= sparseTree({ layers: searches, source: contentSource(session), whole }));
}

/** One layer and those below it. */
interface ChainTree {
  readonly diffId: DiffId;
  readonly below: ChainTree | undefined;
  readonly search: IndexSearch;
  /** Decoded when it is first asked for. */
  whole?: LayeredTree;
  sparse?: TreeView;
}

/** Layer by layer and not by recursion: an image may have thousands. Undefined when there is none. */
async function chainTree(session: Session, layers: readonly ChainLayer[]): Promise<ChainTree | undefined> {
  await Promise.all(
    layers.map((layer) => session.once(`index for trees ${layer.diffId}`, () => ensureIndex(session, layer))),
  );
  const hash = createHash('sha256');
  let tree: ChainTree | undefined;
  for (const { diffId } of layers) {
    const chain = hash.update(diffId).copy().digest('hex');
    const below = tree;
    const search = lazySearch(() => session.store.searchIndex(diffId));
    tree = await session.once(`tree ${chain}`, async (): Promise<ChainTree> => ({ diffId, below, search }));
  }
  return tree;
}

function* downFrom(tree: ChainTree): Generator<ChainTree> {
  for (let at: ChainTree | undefined = tree; at; at = at.below) yield at;
}

function wholeTree(session: Session, top: ChainTree | undefined): LayeredTree {
  const missing: ChainTree[] = [];
  let at = top;
  for (; at && !at.whole; at = at.below) missing.push(at);
  let whole = at?.whole ?? layeredTree([], contentSource(session));
  for (const tree of missing.toReversed())
    whole = tree.whole = extendTree(whole, session.store.readIndex(tree.diffId));
  return whole;
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
    if (readKeptFile(session.store.paths, node.content) === undefined) await bringTar(session, layers, node);
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
  const missing = layers.filter(({ diffId }) => needed.has(diffId));
  await sideBySide(missing, LAYERS_AT_A_TIME, (layer) => ensureTar(session, layer));
}

async function bringTar(session: Session, layers: readonly ChainLayer[], node: TreeNode): Promise<void> {
  await bringTars(session, layers, [node]);
}

function readContent(session: Session, ref: ContentRef, sizeBytes: number): Buffer {
  const kept = ref.kind === 'layer' ? readKeptFile(session.store.paths, ref) : undefined;
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
  const tar = session.store.openTar(ref.diffId);
  try {
    const buffer = Buffer.alloc(Math.min(bytes, 1 << 20));
    const readOn = tar.reader(ref);
    for (let at = 0; at < bytes;) {
      const read = readOn(buffer, 0, Math.min(buffer.length, bytes - at));
      if (read === 0) break;
      onChunk(buffer.subarray(0, read));
      at += read;
    }
  } finally {
    tar.close();
  }
}
