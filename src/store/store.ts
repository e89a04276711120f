// The store on disk: an OCI image layout, an index beside every layer, cache records, resolved references.
// Invariant: what has its final name is complete and verified; everything else lies in tmp/ and may be deleted at any
// time.
import { chmodSync, existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { digestOf, type Digest, type DiffId } from '../core/digest.js';
import { errnoOf } from '../core/errno.js';
import { TsbuildError } from '../core/errors.js';
import type { LayerEntry } from '../layer/entry.js';
import { openContentFile, type ContentFile } from '../layer/stored-content.js';
import { decodeIndex, decodeIndexRows, type IndexText } from '../layer/index-codec.js';
import { searchIndex, type IndexSearch } from '../layer/index-search.js';
import { bootId } from '../host/boot-id.js';
import { makeDirectories } from '../host/make-directories.js';
import { removeCompressedForms } from './compressed-forms.js';
import { createDamage, removeDamaged, type Damage } from './damage.js';
import { storeWriteError, temporaryName, writeDurably, writeDurablyAside } from './durable-write.js';
import { createLease, type Lease } from './leases/lease.js';
import { leasedPaths } from './leases/leased-paths.js';
import { readBlob, type BlobRef } from './read-blob.js';
import { spoolWhile } from './spool.js';
import { layerFiles, storePaths, type StorePaths } from './store-paths.js';
import { createTemporaryFiles, type TemporaryFiles } from './temporary-files.js';
import { createUnsyncedFiles, type UnsyncedFiles } from './unsynced-files.js';
import { writeBlob, type GrowingFile, type WrittenBlob } from './write-blob.js';

export interface Store {
  readonly paths: StorePaths;
  hasBlob(digest: Digest): boolean;
  /** The same for a blob of a known size; one of another size is deleted. @throws TsbuildError STORE_UNWRITABLE */
  hasWholeBlob(blob: { readonly digest: Digest; readonly size: number }): boolean;
  /** Size in bytes, undefined when the blob is not here. */
  blobSize(digest: Digest): number | undefined;
  /**
   * All of a blob: `readBlob`. One that is damaged is deleted.
   * @throws TsbuildError STORE_CORRUPT, STORE_UNWRITABLE, ABORTED
   */
  openBlob(blob: BlobRef, signal?: AbortSignal): AsyncGenerator<Buffer, void>;
  /**
   * The uncompressed tar of a layer, for contents at their places. It is not verified as a whole: who reads
   * compares a content with what is known of it. `damaged` deletes the tar.
   * @throws TsbuildError STORE_CORRUPT
   */
  openTar(diffId: DiffId): ContentFile;
  /**
   * Takes a blob in while `consume` reads the same bytes, which must verify them: `spoolWhile`. `growing` is the path
   * of the file until `consume` returns.
   * @throws what `consume` throws; TsbuildError STORE_FULL, STORE_UNWRITABLE
   */
  receiveBlob<T>(
    blob: BlobRef,
    chunks: AsyncIterable<Buffer>,
    consume: (tee: AsyncIterable<Buffer>, growing: string) => Promise<T>,
  ): Promise<T>;
  /** Writes a blob: `writeBlob`. */
  putBlob(chunks: AsyncIterable<Buffer>, onBegun?: (growing: GrowingFile) => void): Promise<WrittenBlob>;
  /** Deletes the blob, the compressed forms and the index of a layer; not its trees. */
  removeLayer(diffId: DiffId): void;
  /**
   * A small blob (manifest, config), verified against its digest; a damaged one is deleted.
   * @throws TsbuildError STORE_UNWRITABLE
   */
  readSmallBlob(digest: Digest): Buffer | undefined;
  /**
   * Brings those that are missing or damaged to the disk, together.
   * @throws TsbuildError STORE_FULL, STORE_UNWRITABLE
   */
  putSmallBlobs(blobs: readonly Uint8Array[]): Promise<void>;
  /** A path in tmp/ for a file that is to be renamed into place. */
  temporaryPath(): string;
  hasIndex(diffId: DiffId): boolean;
  /** A damaged index is deleted, as by the next two. @throws TsbuildError STORE_CORRUPT */
  readIndex(diffId: DiffId): LayerEntry[];
  /** One entry after the other. @throws TsbuildError STORE_CORRUPT, when the first is asked for */
  readIndexRows(diffId: DiffId): Iterator<LayerEntry, unknown>;
  /** For a few entries of it. @throws TsbuildError STORE_CORRUPT */
  searchIndex(diffId: DiffId): IndexSearch;
  /** `text`: its text form. */
  putIndex(diffId: DiffId, text: IndexText): void;
  /** What this build has written and not synced. */
  readonly unsynced: UnsyncedFiles;
  /** As `bootId`, asked once. */
  boot(): string | undefined;
  /** Whether the names of images were lost, with the file that holds them. */
  readonly isNamesLost: boolean;
  readonly temporaries: TemporaryFiles;
  /** Holds what was asked for, until it is released. */
  readonly lease: Lease;
}

/** $TSBUILD_ROOT, else $XDG_DATA_HOME/tsbuild, else ~/.local/share/tsbuild. */
export function defaultStoreRoot(env: NodeJS.ProcessEnv): string {
  if (env['TSBUILD_ROOT']) return resolve(env['TSBUILD_ROOT']);
  const data = env['XDG_DATA_HOME'] || join(env['HOME'] || homedir(), '.local', 'share');
  return join(data, 'tsbuild');
}

/**
 * Opens the store, making its folders when they are missing. `damage` learns what was found to be damaged.
 * @throws TsbuildError STORE_UNWRITABLE, STORE_FULL
 */
export function openStore(root: string, damage: Damage = createDamage()): Store {
  const plain = storePaths(root);
  const lease = createLease(plain);
  const temporaries = createTemporaryFiles(plain, lease);
  const paths: StorePaths = {
    ...leasedPaths(plain, lease),
    get lease() {
      return lease.path();
    },
    // Who asks for the place is about to write there.
    get tmp() {
      temporaries.hold();
      return plain.tmp;
    },
  };
  let boot: { readonly id: string | undefined } | undefined;
  const isLayout = existsSync(join(paths.oci, 'oci-layout'));
  const isNamed = isLayout && existsSync(join(paths.oci, 'index.json'));
  if (!isNamed) createLayout(plain);
  keepPrivate(paths.root);

  function ofIndex<T>(diffId: DiffId, read: () => T): T {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof TsbuildError) && errnoOf(error) !== 'ENOENT') throw error;
      throw damage.discard(paths.index(diffId), `the index of the layer ${diffId}`, error);
    }
  }

  function discardBlob(digest: Digest, cause?: unknown): TsbuildError {
    return damage.discard(paths.blob(digest), `the layer ${digest}`, cause);
  }

  return {
    paths,
    openBlob: (blob, signal) =>
      readBlob(paths.blob(blob.digest), blob, {
        damaged: (cause) => discardBlob(blob.digest, cause),
        signal,
      }),
    openTar(diffId) {
      try {
        return openContentFile(paths.blob(diffId), () => discardBlob(diffId));
      } catch (error) {
        throw (error as NodeJS.ErrnoException).code === 'ENOENT' ? discardBlob(diffId, error) : error;
      }
    },
    receiveBlob: ({ digest, size }, chunks, consume) =>
      spoolWhile(
        temporaryName(paths.tmp),
        paths.blob(digest),
        { chunks, ...(size !== undefined && { size }) },
        consume,
      ),
    putBlob: (chunks, onBegun) => writeBlob(paths, chunks, onBegun),
    removeLayer(diffId) {
      removeCompressedForms(paths, diffId);
      for (const path of layerFiles(paths, diffId)) rmSync(path, { force: true });
    },
    hasBlob: (digest) => existsSync(paths.blob(digest)),
    blobSize: (digest) => statSync(paths.blob(digest), { throwIfNoEntry: false })?.size,
    hasWholeBlob({ digest, size }) {
      const found = statSync(paths.blob(digest), { throwIfNoEntry: false })?.size;
      if (found !== undefined && found !== size) removeDamaged(paths.blob(digest));
      return found === size;
    },
    readSmallBlob: (digest) => readVerified(paths.blob(digest), digest),
    async putSmallBlobs(blobs) {
      const files = blobs.map((data) => ({ data, path: paths.blob(digestOf(data)) }));
      const missing = files.filter(({ path, data }) => !holds(path, data));
      await Promise.all(missing.map(({ data, path }) => writeDurablyAside(path, data, paths.tmp)));
    },
    temporaryPath: () => temporaryName(paths.tmp),
    hasIndex: (diffId) => existsSync(paths.index(diffId)),
    readIndex: (diffId) =>
      ofIndex(diffId, () => decodeIndex(readFileSync(paths.index(diffId), 'utf8'), diffId)),
    readIndexRows(diffId) {
      const rows = ofIndex(diffId, () => decodeIndexRows(readFileSync(paths.index(diffId)), diffId));
      return { next: () => ofIndex(diffId, () => rows.next()) };
    },
    searchIndex: (diffId) => ofIndex(diffId, () => searchIndex(readFileSync(paths.index(diffId)), diffId)),
    putIndex: (diffId, text) => writeDurably(paths.index(diffId), text, paths.tmp),
    unsynced: createUnsyncedFiles(),
    boot: () => (boot ??= { id: bootId() }).id,
    isNamesLost: isLayout && !isNamed,
    temporaries,
    lease,
  };
}

function createLayout(paths: StorePaths): void {
  try {
    const folders = [join(paths.oci, 'blobs', 'sha256'), paths.tmp, paths.cache, paths.stat, paths.refs];
    for (const folder of [...folders, join(paths.root, 'index')]) makeDirectories(folder, 0o700);
    for (const folder of [paths.trees, paths.mounts]) makeDirectories(folder, 0o700);
    const index = join(paths.oci, 'index.json');
    if (!existsSync(index))
      writeDurably(index, JSON.stringify({ schemaVersion: 2, manifests: [] }), paths.tmp);
    writeDurably(join(paths.oci, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }), paths.tmp);
  } catch (error) {
    throw storeWriteError(error, paths.root);
  }
}

/** Sources, private base images and set-id programs lie in it, which are nothing for other users of the host. */
function keepPrivate(root: string): void {
  const { mode, uid } = statSync(root);
  if ((mode & 0o077) === 0 || uid !== process.getuid?.()) return;
  try {
    chmodSync(root, 0o700);
  } catch (error) {
    // A store on a file system that is read-only can be built from as far as all is cached, and is as it was made.
    if ((error as NodeJS.ErrnoException).code !== 'EROFS') throw storeWriteError(error, root);
  }
}

function readVerified(path: string, digest: Digest): Buffer | undefined {
  if (!existsSync(path)) return undefined;
  const bytes = readFileSync(path);
  if (digestOf(bytes) === digest) return bytes;
  removeDamaged(path);
  return undefined;
}

function holds(path: string, data: Uint8Array): boolean {
  return existsSync(path) && readFileSync(path).equals(data);
}
