// Writes a layer to a file: the tar stream, and what the disk has to say about it.
import { writeSync } from 'node:fs';
import { TsbuildError } from '../../core/errors.js';
import type { LayerEntry } from '../entry.js';
import { createTarStream, type TarStreamOptions, type WrittenLayer } from './tar-stream.js';

export interface LayerWriterOptions extends TarStreamOptions {
  /** Open for writing at its start; left open, not synced. */
  readonly fd: number;
}

function writeFailure(cause: unknown): TsbuildError {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG') {
    return new TsbuildError('STORE_FULL', 'no space left for the layer', {
      hint: 'free space with: tsbuild prune',
      cause,
    });
  }
  return new TsbuildError('STORE_UNWRITABLE', `cannot write the layer: ${String(cause)}`, { cause });
}

function writeFully(fd: number, chunk: Buffer): void {
  try {
    for (let done = 0; done < chunk.length;) done += writeSync(fd, chunk, done, chunk.length - done);
  } catch (cause) {
    throw writeFailure(cause);
  }
}

/**
 * Writes the layer tar of `entries` in one pass. See `createTarStream` for the order of entries and for further errors.
 * @throws TsbuildError STORE_FULL | STORE_UNWRITABLE
 */
export async function writeLayer(
  entries: Iterable<LayerEntry> | AsyncIterable<LayerEntry>,
  { fd, ...options }: LayerWriterOptions,
): Promise<WrittenLayer> {
  const stream = createTarStream(entries, options);
  for await (const chunk of stream.chunks) writeFully(fd, chunk);
  return stream.result();
}
