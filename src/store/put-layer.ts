// Writes a layer into the store. Its index gets its name first, its blob last, so that a blob that is there has its
// index. Nothing is synced here; the record that names the layer counts for this boot only, until it is
// (cache/step-records.ts).
// Invariant: a file of the right size is left alone, since it may be on the disk already and named by a durable record.
import { closeSync, mkdirSync, openSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { DiffId } from '../core/digest.js';
import type { TarEntry } from '../layer/tar/copied-entries.js';
import { writeLayer, type LayerWriterOptions, type WrittenFile } from '../layer/tar/layer-writer.js';
import { commitFile, storeWriteError, temporaryName, writeUnsynced } from './durable-write.js';
import type { StorePaths } from './store-paths.js';
import type { StoredLayer } from './stored-layer.js';

export interface PutLayerOptions extends Omit<LayerWriterOptions, 'fd'> {
  /** Called when all is written and nothing has its name yet. */
  onWritten?(diffId: DiffId): void;
}

/**
 * `entries` in their order, with all their extended attributes.
 * @throws what `onWritten` throws; TsbuildError CONTEXT_CHANGED, STORE_CORRUPT, STORE_FULL, STORE_UNWRITABLE, ABORTED
 */
export async function putLayer(
  paths: StorePaths,
  entries: Iterable<TarEntry>,
  { onWritten, ...options }: PutLayerOptions = {},
): Promise<StoredLayer> {
  const temporary = temporaryName(paths.tmp);
  try {
    const written = await writeTar(temporary, entries, options);
    onWritten?.(written.diffId);
    giveNames(paths, written, temporary);
    return { diffId: written.diffId, blob: written.diffId, size: written.size };
  } catch (error) {
    throw storeWriteError(error, temporary);
  } finally {
    rmSync(temporary, { force: true });
  }
}

async function writeTar(
  path: string,
  entries: Iterable<TarEntry>,
  options: Omit<LayerWriterOptions, 'fd'>,
): Promise<WrittenFile> {
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
  const fd = openSync(path, 'wx', 0o644);
  try {
    return await writeLayer(entries, { ...options, fd });
  } finally {
    closeSync(fd);
  }
}

function giveNames(paths: StorePaths, { diffId, size, indexText }: WrittenFile, temporary: string): void {
  const indexBytes = indexText.reduce((sum, piece) => sum + piece.length, 0);
  if (sizeOf(paths.index(diffId)) !== indexBytes) writeUnsynced(paths.index(diffId), indexText, paths.tmp);
  if (sizeOf(paths.blob(diffId)) !== size) commitFile(temporary, paths.blob(diffId));
}

function sizeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.size;
}
