// `type=oci` and `type=docker`: an OCI image layout as a directory or as a tar; docker's tar carries manifest.json as
// well, so that every reader of either format takes it.
import { existsSync, readdirSync } from 'node:fs';
import { mkdir, open, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fromUtf8 } from '../core/bytes.js';
import { hexOf, type Digest, type DiffId } from '../core/digest.js';
import { TsbuildError } from '../core/errors.js';
import type { ContentRef, LayerEntry, TreeNode } from '../layer/entry.js';
import { createTarStream } from '../layer/tar/tar-stream.js';
import type { Descriptor } from '../oci/types.js';
import type { Store } from '../store/store.js';
import { outputError } from './output-error.js';
import { layoutDocuments, type ExportedImage, type LayoutDocuments } from './layout-documents.js';
import { temporaryBeside } from './temporary-beside.js';

export type ArchiveType = 'oci' | 'docker';

/** A file of the layout: text made here, or a blob of the store. */
type LayoutFile =
  | { readonly path: string; readonly bytes: Uint8Array }
  | { readonly path: string; readonly blob: Digest; readonly size: number };

function layoutFiles(type: ArchiveType, exported: ExportedImage, documents: LayoutDocuments): LayoutFile[] {
  const pathOf = (digest: string) => `blobs/${digest.replace(':', '/')}`;
  const layers = new Map(exported.layers.map((layer) => [layer.digest, layer]));
  return [
    ...[...layers.values()].map((layer) => ({
      path: pathOf(layer.digest),
      blob: layer.digest,
      size: layer.size,
    })),
    { path: pathOf(documents.config.digest), bytes: exported.image.configBytes },
    { path: pathOf(documents.manifest.digest), bytes: documents.manifestBytes },
    { path: 'index.json', bytes: Buffer.from(documents.indexJson) },
    ...(type === 'docker'
      ? [{ path: 'manifest.json', bytes: Buffer.from(documents.dockerManifestJson) }]
      : []),
    { path: 'oci-layout', bytes: Buffer.from('{"imageLayoutVersion":"1.0.0"}') },
  ];
}

/**
 * Writes the layout into a directory that is complete before it has its name.
 * @param dest absolute
 * @returns the manifest as exported
 * @throws TsbuildError OUTPUT_FAILED, STORE_CORRUPT, ABORTED
 */
export async function writeLayoutDirectory(
  type: ArchiveType,
  exported: ExportedImage,
  { store, dest, signal }: LayoutTarget,
): Promise<Descriptor> {
  const documents = layoutDocuments(exported);
  const temporary = temporaryBeside(dest);
  try {
    await mkdir(join(temporary, 'blobs', 'sha256'), { recursive: true });
    for (const file of layoutFiles(type, exported, documents)) {
      const path = join(temporary, file.path);
      await ('bytes' in file
        ? writeFile(path, file.bytes)
        : copyBlob(store.openBlob({ digest: file.blob, size: file.size }, signal), path));
    }
    await replaceDirectory(temporary, dest);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    throw outputError(error, dest);
  }
  return documents.manifest;
}

interface LayoutTarget {
  readonly store: Pick<Store, 'openBlob'>;
  readonly dest: string;
  readonly signal: AbortSignal;
}

async function copyBlob(chunks: AsyncIterable<Buffer>, path: string): Promise<void> {
  const file = await open(path, 'wx');
  try {
    for await (const chunk of chunks) await file.writeFile(chunk);
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

/**
 * The chunks of the layout as one tar, and the manifest as exported. `chunks` throw STORE_CORRUPT for a damaged blob.
 */
export function layoutTar(
  type: ArchiveType,
  exported: ExportedImage,
  { openTar }: Pick<Store, 'openTar'>,
): { readonly chunks: AsyncIterable<Buffer>; readonly manifest: Descriptor } {
  const documents = layoutDocuments(exported);
  const entries = layoutEntries(layoutFiles(type, exported, documents));
  return {
    chunks: createTarStream(entries, { whiteouts: false, openTar }).chunks,
    manifest: documents.manifest,
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
