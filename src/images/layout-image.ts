// A base image out of an OCI image layout on disk (`oci-layout://`): its blobs are taken into the store, verified.
import { createReadStream, statSync } from 'node:fs';
import { join } from 'node:path';
import { readSmallFile } from '../context/read-small-file.js';
import { digestOf, parseDigest, type Digest } from '../core/digest.js';
import { TsbuildError } from '../core/errors.js';
import type { Platform } from '../oci/platform.js';
import { parseImageConfig } from '../oci/parse-image-config.js';
import type { Descriptor, ImageIndex } from '../oci/types.js';
import { parseDocument } from '../registry/document.js';
import { selectImage, type NamedDocument } from '../registry/select-image.js';
import type { BaseImage } from './base-image.js';
import { indexing } from './layer-files.js';
import type { PlanSession } from '../builder/session.js';

export interface LayoutContext {
  readonly path: string;
  /** Tag or digest; absent: the only manifest, or `latest`. */
  readonly reference: string | undefined;
}

/** As for documents of registries. */
const MAX_DOCUMENT_BYTES = 8 << 20;
const REF_NAME = 'org.opencontainers.image.ref.name';

/** @throws TsbuildError CONTEXT_NOT_FOUND, REGISTRY_PLATFORM, REGISTRY_PROTOCOL, REGISTRY_DIGEST_MISMATCH */
export async function openLayoutImage(
  session: PlanSession,
  context: LayoutContext,
  platform: Platform,
): Promise<BaseImage> {
  const name = `oci-layout://${context.path}`;
  const top = parseDocument(readDocument(join(context.path, 'index.json'), undefined, name), '', name);
  if (top.kind !== 'index')
    throw new TsbuildError('CONTEXT_NOT_FOUND', `${name}: index.json is not an image index`, {
      hint: 'give a directory that `tsbuild --output type=oci,tar=false` or skopeo wrote',
    });
  const readManifest = async (digest: Digest): Promise<NamedDocument> => {
    const bytes = readBlob(context, digest, name);
    return { digest, bytes, document: parseDocument(bytes, '', name) };
  };
  const { digest, manifest, configBytes } = await selectImage(
    await readManifest(choose(top.index, context, name).digest),
    platform,
    { name, readManifest, readConfig: async (config) => readBlob(context, config.digest, name) },
  );
  const config = parseImageConfig(configBytes, name);
  const known = config.rootfs.diff_ids.length;
  if (known !== manifest.layers.length)
    throw new TsbuildError(
      'IMAGE_INVALID',
      `${name}: the manifest has ${manifest.layers.length} layers, and rootfs.diff_ids of the config has ${known}`,
      { hint: 'write the layout again: its config does not belong to its manifest' },
    );
  const layers = manifest.layers.map((layer, i) => ({
    diffId: parseDigest(
      config.rootfs.diff_ids[i],
      `${name}: diff id`,
    ) as BaseImage['layers'][number]['diffId'],
    base: { descriptor: layer, reference: name },
  }));
  for (const layer of layers) await takeLayer(session, context, layer);
  return { reference: name, manifest: digest, config, layers };
}

function choose(index: ImageIndex, { reference }: LayoutContext, name: string): Descriptor {
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

async function takeLayer(
  session: PlanSession,
  context: LayoutContext,
  layer: BaseImage['layers'][number],
): Promise<void> {
  const { descriptor } = layer.base!;
  if (session.store.hasWholeBlob(descriptor)) return;
  const from = blobPath(context, descriptor.digest);
  // A FIFO would never end.
  if (!statSync(from, { throwIfNoEntry: false })?.isFile()) throw missing(from, layer.base!.reference);
  const { indexLayer } = await import('../store/index-layer.js');
  const chunks = createReadStream(from, { highWaterMark: 1 << 20 });
  await session.store.receiveBlob(descriptor, chunks, (tee) =>
    indexLayer(tee, { ...indexing(session, layer), expect: descriptor }),
  );
}

function blobPath(context: LayoutContext, digest: Digest): string {
  return join(context.path, 'blobs', 'sha256', parseDigest(digest, 'blob').slice('sha256:'.length));
}

function readBlob(context: LayoutContext, digest: Digest, name: string): Buffer {
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
