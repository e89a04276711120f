// Which manifest of an index is for a platform: containerd's platforms.Only (compare.go), as BuildKit uses it. Pure.
import { TsbuildError } from '../core/errors.js';
import { isAttestation, platformOfDescriptor } from '../oci/descriptor.js';
import { formatPlatform, normalizePlatform, type Platform } from '../oci/platform.js';
import type { Descriptor, DescriptorPlatform, ImageIndex } from '../oci/types.js';

function versionOf(variant: string | undefined): number {
  return Number(/^v(\d+)$/.exec(variant ?? '')?.[1] ?? 0);
}

/** More than any architecture has; the number comes from the name of a platform, which anyone may write. */
const MAX_VARIANTS = 16;

/** `v3` to `v2`, `v1`: the variants below, down to `lowest`. */
function variantsBelow(platform: Platform, lowest: number): Platform[] {
  const count = Math.min(MAX_VARIANTS, Math.max(0, versionOf(platform.variant) - lowest));
  return Array.from({ length: count }, (_, i) => ({
    ...platform,
    variant: `v${versionOf(platform.variant) - 1 - i}`,
  }));
}

/** v9.x runs v8.0 to v8.{x+5} as well. */
function arm64Below(platform: Platform): Platform[] {
  const [, major = '8', minor = '0'] = /^v([89])(?:\.(\d))?$/.exec(platform.variant ?? 'v8') ?? [];
  const down = (version: string, from: number): Platform[] =>
    Array.from({ length: from + 1 }, (_, i) => ({
      ...platform,
      variant: i === from ? version : `${version}.${from - i}`,
    }));
  if (major === '9') return [...down('v9', Number(minor) - 1), ...down('v8', Number(minor) + 5)];
  return down('v8', Number(minor) - 1);
}

/** The platforms whose programs `platform` runs, the best first. */
function acceptable(platform: Platform): Platform[] {
  const { variant: _, ...plain } = platform;
  switch (platform.architecture) {
    case 'amd64':
      return [platform, ...variantsBelow(platform, 1), { ...plain, architecture: '386' }];
    case 'arm':
      return [platform, ...variantsBelow(platform, 5)];
    case 'arm64': {
      const arm = { ...plain, architecture: 'arm', variant: 'v8' };
      return [platform, ...arm64Below(platform), arm, ...variantsBelow(arm, 5)];
    }
    default:
      return [platform];
  }
}

/** What lies beside images in an index, and is none (BuildKit's docs/attestations/attestation-storage.md). */
export function isForNobody(descriptor: Descriptor): boolean {
  return isAttestation(descriptor) || descriptor.platform?.os === 'unknown';
}

/**
 * How well an image of platform `offered` serves where `wanted` is asked for: 0 is exact, more is a lesser variant,
 * undefined is another platform.
 */
export function platformRank(offered: Platform, wanted: Platform): number | undefined {
  const name = formatPlatform(normalizePlatform(offered));
  const rank = acceptable(normalizePlatform(wanted)).findIndex(
    (platform) => formatPlatform(normalizePlatform(platform)) === name,
  );
  return rank === -1 ? undefined : rank;
}

/**
 * `named` serves the platform by its own word; without one the configs of the `unnamed` have to be asked, in this
 * order.
 */
export type Candidates =
  | { readonly kind: 'named'; readonly descriptor: Descriptor }
  | { readonly kind: 'unnamed'; readonly descriptors: readonly Descriptor[] };

/**
 * Which entries of an index may be for a platform: the best of those that name one, else all that name none.
 * @throws TsbuildError REGISTRY_PLATFORM `no match for platform in manifest: not found`, the hint listing what there is
 */
export function selectCandidates(index: ImageIndex, platform: Platform): Candidates {
  const entries = index.manifests.filter((descriptor) => !isForNobody(descriptor));
  // Null is what some writers put for "none".
  const unnamed = entries.filter((descriptor) => descriptor.platform == null);
  let best: { readonly descriptor: Descriptor; readonly rank: number } | undefined;
  for (const descriptor of entries) {
    const rank = descriptor.platform == null ? undefined : rankOf(descriptor.platform, platform);
    if (rank !== undefined && rank < (best?.rank ?? Infinity)) best = { descriptor, rank };
  }
  if (best) return { kind: 'named', descriptor: best.descriptor };
  if (unnamed.length > 0) return { kind: 'unnamed', descriptors: unnamed };
  throw noMatch(
    platform,
    entries.map((descriptor) => formatPlatform(platformOfDescriptor(descriptor.platform!))),
  );
}

function rankOf(offered: DescriptorPlatform, wanted: Platform): number | undefined {
  return platformRank(platformOfDescriptor(offered), wanted);
}

/** REGISTRY_PLATFORM; `offered` are names of platforms. */
export function noMatch(platform: Platform, offered: readonly string[]): TsbuildError {
  const names = [...new Set(offered)].join(', ');
  return new TsbuildError('REGISTRY_PLATFORM', 'no match for platform in manifest: not found', {
    hint: `${formatPlatform(platform)} was asked for; ${names === '' ? 'the image has none' : `there is ${names}`}`,
  });
}
