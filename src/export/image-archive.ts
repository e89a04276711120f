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
import type { Store } from '../store/store.js';
import { outputError } from './output-error.js';
import { blobPath, dockerManifestJson, indexJson, type PackedRoot } from './archive/archive-documents.js';
import { temporaryBeside } from './temporary-beside.js';

export type ArchiveType = 'oci' | 'docker';

/** A file of the layout: text made here, or a blob of the store. */
type LayoutFile =
  | { readonly path: string; readonly bytes: Uint8Array }
  | { readonly path: string; readonly blob: Digest; readonly size: number };

interface ArchiveOptions {
  readonly format: ArchiveType;
  /** Layers that the reader has, by digest: named, and not written. */
  readonly omitted?: ReadonlySet<Digest>;
}

/** Blobs that images share are written once. */
function layoutFiles(roots: readonly PackedRoot[], { format, omitted }: ArchiveOptions): LayoutFile[] {
  const images = roots.flatMap((root) => root.images);
  const layers = images
    .flatMap((image) => image.layers)
    .filter(({ digest }) => omitted?.has(digest) !== true);
  const blobs = new Map<Digest, LayoutFile>();
  for (const layer of layers)
    blobs.set(layer.digest, { path: blobPath(layer), blob: layer.digest, size: layer.size });
  for (const { config, configBytes, manifest, manifestBytes } of images) {
    blobs.set(config.digest, { path: blobPath(config), bytes: configBytes });
    blobs.set(manifest.digest, { path: blobPath(manifest), bytes: manifestBytes });
  }
  for (const { descriptor, bytes } of roots.flatMap(({ documents }) => documents))
    blobs.set(descriptor.digest, { path: blobPath(descriptor), bytes });
  return [
    ...blobs.values(),
    { path: 'index.json', bytes: Buffer.from(indexJson(roots)) },
    ...(format === 'docker'
      ? [{ path: 'manifest.json', bytes: Buffer.from(dockerManifestJson(roots)) }]
      : []),
    { path: 'oci-layout', bytes: Buffer.from('{"imageLayoutVersion":"1.0.0"}') },
  ];
}

/**
 * Writes the layout into a directory that is complete before it has its name.
 * @param dest absolute
 * @throws TsbuildError OUTPUT_FAILED, STORE_CORRUPT, ABORTED
 */
export async function writeLayoutDirectory(
  type: ArchiveType,
  packed: PackedRoot,
  { store, dest, signal }: LayoutTarget,
): Promise<void> {
  const temporary = temporaryBeside(dest);
  try {
    await mkdir(join(temporary, 'blobs', 'sha256'), { recursive: true });
    for (const file of layoutFiles([packed], { format: type })) {
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
 * The chunks of an archive of images as one tar; a chunk is valid until the next one is asked for.
 * @throws TsbuildError STORE_CORRUPT for a damaged blob, from the chunks
 */
export function archiveTar(
  roots: readonly PackedRoot[],
  options: ArchiveOptions,
  { openTar }: Pick<Store, 'openTar'>,
): AsyncGenerator<Buffer, void> {
  return createTarStream(layoutEntries(layoutFiles(roots, options)), { whiteouts: false, openTar }).chunks;
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
