// An image whose documents are in the store, and the repository as the medium of its layers.
import type { Digest } from '../core/digest.js';
import { TsbuildError } from '../core/errors.js';
import { canonicalReference, repositoryName, type Reference } from '../oci/reference.js';
import type { Descriptor, ImageManifest } from '../oci/types.js';
import type { RegistryClient } from '../registry/client.js';
import type { Store } from '../store/store.js';
import type { Image } from './image.js';
import { imageOf } from './image-of.js';
import type { LayerSource } from './layer.js';

export interface OpeningOptions {
  readonly store: Pick<Store, 'readSmallBlob' | 'paths'>;
  /** Asked for when it is needed. */
  registry(): Promise<RegistryClient>;
}

/**
 * The image with that manifest, when its documents are all in the store. A layer that the store lacks is had from the
 * repository of the reference, and when that has it not, from one that had it once.
 * @throws TsbuildError REGISTRY_PROTOCOL
 */
export function openImage(
  options: OpeningOptions,
  reference: Reference,
  digest: Digest | undefined,
): Image | undefined {
  const { store } = options;
  const manifestBytes = digest && store.readSmallBlob(digest);
  if (!digest || !manifestBytes) return undefined;
  const manifest = JSON.parse(manifestBytes.toString('utf8')) as ImageManifest;
  const configBytes = store.readSmallBlob(manifest.config.digest);
  const source = repositorySource(options, reference);
  return (
    configBytes && imageOf({ digest, manifest, manifestBytes, configBytes }, source, 'REGISTRY_PROTOCOL')
  );
}

/** The repository of the reference. */
export function repositorySource({ store, registry }: OpeningOptions, reference: Reference): LayerSource {
  return {
    name: canonicalReference(reference),
    repository: reference,
    async *open(blob, signal) {
      const [client, { repositoriesWith }] = await Promise.all([
        registry(),
        import('../store/known-blobs.js'),
      ]);
      const isOther = (other: Reference): boolean => repositoryName(other) !== repositoryName(reference);
      const others = repositoriesWith(store.paths, blob.digest).filter(isOther);
      yield* fromFirst(client, [reference, ...others], blob, signal);
    },
  };
}

/** From the first repository that has it; when none has, the failure is the first one's. */
async function* fromFirst(
  client: RegistryClient,
  [first, ...others]: readonly [Reference, ...Reference[]],
  blob: Descriptor,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  let isBegun = false;
  try {
    for await (const chunk of client.fetchBlob(first, blob, { signal })) {
      isBegun = true;
      yield chunk;
    }
  } catch (error) {
    const [next, ...rest] = others;
    if (isBegun || !next || !isAbsence(error)) throw error;
    try {
      yield* fromFirst(client, [next, ...rest], blob, signal);
    } catch (later) {
      throw isAbsence(later) ? error : later;
    }
  }
}

/** Registries say of what may not be seen that it is not there, or the other way round. */
function isAbsence(error: unknown): boolean {
  return (
    error instanceof TsbuildError &&
    (error.code === 'REGISTRY_NOT_FOUND' || error.code === 'REGISTRY_UNAUTHORIZED')
  );
}
