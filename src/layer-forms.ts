// The form in which an output has the layers of an image.
import { availableParallelism } from 'node:os';
import type { CompressedLayers } from './compressed-layers.js';
import { sideBySide } from './core/side-by-side.js';
import type { LayerFiles } from './images/layer-files.js';
import type { Layer } from './images/layer.js';
import { isForeignLayer } from './oci/assemble-image.js';
import { MEDIA, type Descriptor } from './oci/types.js';
import type { Compression, ImageForm } from './plan/request.js';
import type { Store } from './store/store.js';

export interface FormingTools {
  readonly store: Pick<Store, 'blobSize'>;
  readonly files: Pick<LayerFiles, 'tar'>;
  readonly compressed: CompressedLayers;
}

/**
 * Layers of a base stay the bytes that they are, unless the form asks for more; one made here, or anew, is in the store
 * when this returns.
 * @throws TsbuildError STORE_*, REGISTRY_*, LAYER_*, OPTION_UNSUPPORTED, ABORTED
 */
export async function formLayer(
  layer: Layer,
  form: Pick<ImageForm, 'compressionLevel' | 'forceCompression'> & { readonly compression: Compression },
  { store, files, compressed }: FormingTools,
): Promise<Descriptor> {
  const { diffId, descriptor, source } = layer;
  const { compression: kind, compressionLevel: level } = form;
  if (source && (form.forceCompression !== true || isForeignLayer(descriptor))) return descriptor;
  if (source) await files.tar(layer);
  if (kind === 'uncompressed')
    return { mediaType: MEDIA.ociLayer, digest: diffId, size: store.blobSize(diffId) ?? descriptor.size };
  return compressed(diffId, { kind, ...(level !== undefined && { level }) });
}

/** All of them, bottom first; as many at a time as there are processors. @throws as formLayer */
export async function formLayers(
  layers: readonly Layer[],
  form: Parameters<typeof formLayer>[1],
  tools: FormingTools,
): Promise<readonly Descriptor[]> {
  const formed = new Map<Layer, Descriptor>();
  await sideBySide(layers, availableParallelism(), async (layer) =>
    formed.set(layer, await formLayer(layer, form, tools)),
  );
  return layers.map((layer) => formed.get(layer)!);
}
