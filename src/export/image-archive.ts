// `type=oci` and `type=docker`: an OCI image layout as a directory or as a tar; docker's tar carries manifest.json as well, so that every
// reader of either format takes it.
import { existsSync, readdirSync } from 'node:fs';
import { mkdir, open, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fromUtf8 } from '../core/bytes.js';
import { hexOf, type Digest, type DiffId } from '../core/digest.js';
import { TsbuildError } from '../core/errors.js';
import type { ContentRef, LayerEntry, TreeNode } from '../layer/entry.js';
import { createTarStream } from '../layer/tar/tar-stream.js';
import type { Descriptor } from '../oci/types.js';
import type { ExportImage, ExportResult } from './export-image.js';
import { outputError } from './output-error.js';
import { verifiedBlob } from './verified-blob.js';
import { layoutDocuments, type LayoutDocuments } from './layout-documents.js';
import { temporaryBeside } from './temporary-beside.js';

export interface ArchiveFormat {
  readonly type: 'oci' | 'docker';
  /** Layers as they are to be exported, in order. */
  readonly layers: readonly Descriptor[];
}

/** A file of the layout: text made here, or a blob of the store. */
type LayoutFile =
  | { readonly path: string; readonly bytes: Buffer }
  | { readonly path: string; readonly blob: Digest; readonly size: number };

function layoutFiles(image: ExportImage, format: ArchiveFormat, documents: LayoutDocuments): LayoutFile[] {
  const pathOf = (digest: string) => `blobs/${digest.replace(':', '/')}`;
  const layers = new Map(format.layers.map((layer) => [layer.digest, layer]));
  return [
    ...[...layers.values()].map((layer) => ({
      path: pathOf(layer.digest),
      blob: layer.digest,
      size: layer.size,
    })),
    { path: pathOf(documents.config.digest), bytes: image.configBytes },
    { path: pathOf(documents.manifest.digest), bytes: documents.manifestBytes },
    { path: 'index.json', bytes: Buffer.from(documents.indexJson) },
    ...(format.type === 'docker'
      ? [{ path: 'manifest.json', bytes: Buffer.from(documents.dockerManifestJson) }]
      : []),
    { path: 'oci-layout', bytes: Buffer.from('{"imageLayoutVersion":"1.0.0"}') },
  ];
}

/** Writes the layout into a directory that is complete before it has its name. @throws TsbuildError OUTPUT_FAILED */
export async function writeLayoutDirectory(
  image: ExportImage,
  format: ArchiveFormat,
  dest: string,
): Promise<ExportResult> {
  const documents = layoutDocuments(image, format.layers);
  const temporary = temporaryBeside(resolve(dest));
  try {
    await mkdir(join(temporary, 'blobs', 'sha256'), { recursive: true });
    for (const file of layoutFiles(image, format, documents)) {
      const path = join(temporary, file.path);
      await ('bytes' in file ? writeFile(path, file.bytes) : copyBlob(image, file, path));
    }
    await replaceDirectory(temporary, resolve(dest));
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    throw outputError(error, dest);
  }
  return { manifest: documents.manifest };
}

async function copyBlob(
  image: ExportImage,
  blob: { blob: Digest; size: number },
  path: string,
): Promise<void> {
  const file = await open(path, 'wx');
  try {
    for await (const chunk of verifiedBlob(image, { digest: blob.blob, size: blob.size }))
      await file.writeFile(chunk);
  } finally {
    await file.close();
  }
}

/** A directory that is an image layout (or empty) is replaced; anything else is not ours to delete. */
async function replaceDirectory(temporary: string, dest: string): Promise<void> {
  await mkdir(dirname(dest), { recursive: true });
  if (existsSync(dest)) {
    const names = readdirSync(dest);
    if (names.length > 0 && !names.includes('oci-layout'))
      throw new TsbuildError('OUTPUT_FAILED', `${dest} is not empty and not an image layout`, {
        hint: 'choose another dest, or empty the directory',
      });
    await rm(dest, { recursive: true });
  }
  await rename(temporary, dest);
}

/** The chunks of the layout as one tar. */
export function layoutTar(
  image: ExportImage,
  format: ArchiveFormat,
): { chunks: AsyncIterable<Buffer>; result: ExportResult } {
  const documents = layoutDocuments(image, format.layers);
  return {
    chunks: createTarStream(layoutEntries(layoutFiles(image, format, documents)), {
      whiteouts: false,
      openContent: (ref) => ({ path: image.blobPath(ref.diffId), offset: 0 }),
      onDamage: (digest) => image.discardBlob(digest),
    }).chunks,
    result: { manifest: documents.manifest },
  };
}

function* layoutEntries(files: readonly LayoutFile[]): Iterable<LayerEntry> {
  for (const dir of ['blobs', 'blobs/sha256']) yield plainEntry(dir, { type: 'dir', mode: 0o755, size: 0 });
  for (const file of files) {
    if ('bytes' in file)
      yield plainEntry(file.path, {
        type: 'file',
        mode: 0o644,
        size: file.bytes.length,
        content: { kind: 'bytes', data: file.bytes },
      });
    else {
      // A blob is a layer whose only content is all of it: what is read is compared with its digest.
      const content: ContentRef = { kind: 'layer', diffId: file.blob as DiffId, offset: 0 };
      const sha256 = hexOf(file.blob);
      yield plainEntry(file.path, { type: 'file', mode: 0o644, size: file.size, content, sha256 });
    }
  }
}

function plainEntry(
  path: string,
  node: Pick<TreeNode, 'type' | 'mode' | 'size' | 'content' | 'sha256'>,
): LayerEntry {
  return { kind: 'node', path: fromUtf8(path), node: { ...node, uid: 0, gid: 0, mtime: 0, mtimeNsec: 0 } };
}
