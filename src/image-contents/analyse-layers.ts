// From the indexes of the layers of an image to what it holds. One index is decoded at a time, and no content is read.
import { compareBytes, fromUtf8, toUtf8, type ByteString } from '../core/bytes.js';
import type { DiffId } from '../core/digest.js';
import { TsbuildError } from '../core/errors.js';
import { pause } from '../core/in-turns.js';
import { ROOT } from '../core/tree-path.js';
import { lookUp } from '../layer/apply-layer.js';
import type { DataRuns, LayerEntry, TreeNode } from '../layer/entry.js';
import type { LayeredTree } from '../layer/layered-tree.js';
import { emptyTree } from '../layer/memory-tree.js';
import { tracePath } from '../layer/resolve-path.js';
import { treeChanges, type TreeChange } from '../layer/tree-changes.js';
import { createSizeOnce, measureTree, sizesOf } from './directory-sizes.js';
import type { FileSize, ImageContents, LayerContents, WastedFile } from './image-contents.js';
import { keepLargest } from './largest.js';
import { createChangeSum, isOfDirectory, kindOf } from './layer-changes.js';
import { createNameCount, type LostContent, type NameCount } from './lost-contents.js';

export interface AnalysedLayer extends Pick<LayerContents, 'diffId' | 'compressedSize' | 'createdBy'> {
  /** Bytes of the tar, when they are known. */
  readonly size?: number;
  /** As the index has them, in objects of their own. */
  entries(): readonly LayerEntry[];
}

export interface ContentsChoice {
  /** The directory or file whose sizes are wanted; links are followed. Default the root. */
  readonly path?: string;
  /** Files that are named, of the largest and of the wasted; default 20. */
  readonly limit?: number;
  /** Directories and files below this part of the whole are left out of the tree of sizes; default 0. */
  readonly share?: number;
  /** How far below the top the tree of sizes goes; default all the way. */
  readonly depth?: number;
  /** Names of changes in each layer: deeper ones are summed up in the directory there. Default none are named. */
  readonly changesDepth?: number;
}

/**
 * @param layers bottom first
 * @throws TsbuildError IMAGE_NOT_FOUND for a path that the image lacks, LAYER_INVALID, ABORTED, and what `entries`
 * throws
 */
export async function analyseLayers(
  layers: readonly AnalysedLayer[],
  choice: ContentsChoice,
  signal: AbortSignal,
): Promise<ImageContents> {
  const { limit = DEFAULT_LIMIT } = choice;
  const names = createNameCount();
  const wasted = createWaste(layers, limit);
  const contents: LayerContents[] = [];
  let tree: LayeredTree = emptyTree;
  for (const [place, layer] of layers.entries()) {
    const entries = layer.entries();
    const above = tree.extend(entries);
    const { diffId, size = endOf(entries), compressedSize, createdBy } = layer;
    contents.push({
      diffId,
      size,
      ...(compressedSize !== undefined && { compressedSize }),
      createdBy,
      ...changesOf({ diffId, below: tree, above, names, depth: choice.changesDepth }),
    });
    wasted.add(names.endLayer(), place);
    tree = above;
    await pause(signal);
  }
  return { layers: contents, ...sizesOfTree(tree, layers, { ...choice, limit }), ...wasted.sum() };
}

const DEFAULT_LIMIT = 20;

/** The end of the last content in the tar. */
function endOf(entries: readonly LayerEntry[]): number {
  let end = 0;
  for (const entry of entries) {
    if (entry.kind !== 'node' || entry.node.content?.kind !== 'layer') continue;
    const { size, content } = entry.node;
    end = Math.max(end, content.offset + (content.runs ? dataOf(content.runs) : size));
  }
  return end;
}

function dataOf(runs: DataRuns): number {
  return runs.reduce((sum, length, i) => (i % 2 === 1 ? sum + length : sum), 0);
}

interface Step {
  readonly diffId: DiffId;
  readonly below: LayeredTree;
  readonly above: LayeredTree;
  readonly names: NameCount;
  readonly depth: number | undefined;
}

function changesOf({
  diffId,
  below,
  above,
  names,
  depth,
}: Step): Pick<LayerContents, 'added' | 'changed' | 'deleted' | 'bytesAdded' | 'changes'> {
  const counts = { added: 0, changed: 0, deleted: 0 };
  const sum = depth === undefined ? undefined : createChangeSum(depth);
  const sizeOnce = createSizeOnce();
  let bytesAdded = 0;
  for (const change of treeChanges(below.root, above.root)) {
    names.note(change);
    const kind = kindOf(change);
    if (kind === undefined || isOfDirectory(change) || isSameContent(change)) continue;
    counts[kind]++;
    sum?.note(change);
    // A further name of a file of a layer below is no bytes of this one.
    const { content } = change.after ?? {};
    if (content?.kind === 'layer' && content.diffId === diffId) bytesAdded += sizeOnce(change.after!);
  }
  return { ...counts, bytesAdded, ...(sum && { changes: sum.lines() }) };
}

/** Of a file that got or lost another name. */
function isSameContent({ before, after }: TreeChange): boolean {
  return before?.content !== undefined && before.content === after?.content;
}

/** Where a content was written: the last layer up to `top` that is this one, since one may be there twice. */
function layerOf(layers: readonly AnalysedLayer[], { content }: TreeNode, top: number): number {
  const diffId = content?.kind === 'layer' ? content.diffId : undefined;
  for (let place = top; place >= 0; place--) if (layers[place]!.diffId === diffId) return place;
  return top;
}

function createWaste(layers: readonly AnalysedLayer[], limit: number) {
  const largest = keepLargest<WastedFile>(limit, bySize);
  let [wastedFiles, wastedBytes] = [0, 0];
  return {
    add(lost: readonly LostContent[], by: number): void {
      for (const { path, node, how } of lost) {
        if (node.size === 0) continue;
        wastedFiles++;
        wastedBytes += node.size;
        largest.add({ path: toUtf8(path), size: node.size, layer: layerOf(layers, node, by - 1), by, how });
      }
    },
    sum: () => ({ wasted: largest.items(), wastedFiles, wastedBytes }),
  };
}

function bySize(a: FileSize, b: FileSize): number {
  return b.size - a.size || compareBytes(a.path, b.path);
}

function sizesOfTree(
  tree: LayeredTree,
  layers: readonly AnalysedLayer[],
  { path: wanted = '', limit, share = 0, depth = Infinity }: ContentsChoice & { readonly limit: number },
): Pick<ImageContents, 'size' | 'files' | 'largestFiles' | 'root'> {
  const path = pathIn(tree, wanted);
  const top = lookUp(tree.root, path)!;
  const largest = keepLargest<FileSize>(limit, bySize);
  const add = (at: ByteString, node: TreeNode): void =>
    largest.add({ path: toUtf8(at), size: node.size, layer: layerOf(layers, node, layers.length - 1) });
  const own = measureTree(top, path, add);
  const whole = top === tree.root ? own : measureTree(tree.root, ROOT);
  const root = sizesOf(top, { name: toUtf8(path), whole: own.size, share, depth });
  return { ...whole, largestFiles: largest.items(), root };
}

/** @throws TsbuildError IMAGE_NOT_FOUND */
function pathIn(tree: LayeredTree, wanted: string): ByteString {
  const trace = tracePath(tree, fromUtf8(wanted), { followLast: true });
  if (trace.kind === 'path' && tree.get(trace.path)) return trace.path;
  throw new TsbuildError('IMAGE_NOT_FOUND', `the image has no ${JSON.stringify(wanted)}`, {
    hint: 'tsbuild tree without a path shows which directories there are',
  });
}
