// The compressed form of a layer, which is made once, whoever wants it, and remembered.
import type { Descriptor } from '../oci/types.js';
import { putCompressedForm, readCompressedForm, type CompressionInputs } from '../store/compressed-forms.js';
import type { Store } from '../store/store.js';
import { findOrMake } from './find-or-make.js';
import type { RecordSource } from './record-source.js';

export interface CompressOptions {
  readonly store: Pick<Store, 'paths' | 'blobSize'>;
  readonly signal: AbortSignal;
  /** Gets a sentence for the user. */
  note(message: string): void;
}

/**
 * Descriptor of a blob that lies in the store.
 * @param compress puts the blob there
 * @throws TsbuildError ABORTED, STORE_*, and what `compress` throws
 */
export async function compressOnce(
  { store, signal, note }: CompressOptions,
  inputs: CompressionInputs,
  compress: () => Promise<Descriptor>,
): Promise<Descriptor> {
  const result = await findOrMake(
    store.paths,
    {
      question: { inputs: { op: 'compress', ...inputs }, isCacheIgnored: false },
      sources: [formsIn(store, inputs)],
      async make() {
        const made = await compress();
        putCompressedForm(store.paths, inputs, made);
        return made;
      },
    },
    {
      signal,
      onWait: () => note(`another build is compressing the same layer; waiting for it: ${inputs.diffId}`),
    },
  );
  return result.kind === 'made' ? result.made : result.found.record;
}

/** What the store knows of one form. */
function formsIn(store: CompressOptions['store'], inputs: CompressionInputs): RecordSource<Descriptor> {
  return {
    name: 'the store',
    find() {
      const record = readCompressedForm(store.paths, inputs);
      if (!record) return undefined;
      const isHere = store.blobSize(record.digest) === record.size;
      // A form is on the disk before it is remembered.
      return { record, ...(isHere ? {} : { lost: 'blob' as const }), use: () => undefined };
    },
  };
}
