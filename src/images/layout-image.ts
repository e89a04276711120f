// A base image out of an OCI image layout on disk (`oci-layout://`): its blobs are taken into the store when they are
// needed, verified.
import { createReadStream, statSync } from 'node:fs';
import { join } from 'node:path';
import { readSmallFile } from '../host/read-small-file.js';
import { digestOf, parseDigest, type Digest } from '../core/digest.js';
import { TsbuildError } from '../core/errors.js';
import type { Platform } from '../oci/platform.js';
import type { Descriptor, ImageIndex } from '../oci/types.js';
import { parseDocument } from '../registry/document.js';
import { selectImage, type NamedDocument } from '../registry/select-image.js';
import type { Image } from './image.js';
import { imageOf } from './image-of.js';
import type { LayerSource } from './layer.js';

export interface LayoutPlace {
  readonly path: string;
  /** Tag or digest; absent: the only manifest, or `latest`. */
  readonly reference: string | undefined;
}

/** As for documents of registries. */
const MAX_DOCUMENT_BYTES = 8 << 20;
const REF_NAME = 'org.opencontainers.image.ref.name';

/**
 * Its layers are read when they are needed.
 * @throws TsbuildError CONTEXT_NOT_FOUND, REGISTRY_PLATFORM, REGISTRY_PROTOCOL, REGISTRY_DIGEST_MISMATCH
 */
export async function openLayoutImage(layout: LayoutPlace, platform: Platform): Promise<Image> {
  const source = sourceOf(layout);
  const { name } = source;
  const top = parseDocument(readDocument(join(layout.path, 'index.json'), undefined, name), '', name);
  if (top.kind !== 'index')
    throw new TsbuildError('CONTEXT_NOT_FOUND', `${name}: index.json is not an image index`, {
      hint: 'give a directory that `tsbuild --output type=oci,tar=false` or skopeo wrote',
    });
  const readManifest = async (digest: Digest): Promise<NamedDocument> => {
    const bytes = readBlob(layout, digest, name);
    return { digest, bytes, document: parseDocument(bytes, '', name) };
  };
  const { bytes, ...found } = await selectImage(
    await readManifest(choose(top.index, layout, name).digest),
    platform,
    { name, readManifest, readConfig: async (config) => readBlob(layout, config.digest, name) },
  );
  const image = imageOf({ ...found, manifestBytes: bytes }, source, 'IMAGE_INVALID');
  for (const { descriptor } of image.layers) requireBlob(layout, descriptor.digest, name);
  return image;
}

function sourceOf(layout: LayoutPlace): LayerSource {
  const name = `oci-layout://${layout.path}`;
  return {
    name,
    async *open({ digest }) {
      yield* createReadStream(requireBlob(layout, digest, name), { highWaterMark: 1 << 20 });
    },
  };
}

/** Path of a blob that is there. A FIFO would never end. */
function requireBlob(layout: LayoutPlace, digest: Digest, name: string): string {
  const path = blobPath(layout, digest);
  if (!statSync(path, { throwIfNoEntry: false })?.isFile()) throw missing(path, name);
  return path;
}

function choose(index: ImageIndex, { reference }: LayoutPlace, name: string): Descriptor {
  const isWanted = (d: Descriptor) =>
    d.digest === reference || d.annotations?.[REF_NAME] === (reference ?? 'latest');
  const found =
    index.manifests.find(isWanted) ??
    (reference === undefined && index.manifests.length === 1 ? index.manifests[0] : undefined);
  if (found) return found;
  const known = index.manifests.map((d) => d.annotations?.[REF_NAME] ?? d.digest).join(', ');
  throw new TsbuildError('CONTEXT_NOT_FOUND', `${name}: no image ${reference ?? 'latest'}`, {
    hint: `the layout holds: ${known}`,
  });
}

function blobPath(context: LayoutPlace, digest: Digest): string {
  return join(context.path, 'blobs', 'sha256', parseDigest(digest, 'blob').slice('sha256:'.length));
}

function readBlob(context: LayoutPlace, digest: Digest, name: string): Buffer {
  return readDocument(blobPath(context, digest), digest, name);
}

function readDocument(path: string, digest: Digest | undefined, name: string): Buffer {
  const bytes = readSmallFile({ path, name: path, maxBytes: MAX_DOCUMENT_BYTES });
  if (!bytes) throw missing(path, name);
  if (digest !== undefined && digestOf(bytes) !== digest)
    throw new TsbuildError('REGISTRY_DIGEST_MISMATCH', `${name}: ${path} has another digest`);
  return bytes;
}

function missing(path: string, name: string): TsbuildError {
  return new TsbuildError('CONTEXT_NOT_FOUND', `${name}: cannot read ${path}: no such file`);
}
