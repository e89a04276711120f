// The documents and blobs of an OCI image layout on disk (image-layout.md). Hostile until checked, as what a registry
// sends: digests become file names.
import { createReadStream, statSync } from 'node:fs';
import { join } from 'node:path';
import { digestOf, parseDigest, type Digest } from '../core/digest.js';
import { TsbuildError } from '../core/errors.js';
import { readSmallFile } from '../host/read-small-file.js';
import type { Descriptor, ImageIndex } from '../oci/types.js';
import { parseDocument } from '../registry/document.js';
import type { NamedDocument } from '../registry/select-image.js';

export interface LayoutPlace {
  readonly path: string;
  /** Tag or digest; absent: the only manifest, or `latest`. */
  readonly reference: string | undefined;
}

export interface LayoutContent {
  /** For messages. */
  readonly name: string;
  /** What the reference of the place stands for. */
  resolve(): NamedDocument;
  readManifest(digest: Digest): NamedDocument;
  /** A small blob, verified. */
  readDocument(digest: Digest): Buffer;
  /** @throws TsbuildError CONTEXT_NOT_FOUND */
  requireBlob(digest: Digest): void;
  /** Its bytes as they are; the reader verifies them. */
  openBlob(digest: Digest): AsyncIterable<Buffer>;
}

/** As for documents of registries. */
const MAX_DOCUMENT_BYTES = 8 << 20;
const REF_NAME = 'org.opencontainers.image.ref.name';

/** All calls throw TsbuildError CONTEXT_NOT_FOUND, CONTEXT_UNREADABLE, REGISTRY_PROTOCOL, REGISTRY_DIGEST_MISMATCH */
export function layoutContent(place: LayoutPlace): LayoutContent {
  const name = `oci-layout://${place.path}`;
  const readDocument = (digest: Digest) => readVerified(blobPath(place, digest), digest, name);
  const readManifest = (digest: Digest): NamedDocument => {
    const bytes = readDocument(digest);
    return { digest, bytes, document: parseDocument(bytes, '', name) };
  };
  // A FIFO would never end.
  const fileOf = (digest: Digest): string => {
    const path = blobPath(place, digest);
    if (!statSync(path, { throwIfNoEntry: false })?.isFile()) throw missing(path, name);
    return path;
  };
  return {
    name,
    resolve: () => readManifest(choose(readIndex(place, name), place, name).digest),
    readManifest,
    readDocument,
    requireBlob: (digest) => void fileOf(digest),
    async *openBlob(digest) {
      yield* createReadStream(fileOf(digest), { highWaterMark: 1 << 20 });
    },
  };
}

function readIndex({ path }: LayoutPlace, name: string): ImageIndex {
  const top = parseDocument(readVerified(join(path, 'index.json'), undefined, name), '', name);
  if (top.kind === 'index') return top.index;
  throw new TsbuildError('CONTEXT_NOT_FOUND', `${name}: index.json is not an image index`, {
    hint: 'give a directory that `tsbuild --output type=oci,tar=false` or skopeo wrote',
  });
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

function blobPath({ path }: LayoutPlace, digest: Digest): string {
  return join(path, 'blobs', 'sha256', parseDigest(digest, 'blob').slice('sha256:'.length));
}

function readVerified(path: string, digest: Digest | undefined, name: string): Buffer {
  const bytes = readSmallFile({ path, name: path, maxBytes: MAX_DOCUMENT_BYTES });
  if (!bytes) throw missing(path, name);
  if (digest !== undefined && digestOf(bytes) !== digest)
    throw new TsbuildError('REGISTRY_DIGEST_MISMATCH', `${name}: ${path} has another digest`);
  return bytes;
}

function missing(path: string, name: string): TsbuildError {
  return new TsbuildError('CONTEXT_NOT_FOUND', `${name}: cannot read ${path}: no such file`);
}
