// Files of a directory as a layer of the store, so that a RUN can mount them or a stage can start from them: ignored files are not in it,
// owners are 0:0, and nothing that a step does can reach the host's files.
import type { ByteString } from '../core/bytes.js';
import { keyOf } from './step-key.js';
import { putRecord, readRecord } from './step-records.js';
import { computeCopy } from '../layer/copy/compute-copy.js';
import { selectSources } from '../layer/copy/select-sources.js';
import { digestSelection, digestTimes } from '../layer/copy/selection-digest.js';
import { emptyTree } from '../layer/memory-tree.js';
import type { TreeView } from '../layer/tree-view.js';
import { madeLayer, type Layer } from '../images/layer.js';
import { commitAtPlace } from './commit-at-place.js';
import type { BuildTools } from '../builder/build-tools.js';

export interface PlacedFiles {
  readonly view: TreeView;
  /** What the view is of, in words that later builds use too. */
  readonly from: string;
  readonly path: ByteString;
  readonly dest: ByteString;
  /** Files that were only touched are other files: whoever mounts them sees it. Nothing in the keys of steps depends on times. */
  readonly areTimesSeen: boolean;
}

/** `path` of the view as `dest` of a layer; made once per content. */
export async function layerOfFiles(
  session: BuildTools,
  { view, from, path, dest, areTimesSeen }: PlacedFiles,
): Promise<Layer> {
  const { store } = session;
  const selection = selectSources(view, { sources: [path], wildcards: 'literal', origin: 'context' });
  const content = digestSelection(selection);
  const inputs = { op: 'files', content, dest, ...(areTimesSeen && { times: digestTimes(selection) }) };
  const key = keyOf(inputs);
  return session.once(key, async () => {
    const known = readRecord(store, key);
    if (known && store.blobSize(known.diffId) === known.size && store.hasIndex(known.diffId))
      return madeLayer({ ...known, blob: known.diffId }, known.created);
    const entries = computeCopy({
      dest: emptyTree,
      sources: selection.sources.map((source) => ({ kind: 'copy', source })),
      destPath: dest,
      workdir: '/' as ByteString,
      now: { mtime: Math.floor(session.now()), mtimeNsec: 0 },
    });
    const place = { where: [from, path, dest], isCacheIgnored: false };
    const made = await commitAtPlace(session, place, entries);
    const { diffId, size } = made;
    const created = new Date(session.now() * 1000).toISOString();
    putRecord(store, key, { diffId, size, created, inputs });
    return madeLayer(made, created);
  });
}
