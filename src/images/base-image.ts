// From a reference to an image's config and layers, asking as little of the network as possible: what is known by digest is not fetched,
// and no layer is fetched here at all.
import { TsbuildError } from '../core/errors.js';
import { digestOf, parseDigest, type Digest } from '../core/digest.js';
import { parseImageConfig } from '../oci/parse-image-config.js';
import { formatPlatform, type Platform } from '../oci/platform.js';
import { canonicalReference, parseReference, type Reference } from '../oci/reference.js';
import type { Descriptor, ImageConfig, ImageManifest } from '../oci/types.js';
import { selectImage, type SelectedImage } from '../registry/select-image.js';
import { findImage } from '../store/image-names.js';
import { putResolvedReference, readResolvedReference } from '../store/resolved-references.js';
import type { ChainLayer } from './chain-layer.js';
import type { PlanSession, Session } from '../builder/session.js';
import { reportStep } from '../core/step-events.js';

export interface BaseImage {
  /** `docker.io/library/busybox:latest`. */
  readonly reference: string;
  readonly manifest: Digest;
  readonly config: ImageConfig;
  readonly layers: readonly ChainLayer[];
}

/** @throws TsbuildError REGISTRY_* with BuildKit's words */
export function resolveBaseImage(session: PlanSession, text: string, platform: Platform): Promise<BaseImage> {
  const reference = parseReference(text);
  const name = canonicalReference(reference);
  return session.once(`image ${name} ${formatPlatform(platform)}`, async () => {
    const known = findKnownImage(session, text, platform);
    if (known) return known;
    const ref = {
      id: `metadata ${name} ${formatPlatform(platform)}`,
      name: `[internal] load metadata for ${name}`,
    };
    return reportStep(session, ref, () => resolveRemotely(session, reference, name, platform));
  });
}

/** The image without the network, when it was built or resolved here before. @throws TsbuildError REGISTRY_REFERENCE, STORE_CORRUPT */
function findKnownImage(
  session: Pick<Session, 'request' | 'store'>,
  text: string,
  platform: Platform,
): BaseImage | undefined {
  const reference = parseReference(text);
  const name = canonicalReference(reference);
  if (session.request.pull && !reference.digest) return undefined;
  const { paths } = session.store;
  const own = findImage(paths, name);
  const resolved = readResolvedReference(paths, name, formatPlatform(platform));
  return openImage(session, name, own?.digest) ?? openImage(session, name, resolved?.manifest);
}

/** The image with that manifest, when its documents are all in the store. */
function openImage(
  session: Pick<Session, 'store'>,
  name: string,
  digest: Digest | undefined,
): BaseImage | undefined {
  const bytes = digest && session.store.readSmallBlob(digest);
  if (!digest || !bytes) return undefined;
  const manifest = JSON.parse(bytes.toString('utf8')) as ImageManifest;
  const config = session.store.readSmallBlob(manifest.config.digest);
  return config && imageOf(name, digest, manifest, parseImageConfig(config, name));
}

function imageOf(reference: string, digest: Digest, manifest: ImageManifest, config: ImageConfig): BaseImage {
  const diffIds = config.rootfs.diff_ids;
  if (diffIds.length !== manifest.layers.length)
    throw new TsbuildError(
      'REGISTRY_PROTOCOL',
      `${reference}: ${manifest.layers.length} layers but ${diffIds.length} diff ids`,
    );
  const layers = manifest.layers.map((descriptor, i) => {
    const diffId = parseDigest(diffIds[i], `${reference}: diff id`) as ChainLayer['diffId'];
    return { diffId, base: { descriptor, reference } };
  });
  return { reference, manifest: digest, config, layers };
}

async function resolveRemotely(
  session: PlanSession,
  reference: Reference,
  name: string,
  platform: Platform,
): Promise<BaseImage> {
  const { digest, bytes, manifest, configBytes } = await findRemotely(session, reference, platform);
  const image = imageOf(name, digest, manifest, parseImageConfig(configBytes, name));
  await session.store.putSmallBlobs([configBytes, bytes]);
  putResolvedReference(session.store.paths, {
    reference: name,
    platform: formatPlatform(platform),
    manifest: image.manifest,
  });
  return image;
}

/** The image that the reference means on that platform. */
async function findRemotely(
  session: PlanSession,
  reference: Reference,
  platform: Platform,
): Promise<SelectedImage> {
  const client = await session.registry();
  const tagged = await client.resolve(reference, session.signal);
  return selectImage(tagged, platform, {
    name: canonicalReference(reference),
    readManifest: (digest) => client.fetchManifest(reference, digest, session.signal),
    readConfig: (descriptor) => configOf(session, reference, descriptor),
  });
}

/** Out of the store when it is there. */
async function configOf(session: PlanSession, reference: Reference, descriptor: Descriptor): Promise<Buffer> {
  return session.store.readSmallBlob(descriptor.digest) ?? fetchSmall(session, reference, descriptor);
}

const SMALL_BYTES = 8 << 20;

async function fetchSmall(
  session: PlanSession,
  reference: Reference,
  descriptor: Descriptor,
): Promise<Buffer> {
  if (descriptor.size > SMALL_BYTES)
    throw new TsbuildError('REGISTRY_PROTOCOL', `the image config of ${descriptor.size} bytes is too large`);
  const client = await session.registry();
  const chunks: Buffer[] = [];
  let received = 0;
  for await (const chunk of client.fetchBlob(reference, descriptor, { signal: session.signal })) {
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
