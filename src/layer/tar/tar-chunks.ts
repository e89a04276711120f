// A tar from layer entries as big chunks, in one pass: every source is read once. Nothing is hashed here: each chunk
// says where in it are the contents whose hash is not known, for whoever hashes (chunk-hasher.ts).
// Invariant: memory is one buffer; the event loop runs at least every 8 MiB or 500 entries.
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { DiffId } from '../../core/digest.js';
import { invariant, TsbuildError } from '../../core/errors.js';
import type { LayerEntry } from '../entry.js';
import { encodeLines, type IndexText } from '../index-codec.js';
import type { CopiedEntries, TarEntry } from './copied-entries.js';
import { createContentSource, type OpenTar } from './content-source.js';
import {
  copyInPieces,
  copyPiece,
  copyWhole,
  createChunkMaker,
  fileOf,
  type CopiedFile,
  type Copying,
  type TarChunk,
} from './copy-content.js';
import { entryHeaders, writeHeaders, type EntryHeaders } from './entry-headers.js';
import { BLOCK, clear } from './header-fields.js';
import { createLayerIndexBuilder } from './layer-index-builder.js';
import { createOutputBuffer, type OutputBuffer, type OutputBufferOptions } from './output-buffer.js';

export interface TarOptions {
  /** Required when entries have contents in layers. Each tar is opened once, and closed at the end. */
  readonly openTar?: OpenTar | undefined;
  readonly signal?: AbortSignal | undefined;
  /** False: contents whose hash is not known are not hashed, and the index lacks it. Default true. */
  readonly areContentsHashed?: boolean;
  /** Now and then, and once at the end. */
  onProgress?(progress: { readonly bytes: number; readonly entries: number }): void;
  /** True: contents of layers whose hash is known are not compared with it, since the tars were verified before. */
  readonly areTarsVerified?: boolean;
  /** False for an archive that is no layer: deletions are a mistake, `.wh.` names are not. Default true. */
  readonly whiteouts?: boolean;
}

export interface TarChunks {
  /** To be read once, to the end. A chunk is valid until the `held`th after it is asked for. */
  readonly chunks: AsyncGenerator<TarChunk, void>;
  /** Bytes so far. */
  size(): number;
  /**
   * What was written, sorted; every file with its place in this layer, and its sha256 when all contents were settled.
   */
  index(diffId: DiffId): LayerEntry[];
  /** The same in its text form (index-codec.ts). Instead of `index`. */
  indexText(): IndexText;
}

const PAUSE_BYTES = 8 * 1024 * 1024;
const PAUSE_ENTRIES = 500;

function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted)
    throw new TsbuildError('ABORTED', 'the build was interrupted', { cause: signal.reason });
}

/** Gives way to the event loop when enough was done since the last time. */
function createPacer(out: OutputBuffer, { signal, onProgress }: TarOptions) {
  let entries = 0;
  let pausedBytes = 0;
  let pausedEntries = 0;
  return {
    countEntry() {
      entries++;
    },
    isDue: () => out.total - pausedBytes >= PAUSE_BYTES || entries - pausedEntries >= PAUSE_ENTRIES,
    async pause() {
      pausedBytes = out.total;
      pausedEntries = entries;
      onProgress?.({ bytes: out.total, entries });
      await nextTurn();
      throwIfAborted(signal);
    },
    end: () => onProgress?.({ bytes: out.total, entries }),
  };
}

function contentSize(entry: LayerEntry): number {
  return entry.kind === 'node' && entry.node.type === 'file' ? entry.node.size : 0;
}

/**
 * The tar of `entries` in their order, which must have the target of a hard link before the link.
 * @throws TsbuildError CONTEXT_CHANGED | CONTEXT_UNREADABLE | STORE_CORRUPT | LAYER_UNSAFE | ABORTED, from `chunks`
 */
export function tarChunks(entries: Iterable<TarEntry>, options: TarOptions & OutputBufferOptions): TarChunks {
  const { whiteouts = true, areContentsHashed = true, areTarsVerified = false } = options;
  const out = createOutputBuffer(options);
  const chunk = createChunkMaker(out);
  const index = createLayerIndexBuilder();
  const source = createContentSource(options.openTar);
  const pacer = createPacer(out, options);
  const copying: Copying = {
    out,
    chunk,
    open(node) {
      const { content, size } = node;
      if (content?.kind === 'layer' && size === 0) return undefined;
      if (content) return source.open(content, size);
      invariant(size === 0, 'a file without content');
      return undefined;
    },
  };

  function headersOf(entry: LayerEntry): EntryHeaders {
    const linked = entry.kind === 'hardlink' ? index.get(entry.target) : undefined;
    return entryHeaders(entry, { whiteouts, linked });
  }

  /** Headers, for which there is room. @returns the file whose content comes next */
  function begin(entry: LayerEntry, headers: EntryHeaders): CopiedFile | undefined {
    writeHeaders(out.data, out.used, headers);
    out.commit(headers.bytes);
    const isFile = entry.kind === 'node' && entry.node.type === 'file';
    const object = index.add(entry, isFile ? out.total : undefined);
    if (!isFile || !object) return undefined;
    return fileOf(entry, entry.node, { object, areContentsHashed, areTarsVerified, source });
  }

  /** What another tar has of them is copied as it is; only their places differ. */
  function* copyEntries({ diffId, start, end, entries: copied }: CopiedEntries): Generator<TarChunk, void> {
    const shift = out.total - start;
    for (const entry of copied) {
      const { content, sha256 } = entry.node;
      const object = index.add(entry, content?.kind === 'layer' ? content.offset + shift : undefined);
      if (object && sha256 !== undefined) object.sha256 = sha256;
      pacer.countEntry();
    }
    const length = end - start;
    const reader = source.open({ kind: 'layer', diffId, offset: start }, length);
    for (let left = length; left > 0;) {
      if (out.space() === 0) yield chunk.take();
      left -= copyPiece(copying, reader, left);
    }
    reader.close();
  }

  async function* produce(): AsyncGenerator<TarChunk, void> {
    throwIfAborted(options.signal);
    for (const entry of entries) {
      if (entry.kind === 'copied') {
        for (const full of copyEntries(entry)) {
          yield full;
          if (pacer.isDue()) await pacer.pause();
        }
        if (pacer.isDue()) await pacer.pause();
        continue;
      }
      const headers = headersOf(entry);
      const size = headers.bytes + contentSize(entry);
      // What has room in one buffer is not torn apart.
      const isWhole = out.canHold(size);
      if (out.used > 0 && out.space() < (isWhole ? size : headers.bytes)) yield chunk.take();
      const file = begin(entry, headers);
      if (file && isWhole) copyWhole(copying, file);
      else if (file)
        for (const full of copyInPieces(copying, file)) {
          yield full;
          if (pacer.isDue()) await pacer.pause();
        }
      out.pad(BLOCK);
      pacer.countEntry();
      if (pacer.isDue()) await pacer.pause();
    }
    // The end mark: two blocks of zeros.
    if (out.space() < 2 * BLOCK) yield chunk.take();
    clear(out.data, out.used, out.used + 2 * BLOCK);
    out.commit(2 * BLOCK);
    yield chunk.take();
    pacer.end();
  }

  async function* chunks(): AsyncGenerator<TarChunk, void> {
    try {
      yield* produce();
    } finally {
      source.close();
    }
  }

  return {
    chunks: chunks(),
    size: () => out.total,
    index: (diffId) => index.finish(diffId),
    indexText: () => encodeLines(index.finishedLines()),
  };
}
