// The compressed form of a layer, which is made once and remembered.
import type { DiffId } from '../core/digest.js';
import type { Once } from '../core/once.js';
import type { Descriptor } from '../oci/types.js';
import { putCompressedForm, readCompressedForm } from '../store/compressed-forms.js';
import type { Store } from '../store/store.js';
import { compressionInputs, compressLayer, type CompressionChoice } from './compress-layer.js';

export interface CompressingOptions {
  /** Outputs that want the same form at once wait for one. */
  readonly once: Once<string, Descriptor>;
  readonly signal: AbortSignal;
}

/** Descriptor of a blob that lies in the store. @throws TsbuildError STORE_*, OPTION_UNSUPPORTED, ABORTED */
export function compressedLayer(
  store: Pick<Store, 'paths' | 'blobSize' | 'openBlob' | 'putBlob'>,
  diffId: DiffId,
  choice: CompressionChoice,
  { once, signal }: CompressingOptions,
): Promise<Descriptor> {
  const inputs = compressionInputs(diffId, choice);
  return once(JSON.stringify(inputs), async () => {
    const known = readCompressedForm(store.paths, inputs);
    if (known && store.blobSize(known.digest) === known.size) return known;
    const made = await compressLayer(store, inputs, signal);
    putCompressedForm(store.paths, inputs, made);
    return made;
  });
}
