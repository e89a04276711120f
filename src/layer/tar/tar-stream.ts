// A tar from layer entries as a stream, hashed on the way.
import type { DiffId } from '../../core/digest.js';
import { invariant } from '../../core/errors.js';
import type { LayerEntry } from '../entry.js';
import { createChunkHasher } from './chunk-hasher.js';
import { tarChunks, type TarOptions } from './tar-chunks.js';

export interface WrittenLayer {
  /** Of the tar; it is uncompressed, so this is its digest too. */
  readonly diffId: DiffId;
  readonly size: number;
  /** What was written, sorted; every file with its sha256 and its place in this layer. */
  readonly index: LayerEntry[];
}

export interface TarStream {
  /**
   * To be read once, to the end. A chunk is valid until the `held`th after it (default 1: the next one) is asked for.
   */
  readonly chunks: AsyncGenerator<Buffer, void>;
  /** Once `chunks` has ended. */
  result(): WrittenLayer;
}

/** Streams the tar of `entries`. @throws as `tarChunks` */
export function createTarStream(
  entries: Iterable<LayerEntry>,
  options: TarOptions & { readonly held?: number } = {},
): TarStream {
  const tar = tarChunks(entries, { held: 1, ...options });
  const hasher = createChunkHasher();
  let written: WrittenLayer | undefined;

  async function* chunks(): AsyncGenerator<Buffer, void> {
    for await (const { data, ranges, contents } of tar.chunks) {
      const digests = hasher.add(data, ranges);
      contents.forEach((content, i) => content.settle(digests[i]!));
      yield data;
    }
    const diffId = hasher.digest();
    written = { diffId, size: tar.size(), index: tar.index(diffId) };
  }

  return {
    chunks: chunks(),
    result() {
      invariant(written, 'the tar is not finished');
      return written;
    },
  };
}
