// An index out of manifests and indexes that exist, as `docker buildx imagetools create` makes it
// (util/imagetools/create.go). Pure.
// Invariant: equal sources give equal bytes, and entries stand in the order of the sources.
import type { Digest } from '../core/digest.js';
import { TsbuildError } from '../core/errors.js';
import { attestedDigest, formatDescriptorPlatform, isForOneOf } from './descriptor.js';
import { writeIndex, type IndexMembers } from './index-json.js';
import type { Platform } from './platform.js';
import { MEDIA, type Descriptor, type ImageIndex } from './types.js';

/** A manifest or an index that is to be in the result; `origin` is whatever the caller wants back with it. */
export interface IndexSource<Origin> {
  /** Of a manifest: with its platform. */
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
  /** Absent for a manifest. */
  readonly index?: ImageIndex;
  readonly origin: Origin;
}

/** `index` for the result, `manifest-descriptor` for its entries, all or those of a platform. */
export interface IndexAnnotation {
  readonly type: 'index' | 'manifest-descriptor';
  readonly platform?: Platform;
  readonly key: string;
  readonly value: string;
}

export interface AssembleOptions {
  readonly annotations?: readonly IndexAnnotation[];
  /** False leaves a single manifest as it is. Default true. */
  readonly isIndexPreferred?: boolean;
  /** Entries of other platforms are left out; none keeps all. */
  readonly platforms?: readonly Platform[];
}

export interface IndexEntry<Origin> {
  readonly descriptor: Descriptor;
  readonly origin: Origin;
}

export interface AssembledIndex<Origin> {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
  /** What the result refers to; a manifest that was left as it is refers to itself. */
  readonly entries: readonly IndexEntry<Origin>[];
  /** They found no place: docker's manifest list has none, or no entry is of their platform. */
  readonly unusedAnnotations: readonly IndexAnnotation[];
}

/**
 * One index without annotations is given as it is, with its digest.
 * @throws TsbuildError REGISTRY_PLATFORM when nothing is left for the platforms
 */
export function assembleIndex<Origin>(
  sources: readonly IndexSource<Origin>[],
  options: AssembleOptions,
): AssembledIndex<Origin> {
  const { annotations = [], isIndexPreferred = true, platforms = [] } = options;
  const single = sources.length === 1 && annotations.length === 0 ? sources[0] : undefined;
  if (single?.index) return keepPlatforms(copyOf(single, single.index), single.index, platforms);
  if (single && !isIndexPreferred) return sameManifest(single, platforms);
  return joined(sources, annotations, platforms);
}

function copyOf<Origin>(
  { descriptor, bytes, origin }: IndexSource<Origin>,
  index: ImageIndex,
): AssembledIndex<Origin> {
  const entries = index.manifests.map((entry) => ({ descriptor: entry, origin }));
  return { descriptor, bytes, entries, unusedAnnotations: [] };
}

function sameManifest<Origin>(
  { descriptor, bytes, origin }: IndexSource<Origin>,
  platforms: readonly Platform[],
): AssembledIndex<Origin> {
  const { platform } = descriptor;
  if (platforms.length > 0 && !(platform && isForOneOf(platform, platforms)))
    throw new TsbuildError(
      'REGISTRY_PLATFORM',
      `input platform ${platform ? formatDescriptorPlatform(platform) : 'unknown'} does not match any of the provided platforms`,
    );
  return { descriptor, bytes, entries: [{ descriptor, origin }], unusedAnnotations: [] };
}

function joined<Origin>(
  sources: readonly IndexSource<Origin>[],
  annotations: readonly IndexAnnotation[],
  platforms: readonly Platform[],
): AssembledIndex<Origin> {
  const merged = mergeEntries(sources);
  const isDocker = merged.every(({ descriptor }) =>
    descriptor.mediaType.startsWith('application/vnd.docker.'),
  );
  // Docker's list has no place for annotations.
  const usable = isDocker ? [] : annotations;
  const entries = merged.map((entry) => ({ ...entry, descriptor: annotate(entry.descriptor, usable) }));
  const index = {
    mediaType: isDocker ? MEDIA.dockerList : MEDIA.ociIndex,
    manifests: entries.map(({ descriptor }) => descriptor),
    annotations: valuesOf(usable.filter(({ type }) => type === 'index')),
  };
  const unusedAnnotations = annotations.filter(
    (one) =>
      isDocker ||
      (one.type === 'manifest-descriptor' && !merged.some(({ descriptor }) => isMeant(descriptor, one))),
  );
  return keepPlatforms({ ...writeIndex(index), entries, unusedAnnotations }, index, platforms);
}

/** What is named twice is one entry: the later platform, the annotations of both, where the first one stood. */
function mergeEntries<Origin>(sources: readonly IndexSource<Origin>[]): IndexEntry<Origin>[] {
  const merged = new Map<Digest, IndexEntry<Origin>>();
  for (const { descriptor: own, index, origin } of sources)
    for (const descriptor of index?.manifests ?? [own]) {
      const known = merged.get(descriptor.digest);
      merged.set(descriptor.digest, {
        descriptor: known ? mergeDescriptors(known.descriptor, descriptor) : descriptor,
        origin,
      });
    }
  return [...merged.values()];
}

function mergeDescriptors(first: Descriptor, later: Descriptor): Descriptor {
  const { platform = first.platform } = later;
  return {
    ...first,
    mediaType: first.mediaType || later.mediaType,
    annotations: { ...first.annotations, ...later.annotations },
    ...(platform ? { platform } : {}),
  };
}

function annotate(descriptor: Descriptor, annotations: readonly IndexAnnotation[]): Descriptor {
  const own = annotations.filter((one) => one.type === 'manifest-descriptor' && isMeant(descriptor, one));
  if (own.length === 0) return descriptor;
  return { ...descriptor, annotations: { ...descriptor.annotations, ...valuesOf(own) } };
}

function isMeant({ platform }: Descriptor, { platform: wanted }: IndexAnnotation): boolean {
  return wanted === undefined || (platform != null && isForOneOf(platform, [wanted]));
}

function valuesOf(annotations: readonly IndexAnnotation[]): Record<string, string> {
  return Object.fromEntries(annotations.map(({ key, value }) => [key, value]));
}

/** Entries of the platforms, entries that name none, and the attestations of those that stay. */
function keepPlatforms<Origin>(
  whole: AssembledIndex<Origin>,
  index: IndexMembers,
  platforms: readonly Platform[],
): AssembledIndex<Origin> {
  if (platforms.length === 0) return whole;
  const isWanted = ({ platform }: Descriptor) => platform == null || isForOneOf(platform, platforms);
  const wanted = new Set<string>(index.manifests.filter(isWanted).map(({ digest }) => digest));
  const entries = whole.entries.filter(
    ({ descriptor }) => wanted.has(descriptor.digest) || wanted.has(attestedDigest(descriptor) ?? ''),
  );
  if (entries.length === 0)
    throw new TsbuildError('REGISTRY_PLATFORM', 'none of the manifests match the provided platforms', {
      hint: `there is ${index.manifests.map(({ platform }) => formatDescriptorPlatform(platform!)).join(', ')}`,
    });
  if (entries.length === whole.entries.length) return whole;
  const kept = { ...index, manifests: entries.map(({ descriptor }) => descriptor) };
  return { ...whole, ...writeIndex(kept), entries };
}
