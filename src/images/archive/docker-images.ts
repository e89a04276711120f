// The images of docker's manifest.json (moby image/tarexport): with layers as `ID/layer.tar` up to docker 24, as blobs
// of an OCI layout since, and as any files by other tools. The manifest is made here, since the archive has none; the
// config, and with it the image id, is the archive's.
import { basename } from 'node:path';
import { createHash } from 'node:crypto';
import { digestOf, digestOfHash, isDigest, type Digest, type DiffId } from '../../core/digest.js';
import { assembleManifest } from '../../oci/assemble-image.js';
import { parseImageConfig } from '../../oci/parse-image-config.js';
import { formatPlatform } from '../../oci/platform.js';
import { canonicalReference, parseImageName } from '../../oci/reference.js';
import { MEDIA, type Descriptor, type ImageConfig } from '../../oci/types.js';
import { noMatch, platformRank } from '../../registry/select-platform.js';
import { detectCompression, MAGIC_BYTES } from '../../layer/decompress/detect-compression.js';
import { imageOf } from '../image-of.js';
import {
  archiveInvalid,
  archiveSource,
  missingFile,
  ofArchive,
  requireDocument,
  type ArchiveBlob,
  type ArchiveFile,
  type ArchiveFiles,
} from './archive-files.js';
import type { ArchivedImage, Choice } from './archived-image.js';

interface Row {
  readonly config: string;
  readonly tags: readonly string[];
  readonly layers: readonly string[];
}

const MANIFEST = 'manifest.json';

/**
 * @param rows the members of manifest.json, not yet checked.
 * @throws TsbuildError ARCHIVE_INVALID, REGISTRY_PLATFORM
 */
export async function dockerImages(
  files: ArchiveFiles,
  rows: readonly unknown[],
  { platform }: Choice,
): Promise<readonly ArchivedImage[]> {
  const images: ArchivedImage[] = [];
  for (const row of rows.map((value) => rowOf(files, value))) {
    const { image, blobs } = await imageOfRow(files, row);
    const own = image.manifest.platform!;
    if (platform && platformRank(own, platform) === undefined) throw noMatch(platform, [formatPlatform(own)]);
    images.push({ image, blobs, names: row.tags.map((tag) => nameOf(files, tag)), others: [] });
  }
  if (images.length === 0) throw archiveInvalid(files.name, MANIFEST, 'it names no image');
  return images;
}

function rowOf(files: ArchiveFiles, value: unknown): Row {
  const fields = (typeof value === 'object' && value !== null ? value : {}) as Readonly<
    Record<string, unknown>
  >;
  const { Config: config, RepoTags: tags, Layers: layers } = fields;
  if (typeof config === 'string' && areTexts(tags ?? []) && areTexts(layers ?? []))
    return { config, tags: (tags ?? []) as string[], layers: (layers ?? []) as string[] };
  throw archiveInvalid(files.name, MANIFEST, 'an image without Config, RepoTags and Layers of docker');
}

function areTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function nameOf(files: ArchiveFiles, tag: string): string {
  try {
    return canonicalReference(parseImageName(tag));
  } catch (error) {
    throw archiveInvalid(files.name, MANIFEST, (error as Error).message, { cause: error });
  }
}

async function imageOfRow(files: ArchiveFiles, row: Row): Promise<Pick<ArchivedImage, 'image' | 'blobs'>> {
  const configBytes = await requireDocument(files, row.config, MANIFEST);
  const configDigest = digestOf(configBytes);
  requireNamedAfter(files, row.config, configDigest);
  try {
    const { rootfs } = parseImageConfig(configBytes, row.config);
    requireEqualCount(files, row, rootfs);
    const layers: Descriptor[] = [];
    const blobs = new Map<Digest, ArchiveBlob>();
    for (const [i, path] of row.layers.entries()) {
      const file = files.find(path);
      if (!file) throw missingFile(files, path, MANIFEST);
      const descriptor = await describeLayer(files, { path, file, diffId: rootfs.diff_ids[i]! });
      layers.push(descriptor);
      blobs.set(descriptor.digest, { path, file });
    }
    const config = { mediaType: MEDIA.ociConfig, digest: configDigest, size: configBytes.length };
    const manifest = assembleManifest(config, layers);
    const manifestBytes = Buffer.from(JSON.stringify(manifest, null, 2));
    const documents = { digest: digestOf(manifestBytes), manifest, manifestBytes, configBytes };
    return { image: imageOf(documents, archiveSource(files, blobs), 'IMAGE_INVALID'), blobs };
  } catch (error) {
    throw ofArchive(error, files.name, row.config);
  }
}

/** Configs are named by their digest: `HEX.json`, `blobs/sha256/HEX`. Other names promise nothing. */
function requireNamedAfter(files: ArchiveFiles, path: string, digest: Digest): void {
  const promised = `sha256:${basename(path, '.json')}`;
  if (isDigest(promised) && promised !== digest)
    throw archiveInvalid(files.name, path, `its digest is ${digest}`);
}

function requireEqualCount(
  files: ArchiveFiles,
  { config, layers }: Row,
  rootfs: ImageConfig['rootfs'],
): void {
  const count = rootfs.diff_ids.length;
  if (layers.length !== count)
    throw archiveInvalid(
      files.name,
      MANIFEST,
      `${layers.length} layers, and rootfs.diff_ids of ${config} has ${count}`,
    );
}

interface LayerFile extends ArchiveBlob {
  readonly diffId: DiffId;
}

/** A tar is kept as it is: its digest is the diff id. */
async function describeLayer(files: ArchiveFiles, { path, file, diffId }: LayerFile): Promise<Descriptor> {
  const kind = detectCompression(await firstBytes(file));
  if (kind === 'none') return { mediaType: MEDIA.ociLayer, digest: diffId, size: file.size };
  if (kind !== 'gzip' && kind !== 'zstd')
    throw archiveInvalid(files.name, path, `a layer compressed with ${kind}, which images do not have`);
  const mediaType = kind === 'gzip' ? MEDIA.ociLayerGzip : MEDIA.ociLayerZstd;
  return { mediaType, digest: await digestOfFile(path, file), size: file.size };
}

async function firstBytes(file: ArchiveFile): Promise<Buffer> {
  for await (const chunk of file.open()) return chunk.subarray(0, MAGIC_BYTES);
  return Buffer.alloc(0);
}

/** What the name says, which is compared when the layer is read; else what it is. */
async function digestOfFile(path: string, file: ArchiveFile): Promise<Digest> {
  const promised = `sha256:${basename(path)}`;
  if (isDigest(promised)) return promised;
  const hash = createHash('sha256');
  for await (const chunk of file.open()) hash.update(chunk);
  return digestOfHash(hash);
}
