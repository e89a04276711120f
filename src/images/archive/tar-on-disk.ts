// An uncompressed tar on disk, read where it lies: only its headers are read to list it, and a file of it is a range of
// the tar.
import { closeSync, createReadStream, fstatSync, openSync, readSync } from 'node:fs';
import type { LayerLimits } from '../../layer/limits.js';
import { createTarParser } from '../../layer/tar/tar-parser.js';
import { archiveInvalid, type ArchiveFile, type ArchiveFiles } from './archive-files.js';
import { archiveLimits } from './archive-limits.js';
import { createEntryTable } from './entry-table.js';

const BLOCK = 512;
const CHUNK_BYTES = 1 << 20;
/** Stands for contents, which the parser counts and does not look at. Nobody writes to it. */
const CONTENT = Buffer.alloc(CHUNK_BYTES);

/** @throws TsbuildError ARCHIVE_INVALID, LAYER_INVALID, LAYER_LIMIT */
export function openTarOnDisk(path: string, name: string, limits: LayerLimits): ArchiveFiles {
  const fd = openSync(path, 'r');
  try {
    const table = createEntryTable(name);
    const { size } = fstatSync(fd);
    let left = 0;
    const parser = createTarParser({
      limits: archiveLimits(limits),
      onEntry(raw) {
        if (raw.type === 'file' && raw.offset + raw.size > size)
          throw archiveInvalid(name, raw.name, `cut short: ${raw.size} bytes are promised`);
        table.add(raw, () => rangeOf(path, raw.offset, raw.size));
        if (raw.type === 'file') left = Math.ceil(raw.size / BLOCK) * BLOCK;
      },
    });
    const block = Buffer.alloc(BLOCK);
    let zeroBlocks = 0;
    for (let position = 0; zeroBlocks < 2;) {
      const count = readSync(fd, block, 0, BLOCK, position);
      if (count === 0) break;
      zeroBlocks = block.every((byte) => byte === 0) ? zeroBlocks + 1 : 0;
      parser.write(block.subarray(0, count));
      position += count + left;
      for (; left > 0; left -= Math.min(left, CHUNK_BYTES))
        parser.write(CONTENT.subarray(0, Math.min(left, CHUNK_BYTES)));
    }
    parser.end();
    if (table.isEmpty()) throw archiveInvalid(name, undefined, 'an empty archive');
    return { name, find: table.find, close: () => undefined };
  } finally {
    closeSync(fd);
  }
}

function rangeOf(path: string, offset: number, size: number): ArchiveFile {
  return {
    size,
    async *open() {
      if (size === 0) return;
      yield* createReadStream(path, { start: offset, end: offset + size - 1, highWaterMark: CHUNK_BYTES });
    },
  };
}
