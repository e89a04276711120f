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
import type { ContentDigests } from './content-digests.js';
import { LAYERS_AT_A_TIME, type LayerFiles } from './layer-files.js';
import type { Layer } from './layer.js';
import type { Store } from '../store/store.js';
import { createOnce } from '../core/once.js';

export interface TreesOptions {
  readonly store: Store;
  readonly files: LayerFiles;
  readonly contentDigests: ContentDigests;
}

/** Layers are given bottom first. Their indexes are brought in; their content is not, unless a function says so. */
export interface Trees {
  /** The tree that the layers make. */
  whole(layers: readonly Layer[]): Promise<LayeredTree>;
  /** The same tree for a few lookups (layer/sparse-tree.ts). */
  lookup(layers: readonly Layer[]): Promise<TreeView>;
  /** Brings in the content of the regular files at these paths (links followed), so that `view.read` can give it. */
  bringContent(layers: readonly Layer[], view: TreeView, paths: readonly ByteString[]): Promise<void>;
  /** Makes the tars of the layers that hold these nodes readable at an offset. */
  bringTars(layers: readonly Layer[], nodes: Iterable<TreeNode>): Promise<void>;
}

export function createTrees(options: TreesOptions): Trees {
  const { store, files } = options;
  const source = contentSource(options);
  const indexed = createOnce<DiffId, void>();
  /** By the digest of the diff ids. */
  const chains = new Map<string, ChainTree>();

  /** Layer by layer and not by recursion: an image may have thousands. Undefined when there is none. */
  async function chainTree(layers: readonly Layer[]): Promise<ChainTree | undefined> {
    await Promise.all(layers.map((layer) => indexed(layer.diffId, () => files.index(layer))));
    const hash = createHash('sha256');
    let tree: ChainTree | undefined;
    for (const { diffId } of layers) {
      const chain = hash.update(diffId).copy().digest('hex');
      const known = chains.get(chain);
      const search = () => lazySearch(() => store.searchIndex(diffId));
      tree = known ?? { diffId, below: tree, search: search() };
      if (!known) chains.set(chain, tree);
    }
    return tree;
  }

  function wholeTree(top: ChainTree | undefined): LayeredTree {
    const missing: ChainTree[] = [];
    let at = top;
    for (; at && !at.whole; at = at.below) missing.push(at);
    let whole = at?.whole ?? layeredTree([], source);
    for (const tree of missing.toReversed())
      whole = tree.whole = extendTree(whole, store.readIndex(tree.diffId));
    return whole;
  }

  async function bringTars(layers: readonly Layer[], nodes: Iterable<TreeNode>): Promise<void> {
    const needed = new Set<string>();
    for (const node of nodes) if (node.content?.kind === 'layer') needed.add(node.content.diffId);
    const missing = layers.filter(({ diffId }) => needed.has(diffId));
    await sideBySide(missing, LAYERS_AT_A_TIME, (layer) => files.tar(layer));
  }

  return {
    whole: async (layers) => wholeTree(await chainTree(layers)),
    async lookup(layers) {
      const tree = await chainTree(layers);
      if (!tree) return emptyTree;
      const searches = [...downFrom(tree)].map(({ search }) => search);
      return (tree.sparse ??= sparseTree({ layers: searches, source, whole: () => wholeTree(tree) }));
    },
    bringTars,
    async bringContent(layers, view, paths) {
      for (const path of paths) {
        const trace = tracePath(view, path, { followLast: true });
        const node = trace.kind === 'path' ? view.get(trace.path) : undefined;
        if (node?.content?.kind === 'layer' && files.readKept(node.content) === undefined)
          await bringTars(layers, [node]);
      }
    },
  };
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

function* downFrom(tree: ChainTree): Generator<ChainTree> {
  for (let at: ChainTree | undefined = tree; at; at = at.below) yield at;
}

function lazySearch(open: () => IndexSearch): IndexSearch {
  let opened: IndexSearch | undefined;
  return {
    at: (path) => (opened ??= open()).at(path),
    below: (path) => (opened ??= open()).below(path),
  };
}

function contentSource(options: TreesOptions): ContentSource {
  return {
    readContent: (ref, sizeBytes) => readContent(options, ref, sizeBytes),
    hashContent(ref, sizeBytes) {
      const compute = () => hashContent(options, ref, sizeBytes);
      return ref.kind === 'layer' && sizeBytes > 0 ? options.contentDigests.of(ref, compute) : compute();
    },
  };
}

function readContent(options: TreesOptions, ref: ContentRef, sizeBytes: number): Buffer {
  const kept = ref.kind === 'layer' ? options.files.readKept(ref) : undefined;
  if (kept) return kept;
  const data = Buffer.alloc(sizeBytes);
  let length = 0;
  eachChunk(options, ref, sizeBytes, (chunk) => void (length += chunk.copy(data, length)));
  return data.subarray(0, length);
}

function hashContent(options: TreesOptions, ref: ContentRef, sizeBytes: number): string {
  const hash = createHash('sha256');
  eachChunk(options, ref, sizeBytes, (chunk) => void hash.update(chunk));
  return hash.digest('hex');
}

function eachChunk(
  { store }: TreesOptions,
  ref: ContentRef,
  bytes: number,
  onChunk: (chunk: Buffer) => void,
): void {
  if (ref.kind !== 'layer')
    throw new TsbuildError('STORE_CORRUPT', 'a layer refers to content outside of the store');
  const tar = store.openTar(ref.diffId);
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
