// A tar that comes as a stream, compressed or not: each file of it is written to a file of its own in tmp/, since what
// they are for may be told by the last of them. Such a file becomes the blob of the store without being copied.
import { closeSync, createReadStream, mkdirSync, openSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { TsbuildError } from '../../core/errors.js';
import { writeAll } from '../../host/write-all.js';
import { decompress } from '../../layer/decompress/decompress.js';
import type { LayerLimits } from '../../layer/limits.js';
import { createTarParser } from '../../layer/tar/tar-parser.js';
import { storeWriteError } from '../../store/durable-write.js';
import { archiveInvalid, type ArchiveFile, type ArchiveFiles } from './archive-files.js';
import { archiveLimits } from './archive-limits.js';
import { createEntryTable, type EntryTable } from './entry-table.js';

const CHUNK_BYTES = 1 << 20;

export interface Spooling {
  /** For messages. */
  readonly name: string;
  /** Host path of a folder that does not exist. It is removed with `close`, and when this throws. */
  readonly folder: string;
  readonly limits: LayerLimits;
  readonly signal: AbortSignal;
}

/** @throws TsbuildError ARCHIVE_INVALID, LAYER_INVALID, LAYER_LIMIT, STORE_FULL, STORE_UNWRITABLE, ABORTED */
export async function spoolTar(stream: AsyncIterable<Buffer>, spooling: Spooling): Promise<ArchiveFiles> {
  const { name, folder, limits, signal } = spooling;
  const close = (): void => rmSync(folder, { recursive: true, force: true });
  const table = createEntryTable(name);
  const writer = createFileWriter(table, spooling);
  try {
    mkdirSync(folder, { mode: 0o700 });
    for await (const chunk of decompress(stream, { limits: archiveLimits(limits) })) {
      for (const _ of writer.parser.take(chunk)) await nextTurn();
      if (signal.aborted)
        throw new TsbuildError('ABORTED', 'interrupted while reading the archive', { cause: signal.reason });
    }
    writer.parser.end();
    if (table.isEmpty()) throw archiveInvalid(name, undefined, 'an empty archive');
    return { name, find: table.find, close };
  } catch (error) {
    close();
    throw storeWriteError(error, folder);
  } finally {
    writer.close();
  }
}

/** Writes the contents that the parser gives to files that are numbered. */
function createFileWriter(table: EntryTable, { folder, limits }: Spooling) {
  let fd: number | undefined;
  let count = 0;
  const close = (): void => {
    if (fd !== undefined) closeSync(fd);
    fd = undefined;
  };
  const parser = createTarParser({
    limits: archiveLimits(limits),
    onEntry(raw) {
      table.add(raw, () => {
        const path = join(folder, String(count++));
        fd = openSync(path, 'wx', 0o644);
        return wholeFile(path, raw.size);
      });
    },
    onData: (data) => fd !== undefined && writeAll(fd, data),
    onEntryEnd: close,
  });
  return { parser, close };
}

function wholeFile(path: string, size: number): ArchiveFile {
  return {
    size,
    temporary: path,
    async *open() {
      yield* createReadStream(path, { highWaterMark: CHUNK_BYTES });
    },
  };
}
