// What a descriptor says of itself: its platform, whether it is of an attestation, and how it is written in an index.
import type { Digest } from '../core/digest.js';
import type { GoJson } from './go-json.js';
import { formatPlatform, normalizePlatform, type Platform } from './platform.js';
import type { Descriptor, DescriptorPlatform, ImageConfig } from './types.js';

/** The annotations by which an entry of an index says that it is the attestation of another entry. */
const REFERENCE_TYPE = 'vnd.docker.reference.type';
const REFERENCE_DIGEST = 'vnd.docker.reference.digest';
const ATTESTATION = 'attestation-manifest';

export function isAttestation(descriptor: Descriptor): boolean {
  return descriptor.annotations?.[REFERENCE_TYPE] === ATTESTATION;
}

/** What the entry of an attestation says of the image with that digest. */
export function attestationAnnotations(image: Digest): Readonly<Record<string, string>> {
  return { [REFERENCE_DIGEST]: image, [REFERENCE_TYPE]: ATTESTATION };
}

/** The digest of the entry that an attestation speaks of. */
export function attestedDigest(descriptor: Descriptor): string | undefined {
  return isAttestation(descriptor) ? descriptor.annotations?.[REFERENCE_DIGEST] : undefined;
}

/** Normalised. */
export function platformOfDescriptor({ os, architecture, variant }: DescriptorPlatform): Platform {
  return normalizePlatform({ os, architecture, ...(variant ? { variant } : {}) });
}

/** `linux/arm/v7`, as it is written. */
export function formatDescriptorPlatform({ os, architecture, variant }: DescriptorPlatform): string {
  return formatPlatform({ os, architecture, ...(variant ? { variant } : {}) });
}

/** Whether one of the platforms is that of the entry; versions of the system are of no account. */
export function isForOneOf(platform: DescriptorPlatform, wanted: readonly Platform[]): boolean {
  const name = formatPlatform(platformOfDescriptor(platform));
  return wanted.some((one) => formatPlatform(normalizePlatform(one)) === name);
}

/** Fills what a descriptor does not say of its platform from the image config (imagetools, loadPlatform). */
export function completePlatform(
  known: DescriptorPlatform | undefined,
  config: Pick<ImageConfig, 'os' | 'architecture' | 'variant'>,
): DescriptorPlatform {
  const own = platformOfDescriptor(config);
  const { os = '', architecture = '', variant, ...rest } = known ?? {};
  const itsVariant = variant || (architecture === '' ? own.variant : undefined);
  return {
    ...rest,
    architecture: architecture || own.architecture,
    os: os || own.os,
    ...(itsVariant ? { variant: itsVariant } : {}),
  };
}

/** As Go writes one: known members alone, in the order of the specification's Go types, empty ones left out. */
export function descriptorJson(descriptor: Descriptor): GoJson {
  const { mediaType, digest, size, urls, annotations, data, platform, artifactType } = descriptor;
  return {
    mediaType,
    digest,
    size,
    urls: urls?.length ? urls : undefined,
    annotations: annotationsJson(annotations),
    data: data || undefined,
    platform: platform ? platformJson(platform) : undefined,
    artifactType: artifactType || undefined,
  };
}

/** Undefined when there are none. */
export function annotationsJson(annotations: Descriptor['annotations']): GoJson | undefined {
  const entries = Object.entries(annotations ?? {});
  return entries.length === 0 ? undefined : new Map(entries);
}

function platformJson(platform: DescriptorPlatform): GoJson {
  const { architecture, os, variant } = platform;
  const features = platform['os.features'];
  return {
    architecture,
    os,
    'os.version': platform['os.version'] || undefined,
    'os.features': features?.length ? features : undefined,
    variant: variant || undefined,
  };
}
