// Brings the blob of a layer into the store from the medium it lies on, for whoever reads it on the way.
import { invariant } from '../core/errors.js';
import { reportStep } from '../core/step-events.js';
import { spoolWhile } from '../store/spool.js';
import type { BlobConsumer, LayerFilesOptions } from './layer-files.js';
import type { Layer } from './layer.js';

/**
 * The blob gets its name when `consume` has returned.
 * @throws what `consume` throws; TsbuildError REGISTRY_*, CONTEXT_NOT_FOUND, STORE_FULL, STORE_UNWRITABLE, ABORTED
 */
export function fetchBlob(
  options: LayerFilesOptions,
  { descriptor, source }: Layer,
  consume: BlobConsumer,
): Promise<void> {
  invariant(source, 'only layers of a base are fetched');
  const short = `${descriptor.digest.slice(0, 19)}`;
  const step = { id: `fetch ${descriptor.digest}`, name: `[internal] fetch ${source.name} ${short}` };
  return reportStep(options, step, async ({ id }) => {
    const { store, signal } = options;
    const bytes = source.open(descriptor, signal);
    const chunks = withProgress(options, bytes, { id, item: short, total: descriptor.size });
    const path = store.paths.blob(descriptor.digest);
    await spoolWhile(store.temporaryPath(), path, { chunks, size: descriptor.size }, consume);
  });
}

async function* withProgress(
  { emit, now }: Pick<LayerFilesOptions, 'emit' | 'now'>,
  chunks: AsyncIterable<Buffer>,
  progress: { readonly id: string; readonly item: string; readonly total: number },
): AsyncIterable<Buffer> {
  let current = 0;
  let shown = 0;
  for await (const chunk of chunks) {
    current += chunk.length;
    const time = now();
    if (time - shown >= 0.25 || current >= progress.total) {
      shown = time;
      const isDone = current >= progress.total;
      emit({ kind: 'step-progress', ...progress, current, unit: 'bytes', isDone, time });
    }
    // Whoever has the last of the promised bytes asks for no more.
    yield chunk;
  }
}
