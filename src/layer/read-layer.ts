// Reads a layer blob in one pass: checks digest and size, decompresses, parses, hashes every file, and gives its index.
// Invariant: nothing is returned unless every promised number was right; no more than the promised size is ever read.
import { createHash, hash as hashOf, type Hash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { digestOfHash, type Digest, type DiffId } from '../core/digest.js';
import { TsbuildError } from '../core/errors.js';
import { decompress } from './decompress/decompress.js';
import type { LayerEntry } from './entry.js';
import { DEFAULT_LAYER_LIMITS, type LayerLimits } from './limits.js';
import { layerEntryOf } from './tar/layer-entry-of.js';
import { createLayerIndexBuilder, type PlacedNode } from './tar/layer-index-builder.js';
import { createTarParser } from './tar/tar-parser.js';
import type { WrittenLayer } from './tar/tar-stream.js';
import { verified } from './verified-stream.js';

/**
 * Gets the entries of the archive, in its order; for unpacking. Entries have no content reference: content follows as
 * `onData`.
 */
export interface LayerSink {
  onEntry(entry: LayerEntry): void;
  /** Content of the last entry; valid during the call. */
  onData(data: Buffer): void;
  /** After every entry, also those without content. */
  onEntryEnd(): void;
  /** Waited for after each piece of input: back-pressure. */
  drain?(): Promise<void>;
  /** Uncompressed bytes of the archive as they are; for storing it. */
  onArchive?(chunk: Buffer): void;
}

export interface ReadLayerOptions {
  /** What was promised about the bytes of `chunks` and about the tar in them. */
  readonly expect?: { readonly digest?: Digest; readonly size?: number; readonly diffId?: DiffId };
  readonly limits?: LayerLimits;
  readonly sink?: LayerSink;
  /** False for archives that are no layers (ADD). Default true. */
  readonly whiteouts?: boolean;
  readonly signal?: AbortSignal;
}

/** Of a file whose content passes in any pieces. */
function createContentHash(size: number) {
  let whole: string | undefined;
  let hash: Hash | undefined;
  return {
    update(data: Buffer): void {
      // Most files are in one piece.
      if (data.length === size) whole = hashOf('sha256', data);
      else (hash ??= createHash('sha256')).update(data);
    },
    hex: (): string => whole ?? (hash ?? createHash('sha256')).digest('hex'),
  };
}

/** What is learnt from the uncompressed archive while it passes. */
function createArchiveReader({ limits = DEFAULT_LAYER_LIMITS, sink, whiteouts = true }: ReadLayerOptions) {
  const index = createLayerIndexBuilder();
  let entry: LayerEntry | undefined;
  let placed: PlacedNode | undefined;
  /** Of the entry, when it is a file. */
  let content: ReturnType<typeof createContentHash> | undefined;
  const parser = createTarParser({
    limits,
    onEntry(raw) {
      entry = layerEntryOf(raw, { limits, whiteouts });
      const isFile = entry?.kind === 'node' && entry.node.type === 'file';
      placed = entry && index.add(entry, isFile ? raw.offset : undefined, raw.runs);
      content = isFile ? createContentHash(raw.size) : undefined;
      if (entry) sink?.onEntry(entry);
    },
    onData(data) {
      // The content of an entry that means something else, such as a whiteout, is nobody's.
      if (!content) return;
      content.update(data);
      sink?.onData(data);
    },
    onEntryEnd() {
      if (placed && content) placed.sha256 = content.hex();
      if (entry) sink?.onEntryEnd();
      entry = placed = content = undefined;
    },
  });
  return { parser, index };
}

function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted)
    throw new TsbuildError('ABORTED', 'the build was interrupted', { cause: signal.reason });
}

async function readArchive(stream: AsyncIterable<Buffer>, options: ReadLayerOptions): Promise<WrittenLayer> {
  const { limits = DEFAULT_LAYER_LIMITS, sink, signal } = options;
  const { parser, index } = createArchiveReader(options);
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of decompress(stream, { limits })) {
    throwIfAborted(signal);
    hash.update(chunk);
    size += chunk.length;
    for (const _ of parser.take(chunk)) {
      await sink?.drain?.();
      await nextTurn();
      throwIfAborted(signal);
    }
    sink?.onArchive?.(chunk);
    await sink?.drain?.();
  }
  parser.end();
  const diffId = digestOfHash(hash) as DiffId;
  return { diffId, size, index: index.finish(diffId) };
}

/**
 * @param chunks the blob as stored or transferred: a tar, compressed or not
 * @returns diff id and size of the uncompressed tar, and its index with the sha256 of every file
 * @throws TsbuildError REGISTRY_DIGEST_MISMATCH when `chunks` are not the promised bytes; LAYER_INVALID for a damaged
 * archive or another
 *   diff id; LAYER_UNSAFE; LAYER_LIMIT; ABORTED; and whatever `chunks` and the sink throw
 */
export async function readLayer(
  chunks: AsyncIterable<Buffer>,
  options: ReadLayerOptions = {},
): Promise<WrittenLayer> {
  const { expect = {} } = options;
  const blob = verified(chunks, expect);
  let layer: WrittenLayer;
  try {
    layer = await readArchive(blob.chunks, options);
  } catch (error) {
    // Damaged on the way or damaged at the source? The digest of the rest tells, if the rest has an end.
    const isDamaged =
      error instanceof TsbuildError && error.code === 'LAYER_INVALID' && expect.size !== undefined;
    await (isDamaged ? blob.finish() : blob.close());
    throw error;
  }
  await blob.finish();
  if (expect.diffId !== undefined && layer.diffId !== expect.diffId) {
    throw new TsbuildError(
      'LAYER_INVALID',
      `the layer is ${layer.diffId}, the image config says ${expect.diffId}`,
    );
  }
  return layer;
}
