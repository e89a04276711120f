// How two images differ: their files, their configs, their layers.
import { filledText, flag, object } from '../argument-checks.js';
import type { BuildOptions } from '../build-options.js';
import { closeAfter } from '../core/close-after.js';
import { compareConfigs } from '../image-contents/compare-configs.js';
import { compareLayers } from '../image-contents/compare-layers.js';
import { compareTrees, type TreeDifference } from '../image-contents/compare-trees.js';
import { measureTree } from '../image-contents/directory-sizes.js';
import type { ComparedImage, ComparedLayer, ImageDifference } from '../image-contents/image-difference.js';
import { createContentDigests } from '../images/content-digests.js';
import { layerInstructions } from '../images/image-history.js';
import type { Image } from '../images/image.js';
import type { LayerFiles } from '../images/layer-files.js';
import { createTrees } from '../images/trees.js';
import { ROOT } from '../core/tree-path.js';
import type { LayeredTree } from '../layer/layered-tree.js';
import type { Platform } from '../oci/platform.js';
import { platform as validPlatform } from '../validate-arguments.js';
import { onEngine, type OpenCommand } from './on-engine.js';
import { bringIndexes, openLayerFiles, openNamedImage } from './open-named-image.js';

export type * from '../image-contents/image-difference.js';

export interface DiffImagesRequest {
  /** Each a name or the beginning of an id of an image of the store, or a reference, which is fetched. */
  readonly before: string;
  readonly after: string;
  /** Of images for several platforms the ones to compare; default that of this machine. */
  readonly platform?: Platform;
  /** Lists the files of directories that were added or removed one by one; default the directory stands for them. */
  readonly areAllListed?: boolean;
}

const diffRequest = object(
  { before: filledText, after: filledText, platform: validPlatform, areAllListed: flag },
  ['before', 'after'],
);

/**
 * Times are not compared, and neither is the history. What a layer has not hashed is read when two files of one size
 * have to be told apart.
 * @throws TsbuildError IMAGE_NOT_FOUND, REGISTRY_*, LAYER_*, STORE_*, OPTION_INVALID, ABORTED
 */
export function diffImages(request: DiffImagesRequest, options: BuildOptions = {}): Promise<ImageDifference> {
  diffRequest(request, 'request');
  const { before, after, platform, areAllListed = false } = request;
  const choice = platform && { platform };
  return onEngine(options, async (open) => {
    const pair: Pair = {
      before: await openNamedImage(open, { image: before, ...choice }),
      after: await openNamedImage(open, { image: after, ...choice }),
    };
    const files = openLayerFiles(open);
    return closeAfter(async () => {
      const { trees, ...tree } = await compareFiles(open, { pair, files, areAllListed });
      const config = compareConfigs(pair.before.config, pair.after.config);
      return {
        isEqual: tree.files.length === 0 && config.length === 0,
        before: comparedImage(before, pair.before, trees.before),
        after: comparedImage(after, pair.after, trees.after),
        ...tree,
        config,
        layers: compareLayers(comparedLayers(pair.before), comparedLayers(pair.after)),
      };
    }, [files.settle]);
  });
}

interface Pair {
  readonly before: Image;
  readonly after: Image;
}

interface Comparison {
  readonly pair: Pair;
  readonly files: LayerFiles;
  readonly areAllListed: boolean;
}

/** Digests that had to be computed are kept in the indexes. */
async function compareFiles(
  { engine: { store }, signal }: OpenCommand,
  { pair, files, areAllListed }: Comparison,
): Promise<TreeDifference & { readonly trees: Readonly<Record<keyof Pair, LayeredTree>> }> {
  const contentDigests = createContentDigests(store);
  const trees = createTrees({ store, files, contentDigests });
  for (const image of [pair.before, pair.after]) await bringIndexes(files, image);
  const before = await trees.whole(pair.before.layers);
  const after = await trees.whole(pair.after.layers);
  const difference = await compareTrees(before, after, {
    areAllListed,
    signal,
    async bringContents(old, next) {
      await trees.bringTars(pair.before.layers, old);
      await trees.bringTars(pair.after.layers, next);
    },
  });
  contentDigests.save();
  return { ...difference, trees: { before, after } };
}

function comparedImage(name: string, { manifest, layers }: Image, tree: LayeredTree): ComparedImage {
  const { size } = measureTree(tree.root, ROOT);
  return { name, digest: manifest.digest, layers: layers.length, size };
}

function comparedLayers(image: Image): readonly ComparedLayer[] {
  const instructions = layerInstructions(image);
  return image.layers.map(({ diffId, descriptor: { size } }, place) => ({
    diffId,
    size,
    createdBy: instructions[place]!,
  }));
}
