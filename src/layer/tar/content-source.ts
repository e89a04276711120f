// Opens and reads the content of regular files for a tar: from the file system (where it may change under us) or from a layer blob.
// Invariant: exactly `size` bytes are delivered or the build fails; a link, a FIFO or a device in the file's place is never read.
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { toBuffer, toUtf8 } from '../../core/bytes.js';
import { TsbuildError } from '../../core/errors.js';
import type { ContentRef } from '../entry.js';
import type { OutputBuffer } from './output-buffer.js';

type FileRef = Extract<ContentRef, { kind: 'file' }>;
export type LayerRef = Extract<ContentRef, { kind: 'layer' }>;

/** Where the bytes of a layer reference are: an uncompressed blob file. */
export interface OpenedContent {
  readonly path: string;
  readonly offset: number;
}

/** Content that stands in a file of the builder's own, among others. */
export function spooled({ path, offset = 0 }: FileRef): OpenedContent {
  return { path: toUtf8(path), offset };
}

function changed(ref: FileRef, how: string, cause?: unknown): TsbuildError {
  return new TsbuildError('CONTEXT_CHANGED', `${toUtf8(ref.path)}: ${how} while the build was reading it`, {
    hint: 'run the build again when nothing writes to the build context',
    cause,
  });
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

function openFile(ref: FileRef): number {
  try {
    return openSync(toBuffer(ref.path), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (cause) {
    const code = codeOf(cause);
    if (code === 'EACCES' || code === 'EPERM') {
      throw new TsbuildError('CONTEXT_UNREADABLE', `${toUtf8(ref.path)}: permission denied`, { cause });
    }
    if (code === 'ENOENT' || code === 'ENOTDIR') throw changed(ref, 'was removed', cause);
    if (code === 'ELOOP' || code === 'ENXIO') throw changed(ref, 'was replaced', cause);
    throw new TsbuildError('CONTEXT_UNREADABLE', `${toUtf8(ref.path)}: ${String(cause)}`, { cause });
  }
}

function checkUnchanged(fd: number, ref: FileRef, size: number): void {
  const stat = fstatSync(fd, { bigint: true });
  if (!stat.isFile() || (ref.ino !== undefined && Number(stat.ino) !== ref.ino))
    throw changed(ref, 'was replaced');
  if (Number(stat.size) !== size) throw changed(ref, `went from ${size} to ${stat.size} bytes`);
  if (ref.ctimeNs !== undefined && stat.ctimeNs !== ref.ctimeNs) throw changed(ref, 'changed');
}

/** Takes each piece of content that passes; undefined when nobody wants them. */
type Observer = ((piece: Buffer) => void) | undefined;

function* copyOpenFile(
  out: OutputBuffer,
  fd: number,
  ref: FileRef,
  size: number,
  observe: Observer,
): Generator<Buffer, void> {
  for (let left = size; left > 0;) {
    if (out.space() === 0) yield out.take();
    const wanted = Math.min(left, out.space());
    // One byte more than is left: reading it shows that the file has grown, without another call.
    const read = readSync(fd, out.data, out.used, wanted === left ? left + 1 : wanted, null);
    if (read === 0) throw changed(ref, 'shrank');
    if (read > left) throw changed(ref, 'grew');
    observe?.(out.data.subarray(out.used, out.used + read));
    out.commit(read);
    left -= read;
  }
}

/**
 * Copies the content of a file on disk into `out`, yielding full buffers.
 * @throws TsbuildError CONTEXT_CHANGED | CONTEXT_UNREADABLE
 */
export function* copyFile(
  out: OutputBuffer,
  ref: FileRef,
  size: number,
  observe: Observer,
): Generator<Buffer, void> {
  const fd = openFile(ref);
  try {
    checkUnchanged(fd, ref, size);
    yield* copyOpenFile(out, fd, ref, size, observe);
  } finally {
    closeSync(fd);
  }
}

export interface BlobReader {
  /** Copies `size` bytes of a blob from an offset into `out`, yielding full buffers. @throws TsbuildError STORE_CORRUPT */
  copy(out: OutputBuffer, from: OpenedContent, size: number, observe: Observer): Generator<Buffer, void>;
  close(): void;
}

/** Blobs stay open from one file to the next: a COPY from an image reads thousands of files from a few of them. */
export function createBlobReader(): BlobReader {
  const open = new Map<string, number>();

  function fdOf(path: string): number {
    let fd = open.get(path);
    if (fd === undefined) {
      fd = openSync(path, constants.O_RDONLY);
      open.set(path, fd);
    }
    return fd;
  }

  return {
    *copy(out, { path, offset }, size, observe) {
      const fd = fdOf(path);
      for (let done = 0; done < size;) {
        if (out.space() === 0) yield out.take();
        const read = readSync(fd, out.data, out.used, Math.min(size - done, out.space()), offset + done);
        if (read === 0) throw new TsbuildError('STORE_CORRUPT', `${path}: shorter than its index says`);
        observe?.(out.data.subarray(out.used, out.used + read));
        out.commit(read);
        done += read;
      }
    },
    close() {
      for (const fd of open.values()) closeSync(fd);
      open.clear();
    },
  };
}
