// Opens what a user calls an archive of images: a directory, a tar, a compressed tar, a stream.
import { closeSync, createReadStream, openSync, readSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { TsbuildError } from '../../core/errors.js';
import { detectCompression, MAGIC_BYTES } from '../../layer/decompress/detect-compression.js';
import { ofArchive, type ArchiveFiles } from './archive-files.js';
import { openDirectory } from './directory-files.js';
import { spoolTar, type Spooling } from './spooled-tar.js';
import { openTarOnDisk } from './tar-on-disk.js';

export interface ArchiveInput {
  /** A path, or `-` for standard input. */
  readonly input: string;
  readonly cwd: string;
  /** Asked for only when it is read. */
  stdin(): NodeJS.ReadableStream;
}

/**
 * To be closed by the caller.
 * @throws TsbuildError ARCHIVE_INVALID, STORE_FULL, STORE_UNWRITABLE, ABORTED
 */
export async function openArchive(
  { input, cwd, stdin }: ArchiveInput,
  spooling: Omit<Spooling, 'name'>,
): Promise<ArchiveFiles> {
  const name = input === '-' ? 'standard input' : input;
  const { signal } = spooling;
  try {
    if (input === '-') return await spoolTar(buffersOf(stdin(), signal), { ...spooling, name });
    const path = resolve(cwd, input);
    const stat = statSync(path);
    if (stat.isDirectory()) return openDirectory(path, name);
    if (stat.isFile() && !isCompressed(path)) return openTarOnDisk(path, name, spooling.limits);
    return await spoolTar(buffersOf(createReadStream(path, { highWaterMark: 1 << 20 }), signal), {
      ...spooling,
      name,
    });
  } catch (error) {
    if (signal.aborted)
      throw new TsbuildError('ABORTED', 'interrupted while reading the archive', { cause: signal.reason });
    throw ofArchive(error, name);
  }
}

/** A pipe may stay silent for ever: an abort ends the wait for it. */
async function* buffersOf(stream: NodeJS.ReadableStream, signal: AbortSignal): AsyncGenerator<Buffer, void> {
  const end = (): void => void ('destroy' in stream && (stream as Readable).destroy());
  signal.addEventListener('abort', end);
  try {
    for await (const chunk of stream)
      yield typeof chunk === 'string' ? Buffer.from(chunk) : (chunk as Buffer);
  } finally {
    signal.removeEventListener('abort', end);
  }
}

function isCompressed(path: string): boolean {
  const first = Buffer.alloc(MAGIC_BYTES);
  const fd = openSync(path, 'r');
  try {
    readSync(fd, first, 0, MAGIC_BYTES, 0);
  } finally {
    closeSync(fd);
  }
  return detectCompression(first) !== 'none';
}
