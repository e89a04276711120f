// The files of an OCI image layout that caches lie in (image-layout.md): read as what others may have written, written
// so that a file with its final name is whole. Invariant: reading needs no right to write.
import { createHash } from 'node:crypto';
import { createReadStream, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { digestOf, digestOfHash, hexOf, type Digest } from '../../../core/digest.js';
import { errnoOf, errnoWords } from '../../../core/errno.js';
import { TsbuildError, type ErrorCode } from '../../../core/errors.js';
import { readSmallFile } from '../../../host/read-small-file.js';
import type { Descriptor } from '../../../oci/types.js';
import { temporaryName, writeDurably } from '../../../store/durable-write.js';
import { verifiedBody } from '../verified-body.js';

const LAYOUT_FILE = 'oci-layout';
const LAYOUT_TEXT = '{"imageLayoutVersion":"1.0.0"}';
/** A temporary file that nobody has written to for so long was left by a killed build. */
const LEFT_OVER_MS = 24 * 3600 * 1000;

export function blobPath(root: string, digest: Digest): string {
  return join(root, 'blobs', 'sha256', hexOf(digest));
}

/** How rooms below say that a file cannot be had; their hints speak of the store. */
const FILE_FAILURES: ReadonlySet<ErrorCode> = new Set([
  'STORE_LOCKED',
  'STORE_UNWRITABLE',
  'STORE_FULL',
  'CONTEXT_UNREADABLE',
]);

/** What a failure of a file means for a cache. Errors that have words already stay. */
export function placeError(error: unknown, doing: string, path: string): unknown {
  if (error instanceof TsbuildError) {
    return FILE_FAILURES.has(error.code) ? error.with({ code: 'CACHE_UNAVAILABLE', hint: undefined }) : error;
  }
  const words = errnoWords(error);
  if (words === undefined) return error;
  return new TsbuildError('CACHE_UNAVAILABLE', `cannot ${doing} ${path}: ${words}`, {
    hint: errnoOf(error) === 'ENOSPC' ? 'free disk space, or lower max-size' : undefined,
    cause: error,
  });
}

/** A small file; undefined when there is none. @throws TsbuildError CACHE_UNAVAILABLE */
export function readFileOf(path: string, maxBytes: number): Buffer | undefined {
  try {
    return readSmallFile({ path, name: path, maxBytes });
  } catch (error) {
    throw placeError(error, 'read', path);
  }
}

/** A small blob, verified; undefined when there is none. @throws TsbuildError CACHE_UNAVAILABLE, CACHE_INVALID */
export function readBlobOf(root: string, digest: Digest, maxBytes: number): Buffer | undefined {
  const path = blobPath(root, digest);
  const bytes = readFileOf(path, maxBytes);
  if (bytes && digestOf(bytes) !== digest)
    throw new TsbuildError('CACHE_INVALID', `${path} has another digest than its name`);
  return bytes;
}

export function hasBlob(root: string, { digest, size }: Pick<Descriptor, 'digest' | 'size'>): boolean {
  const stat = statSync(blobPath(root, digest), { throwIfNoEntry: false });
  return stat !== undefined && stat.isFile() && stat.size === size;
}

/** Whether the blob is there and has its digest: a damaged one would stay for ever. @throws TsbuildError ABORTED */
export async function hasIntactBlob(
  root: string,
  blob: Pick<Descriptor, 'digest' | 'size'>,
  signal: AbortSignal,
): Promise<boolean> {
  if (!hasBlob(root, blob)) return false;
  const hash = createHash('sha256');
  try {
    for await (const chunk of streamBlob(root, blob.digest, signal)) hash.update(chunk);
  } catch (error) {
    // Another build has just removed it, or it cannot be read: writing it tells.
    if (error instanceof TsbuildError && error.code === 'CACHE_UNAVAILABLE') return false;
    throw error;
  }
  return digestOfHash(hash) === blob.digest;
}

/** @throws TsbuildError CACHE_UNAVAILABLE, ABORTED */
export async function* streamBlob(root: string, digest: Digest, signal: AbortSignal): AsyncGenerator<Buffer> {
  const path = blobPath(root, digest);
  // A FIFO would never end.
  if (!statSync(path, { throwIfNoEntry: false })?.isFile())
    throw new TsbuildError('CACHE_UNAVAILABLE', `${path} is gone`);
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20, signal }))
      yield chunk as Buffer;
  } catch (error) {
    if (signal.aborted)
      throw new TsbuildError('ABORTED', `interrupted while reading ${path}`, { cause: signal.reason });
    throw placeError(error, 'read', path);
  }
}

/**
 * Makes the folder a layout unless it is one.
 * @throws TsbuildError CACHE_UNAVAILABLE also for a folder with files of another kind
 */
export function prepareLayout(root: string): void {
  try {
    mkdirSync(join(root, 'blobs', 'sha256'), { recursive: true });
    const names = readdirSync(root);
    if (names.includes(LAYOUT_FILE)) return;
    if (names.some((name) => name !== 'blobs' && !isOurs(name)))
      throw new TsbuildError('CACHE_UNAVAILABLE', `${root} is not empty and not an OCI image layout`, {
        hint: 'give an empty folder, or one that does not exist',
      });
    writeDurably(join(root, LAYOUT_FILE), LAYOUT_TEXT, root);
  } catch (error) {
    throw placeError(error, 'write', root);
  }
}

/**
 * Writes a blob aside, verifies it and gives it its name.
 * @throws TsbuildError CACHE_UNAVAILABLE, STORE_CORRUPT, ABORTED, and what reading `chunks` throws
 */
export async function writeBlob(
  root: string,
  blob: Pick<Descriptor, 'digest' | 'size'>,
  chunks: AsyncIterable<Buffer>,
  signal: AbortSignal,
): Promise<void> {
  const temporary = temporaryName(root);
  const path = blobPath(root, blob.digest);
  try {
    const file = await open(temporary, 'wx', 0o644);
    try {
      for await (const chunk of verifiedBody(blob, chunks, signal)) await file.writeFile(chunk);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw placeError(error, 'write', path);
  }
}

function isOurs(name: string): boolean {
  return name.startsWith('tmp-') || name === 'index.json.lock' || name === 'index.json.lock.held';
}

/**
 * Removes the blobs that are not among `kept`, and what killed builds left. A blob that another build has put and not
 * yet named may be among them: it puts it again when it publishes.
 * @throws TsbuildError CACHE_UNAVAILABLE
 */
export function removeOthers(root: string, kept: ReadonlySet<string>): void {
  const folder = join(root, 'blobs', 'sha256');
  try {
    for (const name of readdirSync(folder))
      if (/^[0-9a-f]{64}$/.test(name) && !kept.has(`sha256:${name}`))
        rmSync(join(folder, name), { force: true });
    // Times of one file system: this machine's clock may be another.
    const newest = statSync(join(root, 'index.json')).mtimeMs;
    for (const name of readdirSync(root)) {
      if (!/^tmp-\d+-[0-9a-f]{12}$/.test(name)) continue;
      const stat = statSync(join(root, name), { throwIfNoEntry: false });
      if (stat?.isFile() && newest - stat.mtimeMs > LEFT_OVER_MS) rmSync(join(root, name), { force: true });
    }
  } catch (error) {
    throw placeError(error, 'remove files in', root);
  }
}
