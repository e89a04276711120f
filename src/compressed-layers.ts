// The compressed forms of the layers of a build, each made by one build while the others wait for it.
import { findOrMake } from './cache/find-or-make.js';
import type { RecordSource } from './cache/record-source.js';
import { keyOf, type StepKey } from './cache/step-key.js';
import type { DiffId } from './core/digest.js';
import { createOnce } from './core/once.js';
import { compressionInputs, compressLayer, type CompressionChoice } from './export/compress-layer.js';
import type { Descriptor } from './oci/types.js';
import { putCompressedForm, readCompressedForm, type CompressionInputs } from './store/compressed-forms.js';
import type { Store } from './store/store.js';

export interface CompressingOptions {
  readonly store: Pick<Store, 'paths' | 'blobSize' | 'openBlob' | 'putBlob'>;
  readonly signal: AbortSignal;
  /** Gets a sentence for the user. */
  note(message: string): void;
}

/** Gives the descriptor of a blob in the store. @throws TsbuildError STORE_*, OPTION_UNSUPPORTED, ABORTED */
export type CompressedLayers = (diffId: DiffId, choice: CompressionChoice) => Promise<Descriptor>;

/** Outputs that ask for the same form at once wait for one. */
export function createCompressedLayers({ store, signal, note }: CompressingOptions): CompressedLayers {
  const once = createOnce<StepKey, Descriptor>();
  const onWait = () => note('another build is compressing the same layer; waiting for it');
  return (diffId, choice) => {
    const inputs = compressionInputs(diffId, choice);
    const asked = { op: 'compress', ...inputs };
    return once(keyOf(asked), async () => {
      const work = {
        question: { inputs: asked, isCacheIgnored: false },
        sources: [rememberedForms(store, inputs)],
        make: async () => {
          const made = await compressLayer(store, inputs, signal);
          putCompressedForm(store.paths, inputs, made);
          return made;
        },
      };
      const result = await findOrMake(store.paths, work, { signal, onWait });
      return result.kind === 'made' ? result.made : result.found.record;
    });
  };
}

function rememberedForms(
  { paths, blobSize }: CompressingOptions['store'],
  inputs: CompressionInputs,
): RecordSource<Descriptor> {
  return {
    name: 'compressed forms',
    find() {
      const record = readCompressedForm(paths, inputs);
      if (!record) return undefined;
      const isThere = blobSize(record.digest) === record.size;
      // What is remembered is on the disk already.
      return { record, ...(!isThere && { lost: 'blob' }), use: () => undefined };
    },
  };
}
