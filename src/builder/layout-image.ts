// A base image out of an OCI image layout on disk (`oci-layout://`): its blobs are taken into the store, verified.
import { createReadStream, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { digestOf, parseDigest, type Digest } from '../core/digest.js';
import { TsbuildError } from '../core/errors.js';
import type { Platform } from '../oci/platform.js';
import {
  MEDIA,
  type Descriptor,
  type ImageConfig,
  type ImageIndex,
  type ImageManifest,
} from '../oci/types.js';
import { selectManifest } from '../registry/select-platform.js';
import { spoolWhile } from '../store/spool.js';
import type { BaseImage } from './base-image.js';
import { indexLayer } from './layer-files.js';
import type { Session } from './session.js';

export interface LayoutContext {
  readonly path: string;
  /** Tag or digest; absent: the only manifest, or `latest`. */
  readonly reference: string | undefined;
}

const REF_NAME = 'org.opencontainers.image.ref.name';

/** @throws TsbuildError CONTEXT_NOT_FOUND, REGISTRY_PLATFORM, REGISTRY_DIGEST_MISMATCH */
export async function openLayoutImage(
  session: Session,
  context: LayoutContext,
  platform: Platform,
): Promise<BaseImage> {
  const name = `oci-layout://${context.path}`;
  const index = readDocument<ImageIndex>(join(context.path, 'index.json'), undefined, name);
  let descriptor = choose(index, context, name);
  while (descriptor.mediaType === MEDIA.ociIndex || descriptor.mediaType === MEDIA.dockerList)
    descriptor = selectManifest(readBlob<ImageIndex>(context, descriptor.digest, name), platform);
  const manifest = readBlob<ImageManifest>(context, descriptor.digest, name);
  const config = readBlob<ImageConfig>(context, manifest.config.digest, name);
  const layers = manifest.layers.map((layer, i) => ({
    diffId: parseDigest(
      config.rootfs.diff_ids[i],
      `${name}: diff id`,
    ) as BaseImage['layers'][number]['diffId'],
    base: { descriptor: layer, reference: name },
  }));
  for (const layer of layers) await takeLayer(session, context, layer);
  return { reference: name, manifest: descriptor.digest, config, layers };
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
  session: Session,
  context: LayoutContext,
  layer: BaseImage['layers'][number],
): Promise<void> {
  const { descriptor } = layer.base!;
  const path = session.store.paths.blob(descriptor.digest);
  if (existsSync(path)) return;
  const source = createReadStream(blobPath(context, descriptor.digest), { highWaterMark: 1 << 20 });
  await spoolWhile(session.store.temporaryPath(), path, source, (tee) =>
    indexLayer(session, layer, tee, descriptor),
  );
}

function blobPath(context: LayoutContext, digest: Digest): string {
  return join(context.path, 'blobs', 'sha256', parseDigest(digest, 'blob').slice('sha256:'.length));
}

function readBlob<T>(context: LayoutContext, digest: Digest, name: string): T {
  return readDocument<T>(blobPath(context, digest), digest, name);
}

function readDocument<T>(path: string, digest: Digest | undefined, name: string): T {
  try {
    const bytes = readFileSync(path);
    if (digest !== undefined && digestOf(bytes) !== digest)
      throw new TsbuildError('REGISTRY_DIGEST_MISMATCH', `${name}: ${path} has another digest`);
    return JSON.parse(bytes.toString('utf8')) as T;
  } catch (error) {
    if (error instanceof TsbuildError) throw error;
    throw new TsbuildError('CONTEXT_NOT_FOUND', `${name}: cannot read ${path}: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
