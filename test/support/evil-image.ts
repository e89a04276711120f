// Images out of any layers and with any documents, true digests or not, as an OCI layout on disk.
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { evilTar, type EvilEntry } from './evil-tars.js';
import { makeTinyImage } from './tiny-image.js';

type Fields = Readonly<Record<string, unknown>>;

export interface EvilImage {
  /** Uncompressed tars, bottom first, or entries. */
  readonly layers: readonly (Buffer | readonly EvilEntry[])[];
  /** Laid over the true configuration, manifest and index. */
  readonly config?: Fields;
  readonly manifest?: Fields;
  readonly index?: Fields;
}

const LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip';
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';

export function sha256Of(data: Uint8Array): string {
  return `sha256:${createHash('sha256').update(data).digest('hex')}`;
}

/** A base with a shell, as the lowest layer: the tar of the tiny image. */
export function shellLayer(): Buffer {
  const { blobs, layer } = makeTinyImage();
  return gunzipSync(blobs.get(layer.digest)!);
}

export interface BuiltEvilImage {
  readonly manifest: { readonly mediaType: string; readonly digest: string; readonly size: number };
  readonly document: Fields;
  /** By digest, the manifest included. */
  readonly blobs: ReadonlyMap<string, Buffer>;
}

export function makeEvilImage({ layers, config, manifest }: EvilImage): BuiltEvilImage {
  const blobs = new Map<string, Buffer>();
  const add = (mediaType: string, data: Buffer) => {
    const digest = sha256Of(data);
    blobs.set(digest, data);
    return { mediaType, digest, size: data.length };
  };
  const tars = layers.map((layer) => (Buffer.isBuffer(layer) ? layer : evilTar(layer)));
  const configuration = {
    architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
    os: 'linux',
    config: { Env: ['PATH=/bin'] },
    rootfs: { type: 'layers', diff_ids: tars.map(sha256Of) },
    history: tars.map(() => ({ created_by: 'evil' })),
    ...config,
  };
  const document = {
    schemaVersion: 2,
    mediaType: MANIFEST,
    config: add('application/vnd.oci.image.config.v1+json', Buffer.from(JSON.stringify(configuration))),
    layers: tars.map((tar) => add(LAYER, gzipSync(tar, { level: 1 }))),
    ...manifest,
  };
  return { manifest: add(MANIFEST, Buffer.from(JSON.stringify(document))), document, blobs };
}

/** The only image of a layout at `directory`. */
export function writeEvilImage(directory: string, image: EvilImage): void {
  const { manifest, blobs } = makeEvilImage(image);
  const folder = join(directory, 'blobs', 'sha256');
  mkdirSync(folder, { recursive: true });
  for (const [digest, data] of blobs) writeFileSync(join(folder, digest.slice('sha256:'.length)), data);
  writeFileSync(join(directory, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
  const index = { schemaVersion: 2, manifests: [manifest], ...image.index };
  writeFileSync(join(directory, 'index.json'), JSON.stringify(index));
}
