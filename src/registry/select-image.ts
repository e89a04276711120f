// From a manifest or an index to the one image for a platform, wherever the documents come from (images.Manifest in
// containerd's core/images/image.go). An entry that names no platform is judged by the platform of its config.
import { parseDigest, type Digest } from '../core/digest.js';
import { TsbuildError } from '../core/errors.js';
import { parseImageConfig } from '../oci/parse-image-config.js';
import { formatPlatform, type Platform } from '../oci/platform.js';
import type { Descriptor, ImageManifest } from '../oci/types.js';
import type { RegistryDocument } from './document.js';
import { noMatch, platformRank, selectCandidates } from './select-platform.js';

export interface NamedDocument {
  readonly digest: Digest;
  readonly bytes: Uint8Array;
  readonly document: RegistryDocument;
}

/** Where the documents of one image come from. */
export interface DocumentSource {
  /** The name of the image, for messages. */
  readonly name: string;
  readManifest(digest: Digest): Promise<NamedDocument>;
  /** The bytes of an image config. */
  readConfig(descriptor: Descriptor): Promise<Uint8Array>;
}

export interface SelectedImage {
  /** Of the manifest. */
  readonly digest: Digest;
  readonly bytes: Uint8Array;
  readonly manifest: ImageManifest;
  readonly configBytes: Uint8Array;
}

/** Nobody nests indexes deeper. */
const MAX_INDEXES = 4;
/** Each costs two requests, and their number is written by the author of the index. */
const MAX_CONFIGS = 64;

/** @throws TsbuildError REGISTRY_PLATFORM, REGISTRY_PROTOCOL, and what the source throws */
export async function selectImage(
  start: NamedDocument,
  platform: Platform,
  source: DocumentSource,
): Promise<SelectedImage> {
  let { digest, bytes, document } = start;
  for (let indexes = 0; document.kind === 'index'; indexes++) {
    if (indexes === MAX_INDEXES)
      throw new TsbuildError(
        'REGISTRY_PROTOCOL',
        `${source.name}: an index in an index, ${MAX_INDEXES} times`,
      );
    const candidates = selectCandidates(document.index, platform);
    if (candidates.kind === 'unnamed') return askConfigs(candidates.descriptors, platform, source);
    ({ digest, bytes, document } = await readEntry(candidates.descriptor, source));
  }
  const { manifest } = document;
  return { digest, bytes, manifest, configBytes: await source.readConfig(manifest.config) };
}

function readEntry(descriptor: Descriptor, source: DocumentSource): Promise<NamedDocument> {
  return source.readManifest(parseDigest(descriptor.digest, `${source.name}: a manifest`));
}

/**
 * The first exact one, else the first of the best. An index among them says nothing of its platform and is passed over.
 */
async function askConfigs(
  descriptors: readonly Descriptor[],
  platform: Platform,
  source: DocumentSource,
): Promise<SelectedImage> {
  const offered: string[] = [];
  let best: { readonly found: SelectedImage; readonly rank: number } | undefined;
  for (const descriptor of descriptors.slice(0, MAX_CONFIGS)) {
    const { digest, bytes, document } = await readEntry(descriptor, source);
    if (document.kind === 'index') continue;
    const { manifest } = document;
    const configBytes = await source.readConfig(manifest.config);
    const { os, architecture, variant } = parseImageConfig(configBytes, source.name);
    const own = { os, architecture, ...(variant ? { variant } : {}) };
    const rank = platformRank(own, platform);
    offered.push(formatPlatform(own));
    if (rank !== undefined && rank < (best?.rank ?? Infinity))
      best = { found: { digest, bytes, manifest, configBytes }, rank };
    if (rank === 0) break;
  }
  if (best) return best.found;
  throw noMatch(platform, offered);
}
