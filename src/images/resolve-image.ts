// From a reference to an image, asking as little of the network as possible: what is known by digest is not fetched,
// and no layer is fetched here at all.
import { TsbuildError } from '../core/errors.js';
import { digestOf, type Digest } from '../core/digest.js';
import type { EventSink } from '../core/events.js';
import { createOnce } from '../core/once.js';
import { createOneByOne, type OneByOne } from '../core/one-by-one.js';
import { reportStep } from '../core/step-events.js';
import { formatPlatform, type Platform } from '../oci/platform.js';
import { canonicalReference, parseReference, type Reference } from '../oci/reference.js';
import type { Descriptor } from '../oci/types.js';
import type { RegistryClient } from '../registry/client.js';
import { selectImage, type SelectedImage } from '../registry/select-image.js';
import { findImage, wasPulled } from '../store/image-names.js';
import { putResolvedReference, readResolvedReference } from '../store/resolved-references.js';
import type { Store } from '../store/store.js';
import type { Image } from './image.js';
import { imageOf } from './image-of.js';
import { openImage, repositorySource } from './open-image.js';
import { bestEntry, imageEntries } from './stored-entries.js';

export interface ResolveOptions {
  readonly store: Store;
  /** Asked for when it is needed. */
  registry(): Promise<RegistryClient>;
  /** Tags are asked for anew, whatever is known of them. */
  readonly isPulled: boolean;
  readonly signal: AbortSignal;
  readonly emit: EventSink;
  /** Seconds since the epoch. */
  now(): number;
  /** Of all that resolve into this store in this process; by default of this resolver alone. */
  readonly oneByOne?: OneByOne;
}

/** @param text a reference as a user writes it. @throws TsbuildError REGISTRY_* with BuildKit's words, STORE_* */
export type ResolveImage = (text: string, platform: Platform) => Promise<Image>;

/** Each reference is resolved once. */
export function createImageResolver(options: ResolveOptions): ResolveImage {
  const { signal, oneByOne = createOneByOne() } = options;
  const resolved = createOnce<string, Image>();
  return async (text, platform) => {
    const reference = parseReference(text);
    const name = canonicalReference(reference);
    const key = `metadata ${name} ${formatPlatform(platform)}`;
    return resolved(key, async () => {
      const known = findKnownImage(options, reference, platform);
      if (known) return known;
      return oneByOne(key, signal, async ({ hasWaited }) => {
        const found = hasWaited ? findKnownImage(options, reference, platform) : undefined;
        if (found) return found;
        const step = { id: key, name: `[internal] load metadata for ${name}` };
        return reportStep(options, step, async () => {
          const { image } = await resolveRemotely(options, reference, platform);
          return image;
        });
      });
    });
  };
}

export interface ResolvedImage {
  readonly image: Image;
  /** Of what the reference names in the registry: an index, or the manifest itself. */
  readonly registryDigest: Digest;
}

/** The image without the network, when it was built or resolved here before. @throws TsbuildError STORE_CORRUPT */
function findKnownImage(
  options: ResolveOptions,
  reference: Reference,
  platform: Platform,
): Image | undefined {
  if (options.isPulled && !reference.digest) return undefined;
  const name = canonicalReference(reference);
  const { paths } = options.store;
  const own = findImage(paths, name);
  const named = own && entryFor(options, own, { name, platform })?.digest;
  const resolved = readResolvedReference(paths, name, formatPlatform(platform))?.manifest;
  // A build with --pull may have asked the registry after the image was pulled.
  const order = own && wasPulled(own) ? [resolved, named] : [named, resolved];
  for (const digest of order) {
    const image = openImage(options, reference, digest);
    if (image) return image;
  }
  return undefined;
}

/** What of an image of the store is for the platform. One that does not say what it is for is taken. */
function entryFor(
  { store, emit }: ResolveOptions,
  own: Descriptor,
  { name, platform }: { readonly name: string; readonly platform: Platform },
): Descriptor | undefined {
  const entries = imageEntries(store, own);
  const entry = bestEntry(entries, platform);
  if (entry || entries.length === 0) return entry;
  const offered = entries.flatMap((each) => (each.platform ? formatPlatform(each.platform) : []));
  const message = `${name} in the store is for ${offered.join(', ')}, and ${formatPlatform(platform)} is wanted`;
  emit({ kind: 'note', message });
  return undefined;
}

/**
 * Asks the registry, whatever is known here. Documents are in the store afterwards, layers are not.
 * @throws TsbuildError REGISTRY_* with BuildKit's words, STORE_*, ABORTED
 */
export async function resolveRemotely(
  options: Omit<ResolveOptions, 'isPulled' | 'emit' | 'now' | 'oneByOne'>,
  reference: Reference,
  platform: Platform,
): Promise<ResolvedImage> {
  const { store } = options;
  const { registryDigest, bytes, ...found } = await findRemotely(options, reference, platform);
  const source = repositorySource(options, reference);
  const image = imageOf({ ...found, manifestBytes: bytes }, source, 'REGISTRY_PROTOCOL');
  await store.putSmallBlobs([image.configBytes, image.manifestBytes]);
  putResolvedReference(store.paths, {
    reference: source.name,
    platform: formatPlatform(platform),
    manifest: image.manifest.digest,
  });
  return { image, registryDigest };
}

/** The image that the reference means on that platform. */
async function findRemotely(
  { store, registry, signal }: Pick<ResolveOptions, 'store' | 'registry' | 'signal'>,
  reference: Reference,
  platform: Platform,
): Promise<SelectedImage & { readonly registryDigest: Digest }> {
  const client = await registry();
  const tagged = await client.resolve(reference, signal);
  const selected = await selectImage(tagged, platform, {
    name: canonicalReference(reference),
    readManifest: (digest) => client.fetchManifest(reference, digest, signal),
    readConfig: async (descriptor) =>
      store.readSmallBlob(descriptor.digest) ?? fetchSmall(client, reference, descriptor, signal),
  });
  return { ...selected, registryDigest: tagged.digest };
}

const SMALL_BYTES = 8 << 20;

async function fetchSmall(
  client: RegistryClient,
  reference: Reference,
  descriptor: Descriptor,
  signal: AbortSignal,
): Promise<Buffer> {
  if (descriptor.size > SMALL_BYTES)
    throw new TsbuildError('REGISTRY_PROTOCOL', `the image config of ${descriptor.size} bytes is too large`);
  const chunks: Buffer[] = [];
  let received = 0;
  for await (const chunk of client.fetchBlob(reference, descriptor, { signal })) {
    received += chunk.length;
    if (received > descriptor.size) break;
    chunks.push(chunk);
  }
  const bytes = Buffer.concat(chunks);
  if (received === descriptor.size && digestOf(bytes) === descriptor.digest) return bytes;
  throw new TsbuildError(
    'REGISTRY_DIGEST_MISMATCH',
    `the registry sent other bytes than ${descriptor.digest}`,
  );
}
