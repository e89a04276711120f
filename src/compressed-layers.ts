// The compressed forms of the layers of a build: the cache decides, an exporter compresses.
import { availableParallelism } from 'node:os';
import { compressOnce } from './cache/compress-once.js';
import type { DiffId } from './core/digest.js';
import { createOnce } from './core/once.js';
import { createTurns } from './core/turns.js';
import {
  compressionInputs,
  compressLayer,
  type CompressionChoice,
  type CompressionStore,
} from './export/compress-layer.js';
import type { Descriptor } from './oci/types.js';
import type { Store } from './store/store.js';
import type { GrowingFile } from './store/write-blob.js';

export interface CompressingOptions {
  readonly store: Pick<Store, 'paths' | 'blobSize' | 'openBlob' | 'putBlob'>;
  readonly signal: AbortSignal;
  /** Gets a sentence for the user. */
  note(message: string): void;
  /** Sees the chunks of a tar that is compressed. */
  reading?(diffId: DiffId, chunks: AsyncIterable<Buffer>): AsyncIterable<Buffer>;
}

/**
 * Gives the descriptor of a blob in the store.
 * @param onBegun is called when it is made here and now
 * @throws TsbuildError STORE_*, OPTION_UNSUPPORTED, ABORTED
 */
export type CompressedLayers = (
  diffId: DiffId,
  choice: CompressionChoice,
  onBegun?: (growing: GrowingFile) => void,
) => Promise<Descriptor>;

/** Each keeps all processors busy, but where it waits for the disk. */
const MAX_AT_A_TIME = 2;

/** Outputs that ask for the same form at once wait for one. */
export function createCompressedLayers(options: CompressingOptions): CompressedLayers {
  const { store, signal, reading = (_diffId, chunks) => chunks } = options;
  const watched: CompressionStore = {
    putBlob: store.putBlob,
    openBlob: (blob, stop) => reading(blob.digest as DiffId, store.openBlob(blob, stop)),
  };
  const once = createOnce<string, Descriptor>();
  const inTurn = createTurns(Math.min(MAX_AT_A_TIME, availableParallelism()));
  return (diffId, choice, onBegun) => {
    const inputs = compressionInputs(diffId, choice);
    return once(JSON.stringify(inputs), () =>
      compressOnce(options, inputs, () => inTurn(() => compressLayer(watched, inputs, signal, onBegun))),
    );
  };
}
