// A layer blob becomes a tree, verified against its diff id on the way.
import { createHash } from 'node:crypto';
import { closeSync, createReadStream, openSync, readSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { digestOfHash, type DiffId } from '../core/digest.js';
import { TsbuildError } from '../core/errors.js';
import { decompress } from '../layer/decompress/decompress.js';
import { detectCompression, MAGIC_BYTES } from '../layer/decompress/detect-compression.js';
import type { LayerEntry } from '../layer/entry.js';
import { layerLimits } from '../layer/limits.js';
import { layerEntryOf } from '../layer/tar/layer-entry-of.js';
import { createTarParser, type TarParser } from '../layer/tar/tar-parser.js';
import type { SystemCalls } from '../host/syscalls/system-calls.js';
import { O_DIRECTORY, O_RDONLY } from '../host/syscalls/open-flags.js';
import type { Ownership } from './ownership.js';
import { createTreeWriter, type TreeWriter } from './tree-writer.js';

/**
 * Blobs of the store: how much a layer may hold was decided when it came in. The bounds of names and headers always
 * hold.
 */
const LIMITS = layerLimits({ maxEntries: Infinity, maxUncompressedBytes: Infinity, maxRatio: Infinity });

/** Small enough for the cache of a core: a piece is hashed and written while it is there. */
const PIECE = 256 * 1024;

/** A layer in a file. */
export interface LayerBlob {
  readonly diffId: DiffId;
  /** Of the blob; its compression is found by its first bytes. */
  readonly path: string;
}

export interface UnpackOptions {
  /** Trees of the layers below, topmost first. */
  readonly lowers: readonly string[];
  readonly ownership: Ownership;
  readonly signal: AbortSignal;
  /** Sees each entry before it is written; what it throws ends the work. */
  readonly onEntry?: ((entry: LayerEntry) => void) | undefined;
}

/** Fills the empty directory `into`. @throws TsbuildError LAYER_* | STORE_CORRUPT | ABORTED */
export async function unpackLayer(
  calls: SystemCalls,
  layer: LayerBlob,
  into: string,
  { lowers, ownership, signal, onEntry }: UnpackOptions,
): Promise<void> {
  const root = openSync(into, O_RDONLY | O_DIRECTORY);
  const writer = createTreeWriter(calls, root, { lowers, ownership });
  try {
    await readBlob(layer, parserInto(writer, onEntry), signal);
    writer.finish(lowers);
  } finally {
    writer.close();
    closeSync(root);
  }
}

function parserInto(writer: TreeWriter, onLayerEntry: UnpackOptions['onEntry']): TarParser {
  let isFile = false;
  return createTarParser({
    limits: LIMITS,
    onEntry(raw) {
      const entry = layerEntryOf(raw, { limits: LIMITS });
      isFile = entry?.kind === 'node' && entry.node.type === 'file';
      if (!entry) return;
      onLayerEntry?.(entry);
      writer.add(entry);
    },
    onData: (data) => (isFile ? writer.write(data) : undefined),
    onEntryEnd: () => writer.endEntry(),
  });
}

function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw new TsbuildError('ABORTED', 'interrupted while unpacking a layer');
}

async function readBlob(layer: LayerBlob, parser: TarParser, signal: AbortSignal): Promise<void> {
  const hash = createHash('sha256');
  for await (const chunk of uncompressed(layer.path)) {
    throwIfAborted(signal);
    hash.update(chunk);
    for (const _ of parser.take(chunk)) {
      await nextTurn();
      throwIfAborted(signal);
    }
    await nextTurn();
  }
  parser.end();
  const actual = digestOfHash(hash);
  if (actual !== layer.diffId) {
    throw new TsbuildError('STORE_CORRUPT', `${layer.path}: its content is ${actual}, not ${layer.diffId}`, {
      hint: `delete the file and build again: rm ${layer.path}`,
    });
  }
}

/** The tar in a blob. Every piece is valid until the next one is asked for. */
async function* uncompressed(path: string): AsyncGenerator<Buffer, void> {
  const fd = openSync(path, O_RDONLY);
  try {
    const piece = Buffer.allocUnsafe(PIECE);
    const isCompressed =
      detectCompression(piece.subarray(0, readSync(fd, piece, 0, MAGIC_BYTES, 0))) !== 'none';
    if (isCompressed) {
      yield* decompress(createReadStream(path, { highWaterMark: 1 << 20 }), { limits: LIMITS });
      return;
    }
    // Most layers are small and in memory already: waiting for a thread would take longer than reading.
    for (let length = readSync(fd, piece); length > 0; length = readSync(fd, piece))
      yield piece.subarray(0, length);
  } finally {
    closeSync(fd);
  }
}
