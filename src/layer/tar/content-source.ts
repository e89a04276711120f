// Opens and reads the content of regular files for a tar: from the file system (where it may change under us) or from a
// layer blob.
// Invariant: exactly `size` bytes are delivered or the build fails; a link, a FIFO or a device in the file's place is
// never read, and a link in the place of a directory above a file of a context is not followed.
import { closeSync, constants, openSync, readSync } from 'node:fs';
import { toBuffer, toPath, toUtf8, type ByteString } from '../../core/bytes.js';
import type { DiffId } from '../../core/digest.js';
import { errnoOf } from '../../core/errno.js';
import { invariant, TsbuildError } from '../../core/errors.js';
import type { ContentRef } from '../entry.js';
import { createFileCalls, type FileCalls, type FileStatus } from '../../host/bulk-file-calls.js';
import { openDirectoriesBelow, type HostRoot, type OpenDirectories } from '../../host/open-directories.js';
import { openContentFile, type ContentFile, type StoredContent } from '../stored-content.js';
import { baseName, parentPath } from '../../core/tree-path.js';

type FileRef = Extract<ContentRef, { kind: 'file' }>;

/** Opens the uncompressed tar of a layer. */
export type OpenTar = (diffId: DiffId) => ContentFile;

/**
 * A place for a piece of content: `length` bytes of `data` from `start` on. One byte behind them may be overwritten.
 */
export interface Piece {
  readonly data: Buffer;
  readonly start: number;
  readonly length: number;
  /** Nothing comes after it. */
  readonly isLast: boolean;
}

export interface ContentReader {
  /** Fills the piece with the next bytes. @throws TsbuildError CONTEXT_CHANGED | STORE_CORRUPT */
  read(piece: Piece): void;
  close(): void;
}

export interface ContentSource {
  /** `size`: of the whole. @throws TsbuildError CONTEXT_CHANGED | CONTEXT_UNREADABLE */
  open(content: ContentRef, size: number): ContentReader;
  /** The error for a tar, opened here, whose contents are not what is known of them. */
  damaged(diffId: DiffId): Error;
  close(): void;
}

/**
 * Files that are read at some place, tars of layers above all, stay open from one content to the next: there are
 * thousands in a few of them.
 * @param openTar required for contents of layers
 */
export function createContentSource(openTar?: OpenTar): ContentSource {
  /** By diff id or path. */
  const opened = new Map<string, ContentFile>();
  const host: Host = { calls: createFileCalls(), directories: new Map() };

  function keepOpen(name: string, open: () => ContentFile): ContentFile {
    let file = opened.get(name);
    if (!file) opened.set(name, (file = open()));
    return file;
  }

  function tarOf(diffId: DiffId): ContentFile {
    return keepOpen(diffId, () => {
      invariant(openTar, 'content in a layer, but nothing that opens its tar');
      return openTar(diffId);
    });
  }

  return {
    open(content, size) {
      if (content.kind === 'bytes') return bytesReader(content.data, size);
      if (content.kind === 'layer') return storedReader(tarOf(content.diffId), content);
      const { path, offset, runs } = content;
      if (offset === undefined) return fileReader(content, size, host);
      return storedReader(
        keepOpen(path, () => openContentFile(toBuffer(path))),
        { offset, runs },
      );
    },
    damaged: (diffId) => tarOf(diffId).damaged(),
    close() {
      // They stay known: a hash that is computed aside may ask for its error later.
      for (const file of opened.values()) file.close();
      for (const directories of host.directories.values()) directories.close();
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

function storedReader(file: ContentFile, content: StoredContent): ContentReader {
  const readOn = file.reader(content);
  return {
    read({ data, start, length }) {
      for (let done = 0; done < length;) {
        const read = readOn(data, start + done, length - done);
        if (read === 0) throw file.damaged();
        done += read;
      }
    },
    close: nothing,
  };
}

/** A file of its own, which may change while it is read. */
function fileReader(ref: FileRef, size: number, host: Host): ContentReader {
  const known = ref.opened?.fd;
  if (known !== undefined && ref.isLive) return { read: createLiveReader(known), close: nothing };
  if (known !== undefined) return { read: createPieceReader(known, ref), close: nothing };
  const fd = openUnchanged(ref, size, host);
  return {
    read: createPieceReader(fd, ref),
    close: () => closeSync(fd),
  };
}

/** A descriptor of a file of the host. @throws TsbuildError CONTEXT_CHANGED | CONTEXT_UNREADABLE */
export function openHostFile(ref: FileRef, size: number): number {
  const host: Host = { calls: createFileCalls(), directories: new Map() };
  return openUnchanged(ref, size, host);
}

function openUnchanged(ref: FileRef, size: number, host: Host): number {
  const fd = openFile(ref, host);
  try {
    checkUnchanged(host.calls.statusOfOpen(fd), ref, size);
    return fd;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
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

function createLiveReader(fd: number): ContentReader['read'] {
  let position = 0;
  return ({ data, start, length }) => {
    let done = 0;
    for (let read = -1; read !== 0 && done < length; done += read)
      read = readSync(fd, data, start + done, length - done, position + done);
    data.fill(0, start + done, start + length);
    position += length;
  };
}

function changed(ref: FileRef, how: string, cause?: unknown): TsbuildError {
  return new TsbuildError('CONTEXT_CHANGED', `${toUtf8(ref.path)}: ${how} while the build was reading it`, {
    hint: 'run the build again when nothing writes to the build context',
    cause,
  });
}

/** What files of the host are reached with. */
interface Host {
  readonly calls: FileCalls;
  readonly directories: Map<HostRoot, OpenDirectories>;
}

const OPEN_FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

function openBelow(root: HostRoot, path: ByteString, { calls, directories }: Host): number {
  const known = directories.get(root) ?? openDirectoriesBelow(root);
  directories.set(root, known);
  const relative = path.slice(root.path === '/' ? 1 : root.path.length + 1) as ByteString;
  return calls.open(known.at(parentPath(relative)), baseName(relative), OPEN_FLAGS);
}

function openFile(ref: FileRef, host: Host): number {
  try {
    return ref.root ? openBelow(ref.root, ref.path, host) : openSync(toPath(ref.path), OPEN_FLAGS);
  } catch (cause) {
    if (cause instanceof TsbuildError) throw cause;
    const code = errnoOf(cause);
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
