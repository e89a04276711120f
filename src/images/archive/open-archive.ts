// Opens what a user calls an archive of images: a directory, a tar, a compressed tar, a stream.
import { closeSync, createReadStream, openSync, readSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
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
  try {
    if (input === '-') return await spoolTar(buffersOf(stdin()), { ...spooling, name });
    const path = resolve(cwd, input);
    const stat = statSync(path);
    if (stat.isDirectory()) return openDirectory(path, name);
    if (stat.isFile() && !isCompressed(path)) return openTarOnDisk(path, name, spooling.limits);
    return await spoolTar(buffersOf(createReadStream(path, { highWaterMark: 1 << 20 })), {
      ...spooling,
      name,
    });
  } catch (error) {
    throw ofArchive(error, name);
  }
}

async function* buffersOf(stream: NodeJS.ReadableStream): AsyncGenerator<Buffer, void> {
  for await (const chunk of stream) yield typeof chunk === 'string' ? Buffer.from(chunk) : (chunk as Buffer);
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
