// Takes the layers of an archived image into the store. A layer is verified while it is read: digest, size, diff id,
// and all that layers must not hold.
import { invariant } from '../../core/errors.js';
import { reportBytes } from '../../core/report-bytes.js';
import { reportStep, type Emitter } from '../../core/step-events.js';
import type { LayerLimits } from '../../layer/limits.js';
import { adoptFile } from '../../store/adopt-file.js';
import { indexLayer } from '../../store/index-layer.js';
import type { Store } from '../../store/store.js';
import type { Layer } from '../layer.js';
import { ofArchive, type ArchiveBlobs } from './archive-files.js';
import type { ArchivedImage } from './archived-image.js';

export interface TakeOptions extends Emitter {
  readonly store: Store;
  readonly limits: LayerLimits;
  readonly signal: AbortSignal;
}

/** Nothing is named. @throws TsbuildError ARCHIVE_INVALID, STORE_*, ABORTED */
export async function takeImage(
  options: TakeOptions,
  { image, blobs, attested }: ArchivedImage,
): Promise<void> {
  const { store } = options;
  for (const layer of image.layers)
    if (!store.hasWholeBlob(layer.descriptor)) await takeLayer(options, layer, blobs);
  await store.putSmallBlobs([image.configBytes, image.manifestBytes, ...(attested?.documents ?? [])]);
}

function takeLayer(
  options: TakeOptions,
  { diffId, descriptor, source }: Layer,
  blobs: ArchiveBlobs,
): Promise<void> {
  const { store, limits, signal } = options;
  const blob = blobs.get(descriptor.digest);
  invariant(blob && source, 'the layers of an archived image are in the archive');
  const { path, file } = blob;
  const short = descriptor.digest.slice(0, 19);
  const step = { id: `load ${descriptor.digest}`, name: `[internal] load layer ${short}` };
  return reportStep(options, step, async ({ id }) => {
    const chunks = reportBytes(options, file.open(), { id, item: short, total: descriptor.size });
    const read = (tee: AsyncIterable<Buffer>) =>
      indexLayer(tee, { diffId, paths: store.paths, limits, signal, expect: descriptor });
    try {
      if (file.temporary === undefined) await store.receiveBlob(descriptor, chunks, read);
      else await adoptFile(file.temporary, store.paths.blob(descriptor.digest), () => read(chunks));
    } catch (error) {
      throw ofArchive(error, source.name, path);
    }
  });
}
