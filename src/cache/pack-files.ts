// Files of a directory as a layer of the store, so that a RUN can mount them or a stage can start from them: ignored
// files are not in it, owners are 0:0, and nothing that a step does can reach the host's files.
import type { ByteString } from '../core/bytes.js';
import { computeCopy } from '../layer/copy/compute-copy.js';
import { selectSources } from '../layer/copy/select-sources.js';
import { digestSelection, digestTimes } from '../layer/copy/selection-digest.js';
import type { Selection } from '../layer/copy/selection.js';
import { emptyTree } from '../layer/memory-tree.js';
import type { TreeView } from '../layer/tree-view.js';
import { commitAtPlace } from './commit-at-place.js';
import { findOrMake } from './find-or-make.js';
import type { Place } from './record-source.js';
import type { Layer } from '../images/layer.js';
import type { StoredLayer } from '../store/stored-layer.js';
import { keepLayer, layerOf, type StepCache } from './step-cache.js';
import { keyOf } from './step-key.js';

export interface PlacedFiles {
  readonly view: TreeView;
  /** What the view is of, in words that later builds use too. */
  readonly from: string;
  readonly path: ByteString;
  readonly dest: ByteString;
  /**
   * Files that were only touched are other files: whoever mounts them sees it. Nothing in the keys of steps depends on
   * times.
   */
  readonly areTimesSeen: boolean;
}

/** `path` of the view as `dest` of a layer; made once per content. @throws TsbuildError as `commitAtPlace` */
export async function packFiles(
  cache: StepCache,
  { view, from, path, dest, areTimesSeen }: PlacedFiles,
): Promise<Layer> {
  const { store, ownSources: sources, signal } = cache;
  const selection = selectSources(view, { sources: [path], wildcards: 'literal', origin: 'context' });
  const content = digestSelection(selection);
  const inputs = { op: 'files', content, dest, ...(areTimesSeen && { times: digestTimes(selection) }) };
  return cache.once(keyOf(inputs), async () => {
    const place = cache.placeOf([from, path, dest]);
    const question = { inputs, isCacheIgnored: false, place: () => place };
    const make = async () => {
      const made = await makeLayer(cache, place, { selection, dest });
      return keepLayer(cache, made, { inputs, place });
    };
    const onWait = () => cache.note(`another build is packing the same files; waiting for it: ${from}`);
    const result = await findOrMake(store.paths, { question, sources, make }, { signal, onWait });
    if (result.kind === 'made') return result.made;
    await result.found.use();
    return layerOf(result.found.record);
  });
}

function makeLayer(
  cache: StepCache,
  place: Place,
  { selection, dest }: { readonly selection: Selection; readonly dest: ByteString },
): Promise<StoredLayer> {
  const entries = computeCopy({
    dest: emptyTree,
    sources: selection.sources.map((source) => ({ kind: 'copy', source })),
    destPath: dest,
    workdir: '/' as ByteString,
    now: { mtime: Math.floor(cache.now()), mtimeNsec: 0 },
  });
  return commitAtPlace(cache, { place, isCacheIgnored: false }, entries);
}
