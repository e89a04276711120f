// `tsbuild manifest inspect`: what a registry, or an OCI image layout, has under a name.
import { readAttestations, type Attestations } from '../attestation/read-attestations.js';
import type { BuildOptions } from '../build-options.js';
import type { Digest } from '../core/digest.js';
import { sideBySide } from '../core/side-by-side.js';
import { isAttestation, platformOfDescriptor } from '../oci/descriptor.js';
import { parseImageConfig } from '../oci/parse-image-config.js';
import { formatPlatform } from '../oci/platform.js';
import type { Descriptor, ImageConfig, ImageIndex, ImageManifest } from '../oci/types.js';
import type { ContentOrigin } from '../export/registry/content-origin.js';
import type { RegistryDocument } from '../registry/document.js';
import { attestationContent } from './attestation-content.js';
import { onEngine } from './on-engine.js';
import { openOrigin } from './open-origin.js';
import { inspectManifestRequest } from './request-checks.js';

export interface InspectManifestRequest {
  /** A reference, or `oci-layout://PATH[:TAG|@DIGEST]`. */
  readonly name: string;
  /** Whether the image configs are wanted too. Default false. */
  readonly hasImages?: boolean;
  /** Whether what the attestations say is wanted too. Default false. */
  readonly hasAttestations?: boolean;
}

export interface InspectedManifest {
  /** `docker.io/library/app:1` */
  readonly name: string;
  readonly mediaType: string;
  readonly digest: Digest;
  /** As they are in the registry. */
  readonly bytes: Uint8Array;
  readonly document: ImageIndex | ImageManifest;
  /** Descriptors of the entries; absent for the manifest of one image. */
  readonly manifests?: readonly Descriptor[];
  /** Image configs by platform, in the order of the entries; empty unless they were asked for. */
  readonly images: ReadonlyMap<string, ImageConfig>;
  /** Absent unless they were asked for. */
  readonly attestations?: Attestations;
}

const IMAGES_AT_ONCE = 4;
const BOTH = new Set(['provenance', 'sbom'] as const);

/** @throws TsbuildError REGISTRY_*, CREDENTIALS_INVALID, CONTEXT_NOT_FOUND, CONTEXT_UNREADABLE, ABORTED */
export function inspectManifest(
  request: InspectManifestRequest,
  options: BuildOptions = {},
): Promise<InspectedManifest> {
  inspectManifestRequest(request, 'request');
  return onEngine(options, async (open) => {
    const { name, origin } = await openOrigin(request.name, open);
    const { digest, bytes, document } = await origin.resolve(open.signal);
    const attestations = request.hasAttestations
      ? await readAttestations(document, attestationContent(origin, open.signal), BOTH)
      : undefined;
    const images = request.hasImages ? await readImages(document, origin, open.signal) : [];
    return {
      name,
      mediaType: document.mediaType,
      digest,
      bytes,
      document: document.kind === 'index' ? document.index : document.manifest,
      ...(document.kind === 'index' ? { manifests: document.index.manifests } : {}),
      images: new Map(images),
      ...(attestations && { attestations }),
    };
  });
}

type NamedImage = readonly [platform: string, config: ImageConfig];

async function readImages(
  document: RegistryDocument,
  origin: ContentOrigin,
  signal: AbortSignal,
): Promise<NamedImage[]> {
  if (document.kind === 'manifest') return [await readImage(document.manifest, undefined, origin, signal)];
  const wanted = document.index.manifests.filter((descriptor) => !isAttestation(descriptor));
  const images: (NamedImage | undefined)[] = [];
  await sideBySide([...wanted.entries()], IMAGES_AT_ONCE, async ([at, descriptor]) => {
    const { document: found } = await origin.readManifest(descriptor.digest, signal);
    if (found.kind === 'manifest') images[at] = await readImage(found.manifest, descriptor, origin, signal);
  });
  return images.filter((image) => image !== undefined);
}

async function readImage(
  { config }: ImageManifest,
  descriptor: Descriptor | undefined,
  origin: ContentOrigin,
  signal: AbortSignal,
): Promise<NamedImage> {
  const { readSmallBlob } = await import('../export/registry/content-origin.js');
  const image = parseImageConfig(await readSmallBlob(origin, config, signal), origin.name);
  return [formatPlatform(platformOfDescriptor(descriptor?.platform ?? image)), image];
}
