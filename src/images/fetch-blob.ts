// Brings the blob of a layer into the store from the medium it lies on, and lets it be read on the way.
import { invariant, TsbuildError } from '../core/errors.js';
import { reportBytes } from '../core/report-bytes.js';
import { reportStep, type Emitter } from '../core/step-events.js';
import type { Store } from '../store/store.js';
import { refusedBy, type Layer } from './layer.js';

export interface FetchOptions extends Emitter {
  readonly store: Store;
  readonly signal: AbortSignal;
}

/** Reads the blob while it comes. It grows at `temporary`; a `tee` that ends has had the promised bytes. */
export type BlobConsumer = (tee: AsyncIterable<Buffer>, temporary: string) => Promise<void>;

/**
 * The blob gets its name when `consume` has returned.
 * @throws what `consume` throws; TsbuildError REGISTRY_*, CONTEXT_NOT_FOUND, STORE_FULL, STORE_UNWRITABLE, ABORTED
 */
export function fetchBlob(options: FetchOptions, layer: Layer, consume: BlobConsumer): Promise<void> {
  const { descriptor, source } = layer;
  invariant(source, 'only layers of a base are fetched');
  const short = `${descriptor.digest.slice(0, 19)}`;
  const step = { id: `fetch ${descriptor.digest}`, name: `[internal] fetch ${source.name} ${short}` };
  return reportStep(options, step, async ({ id }) => {
    const { store, signal } = options;
    const bytes = source.open(descriptor, signal);
    const chunks = reportBytes(options, bytes, { id, item: short, total: descriptor.size });
    try {
      await store.receiveBlob(descriptor, chunks, consume);
      if (source.repository) {
        const { rememberBlobs } = await import('../store/known-blobs.js');
        rememberBlobs(store.paths, source.repository, [descriptor.digest]);
      }
    } catch (error) {
      throw refusedBy(layer, withName(error, `layer ${descriptor.digest} of ${source.name}`));
    }
  });
}

/** Who reads a layer tells what is wrong with it, and not which one it is. */
function withName(error: unknown, layer: string): unknown {
  const isOfContent = error instanceof TsbuildError && error.code.startsWith('LAYER_');
  return isOfContent ? error.with({ message: `${layer}: ${error.message}` }) : error;
}
