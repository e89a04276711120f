// Where an image that is to be copied lies: a repository of a registry, or an OCI image layout on disk.
import type { Digest } from '../../core/digest.js';
import { TsbuildError } from '../../core/errors.js';
import { layoutContent, type LayoutPlace } from '../../images/layout-content.js';
import { familiarReference, type Reference } from '../../oci/reference.js';
import type { Descriptor } from '../../oci/types.js';
import type { RegistryClient } from '../../registry/client.js';
import type { NamedDocument } from '../../registry/select-image.js';

export interface ContentOrigin {
  /** For messages. */
  readonly name: string;
  /** Blobs can be mounted from there; absent for a layout. */
  readonly repository?: Reference;
  /** What the name stands for. */
  resolve(signal: AbortSignal): Promise<NamedDocument>;
  /** @throws TsbuildError REGISTRY_*, CONTEXT_NOT_FOUND, ABORTED, as all calls do */
  readManifest(digest: Digest, signal: AbortSignal): Promise<NamedDocument>;
  /** The bytes of a blob. Those of a layout are not verified: the repository that gets them does it. */
  openBlob(descriptor: Descriptor, signal: AbortSignal): AsyncIterable<Buffer>;
}

export function registryOrigin(client: RegistryClient, reference: Reference): ContentOrigin {
  return {
    name: familiarReference(reference),
    repository: reference,
    resolve: (signal) => client.resolve(reference, signal),
    readManifest: (digest, signal) => client.fetchManifest(reference, digest, signal),
    openBlob: (descriptor, signal) => client.fetchBlob(reference, descriptor, { signal }),
  };
}

/** @param digest what it stands for, wherever in the layout that is; absent: the reference of the place */
export function layoutOrigin(place: LayoutPlace, digest?: Digest): ContentOrigin {
  const content = layoutContent(place);
  return {
    name: content.name,
    resolve: async () => (digest === undefined ? content.resolve() : content.readManifest(digest)),
    readManifest: async (wanted) => content.readManifest(wanted),
    openBlob: ({ digest: wanted }) => content.openBlob(wanted),
  };
}

/** Nobody writes larger configs. */
const MAX_CONFIG_BYTES = 8 << 20;

/** A small blob, whole. @throws TsbuildError REGISTRY_PROTOCOL when it is not small, and what the origin throws */
export async function readSmallBlob(
  origin: ContentOrigin,
  descriptor: Descriptor,
  signal: AbortSignal,
  maxBytes = MAX_CONFIG_BYTES,
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of origin.openBlob(descriptor, signal)) {
    size += chunk.length;
    if (size > maxBytes)
      throw new TsbuildError(
        'REGISTRY_PROTOCOL',
        `${origin.name}: ${descriptor.digest} is larger than ${maxBytes} bytes`,
      );
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
