// Digests of what is in layers, where the indexes lack them: a RUN does not hash what nobody copies out of its layer.
// What is found out is added to the index at the end, so that it is found out once.
import type { DiffId } from '../core/digest.js';
import type { ContentRef, LayerEntry } from '../layer/entry.js';
import { encodeIndex } from '../layer/index-codec.js';
import type { Store } from '../store/store.js';

export interface ContentDigests {
  /** sha256 in hex of a content of a layer, computed unless it was before. */
  of(ref: Extract<ContentRef, { kind: 'layer' }>, compute: () => string): string;
  /** Adds what was computed to the indexes. @throws TsbuildError STORE_FULL | STORE_UNWRITABLE | STORE_CORRUPT */
  save(): void;
}

/** By offset in the layer. */
type DigestsOfLayer = Map<number, string>;

export function createContentDigests(store: Pick<Store, 'readIndex' | 'putIndex'>): ContentDigests {
  const learned = new Map<DiffId, DigestsOfLayer>();

  function learnedOf(diffId: DiffId): DigestsOfLayer {
    const known = learned.get(diffId);
    if (known) return known;
    const digests: DigestsOfLayer = new Map();
    learned.set(diffId, digests);
    return digests;
  }

  return {
    of({ diffId, offset }, compute) {
      const digests = learnedOf(diffId);
      let digest = digests.get(offset);
      if (digest === undefined) digests.set(offset, (digest = compute()));
      return digest;
    },
    save() {
      for (const [diffId, digests] of learned)
        store.putIndex(
          diffId,
          encodeIndex(store.readIndex(diffId).map((entry) => withDigest(entry, digests))),
        );
      learned.clear();
    },
  };
}

function withDigest(entry: LayerEntry, digests: DigestsOfLayer): LayerEntry {
  // Files without content share an offset with what follows them.
  if (entry.kind !== 'node' || entry.node.content?.kind !== 'layer' || entry.node.size === 0) return entry;
  const sha256 = entry.node.sha256 ?? digests.get(entry.node.content.offset);
  // `sha256` is written before the spread, as in `withKnownDigests`.
  return sha256 === undefined ? entry : { ...entry, node: { sha256, ...entry.node } };
}
