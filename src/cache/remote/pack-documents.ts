// A pack as an image: the documents that a registry and a layout keep of it, and what such documents say. Pure.
// Invariants: equal packs give equal bytes; the image is an ordinary one, so that no registry refuses it: a config with
// diff ids, the packed records as the first layer, behind it every layer that they name.
import { digestOf, type DiffId } from '../../core/digest.js';
import { TsbuildError } from '../../core/errors.js';
import { toOciLayer } from '../../oci/assemble-image.js';
import { MEDIA, type Descriptor, type ImageConfig, type ImageManifest } from '../../oci/types.js';
import { parseDocument } from '../../registry/document.js';
import type { PackToPublish } from './pack-store.js';
import { MAX_PACKED_BYTES, PACK_VERSION } from './pack.js';

/** The one version that is written and read, as it stands in annotations. */
const WRITTEN_VERSION = String(PACK_VERSION);
/** Annotations of the manifest. */
const VERSION = 'tsbuild.cache.version';
const SIGNATURE = 'tsbuild.cache.signature';
/** Label of the config: tells people who look at the image with other tools. */
const LABEL = 'tsbuild.cache';
/** The config of BuildKit's own caches (BuildKit, cache/remotecache/v1/spec.go). */
const BUILDKIT_CONFIG = 'application/vnd.buildkit.cacheconfig.v0';

/** A document with its name. */
export interface PackDocument {
  readonly descriptor: Descriptor;
  readonly bytes: Buffer;
}

export interface PackDocuments {
  readonly manifest: PackDocument;
  readonly config: PackDocument;
  /** The first layer. */
  readonly records: PackDocument;
}

/** What a manifest says. */
export type PackManifest =
  | {
      readonly kind: 'pack';
      readonly records: Descriptor;
      /** Without the records. */
      readonly layers: readonly Descriptor[];
      readonly config: Descriptor;
      readonly signature?: string;
    }
  /** As in a sentence: `a cache of BuildKit`. */
  | { readonly kind: 'other'; readonly what: string; readonly isCache?: boolean };

const BUILDKIT_CACHE = { kind: 'other', what: 'a cache of BuildKit', isCache: true } as const;

function documentOf(mediaType: string, bytes: Buffer): PackDocument {
  return { descriptor: { mediaType, digest: digestOf(bytes), size: bytes.length }, bytes };
}

function jsonDocument(mediaType: string, value: ImageConfig | ImageManifest): PackDocument {
  // Without white space: a registry takes 4 MiB, and a pack has thousands of layers.
  return documentOf(mediaType, Buffer.from(JSON.stringify(value)));
}

function configOf(diffIds: readonly DiffId[]): ImageConfig {
  const [records, ...layers] = diffIds.map((_, index) => ({
    created_by: index === 0 ? 'tsbuild: records of a build cache' : 'tsbuild: layer of a build cache',
  }));
  return {
    // Layers of all platforms lie in one pack; tools want a platform.
    architecture: 'amd64',
    os: 'linux',
    config: { Labels: { [LABEL]: WRITTEN_VERSION } },
    rootfs: { type: 'layers', diff_ids: diffIds },
    history: records ? [records, ...layers] : [],
  };
}

/** Layers that are named twice stand there once. */
export function packDocuments({ packed, layers, signature }: PackToPublish): PackDocuments {
  const records: PackDocument = {
    descriptor: { mediaType: MEDIA.ociLayerGzip, digest: packed.digest, size: packed.bytes.length },
    bytes: packed.bytes,
  };
  const named = [...new Map(layers.map((layer) => [layer.blob.digest, layer])).values()];
  const config = jsonDocument(
    MEDIA.ociConfig,
    configOf([packed.diffId, ...named.map(({ diffId }) => diffId)]),
  );
  const manifest = jsonDocument(MEDIA.ociManifest, {
    schemaVersion: 2,
    mediaType: MEDIA.ociManifest,
    config: config.descriptor,
    layers: [records.descriptor, ...named.map(({ blob }) => toOciLayer(blob))],
    annotations: {
      [VERSION]: WRITTEN_VERSION,
      ...(signature === undefined ? {} : { [SIGNATURE]: signature }),
    },
  });
  return { manifest, config, records };
}

/**
 * @param contentType of the answer, or the media type of the descriptor that led here; empty when nothing is known
 * @param name of the place, for messages
 * @throws TsbuildError REGISTRY_PROTOCOL for bytes that are no manifest and no index; CACHE_INVALID for records that
 * are larger than they may be
 */
export function readPackManifest(bytes: Uint8Array, contentType: string, name: string): PackManifest {
  const found = parseDocument(bytes, contentType, name);
  if (found.kind === 'index') {
    const isBuildKit = found.index.manifests.some(({ mediaType }) => mediaType === BUILDKIT_CONFIG);
    return isBuildKit ? BUILDKIT_CACHE : { kind: 'other', what: 'an index of images' };
  }
  const { config, layers, annotations, artifactType } = found.manifest;
  const version = annotations?.[VERSION];
  const [records, ...others] = layers;
  if (config.mediaType === BUILDKIT_CONFIG) return BUILDKIT_CACHE;
  if (version !== undefined && version !== WRITTEN_VERSION)
    return {
      kind: 'other',
      what: `a cache of another version of tsbuild (${version.slice(0, 20)})`,
      isCache: true,
    };
  if (version === undefined || !records)
    return { kind: 'other', what: artifactType ? 'an artifact that is no image' : 'an image' };
  if (records.size > MAX_PACKED_BYTES)
    throw new TsbuildError('CACHE_INVALID', `${name}: the records have ${records.size} bytes, too many`, {
      hint: `${MAX_PACKED_BYTES >> 20} MiB are the most that is read: export the cache anew under another scope`,
    });
  const signature = annotations?.[SIGNATURE];
  return {
    kind: 'pack',
    records,
    layers: others,
    config,
    ...(signature === undefined ? {} : { signature }),
  };
}
