// Opens and reads the content of regular files for a tar: from the file system (where it may change under us) or from a layer blob.
// Invariant: exactly `size` bytes are delivered or the build fails; a link, a FIFO or a device in the file's place is never read.
import { closeSync, constants, openSync, readSync } from 'node:fs';
import { toPath, toUtf8 } from '../../core/bytes.js';
import { invariant, TsbuildError } from '../../core/errors.js';
import type { ContentRef } from '../entry.js';
import { createStoredReader, type StoredContent } from '../stored-content.js';
import { createFileStatuses, type FileStatus, type FileStatuses } from '../host/file-status.js';

type FileRef = Extract<ContentRef, { kind: 'file' }>;
export type LayerRef = Extract<ContentRef, { kind: 'layer' }>;

/** Where the bytes of a layer reference are: an uncompressed blob file. */
export interface OpenedContent extends StoredContent {
  readonly path: string;
}

/** A place for a piece of content: `length` bytes of `data` from `start` on. One byte behind them may be overwritten. */
export interface Piece {
  readonly data: Buffer;
  readonly start: number;
  readonly length: number;
  /** Nothing comes after it. */
  readonly isLast: boolean;
}

export interface ContentReader {
  /** Fills the piece with what comes next. @throws TsbuildError CONTEXT_CHANGED | STORE_CORRUPT */
  read(piece: Piece): void;
  close(): void;
}

export interface ContentSource {
  /** `size`: of the whole. @throws TsbuildError CONTEXT_CHANGED | CONTEXT_UNREADABLE */
  open(content: ContentRef | OpenedContent, size: number): ContentReader;
  close(): void;
}

/** Files that are read at some place, blobs above all, stay open from one content to the next: there are thousands in a few of them. */
export function createContentSource(): ContentSource {
  const opened = new Map<string, number>();
  const statuses = createFileStatuses();

  function fdOf(path: string): number {
    let fd = opened.get(path);
    if (fd === undefined) {
      fd = openSync(path, constants.O_RDONLY);
      opened.set(path, fd);
    }
    return fd;
  }

  return {
    open(content, size) {
      if (!('kind' in content)) return blobReader(fdOf(content.path), content);
      if (content.kind === 'bytes') return bytesReader(content.data, size);
      invariant(content.kind === 'file', 'content in a layer that nobody found');
      const { path, offset, runs } = content;
      if (offset === undefined) return fileReader(content, size, statuses);
      return blobReader(fdOf(toUtf8(path)), { path: toUtf8(path), offset, runs });
    },
    close() {
      for (const fd of opened.values()) closeSync(fd);
      opened.clear();
    },
  };
}

function nothing(): void {
  // What was opened stays open.
}

function bytesReader(bytes: Uint8Array, size: number): ContentReader {
  invariant(bytes.length === size, 'content and size differ');
  let done = 0;
  return {
    read({ data, start, length }) {
      data.set(bytes.subarray(done, done + length), start);
      done += length;
    },
    close: nothing,
  };
}

function blobReader(fd: number, content: OpenedContent): ContentReader {
  const readOn = createStoredReader(fd, content);
  return {
    read({ data, start, length }) {
      for (let done = 0; done < length;) {
        const read = readOn(data, start + done, length - done);
        if (read === 0)
          throw new TsbuildError('STORE_CORRUPT', `${content.path}: shorter than its index says`);
        done += read;
      }
    },
    close: nothing,
  };
}

/** A file of its own, which may change while it is read. */
function fileReader(ref: FileRef, size: number, statuses: FileStatuses): ContentReader {
  const known = ref.opened?.fd;
  if (known !== undefined) return { read: createPieceReader(known, ref), close: nothing };
  const fd = openFile(ref);
  try {
    checkUnchanged(statuses.ofOpen(fd), ref, size);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  return {
    read: createPieceReader(fd, ref),
    close: () => closeSync(fd),
  };
}

function createPieceReader(fd: number, ref: FileRef): ContentReader['read'] {
  let position = 0;
  return ({ data, start, length, isLast }) => {
    for (let done = 0; done < length;) {
      const left = length - done;
      // One byte more than is left: reading it shows that the file has grown, without another call.
      const read = readSync(fd, data, start + done, isLast ? left + 1 : left, position);
      if (read === 0) throw changed(ref, 'shrank');
      if (read > left) throw changed(ref, 'grew');
      done += read;
      position += read;
    }
  };
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
    return openSync(toPath(ref.path), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
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

function checkUnchanged(stat: FileStatus, ref: FileRef, size: number): void {
  if (
    (stat.mode & constants.S_IFMT) !== constants.S_IFREG ||
    (ref.ino !== undefined && Number(stat.ino) !== ref.ino)
  )
    throw changed(ref, 'was replaced');
  if (Number(stat.size) !== size) throw changed(ref, `went from ${size} to ${stat.size} bytes`);
  if (ref.ctimeNs !== undefined && stat.ctimeNs !== ref.ctimeNs) throw changed(ref, 'changed');
}
