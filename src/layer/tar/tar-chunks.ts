// A tar from layer entries as big chunks, in one pass: every source is read once. Nothing is hashed here: each chunk says where in it
// are the contents whose hash is not known, for whoever hashes (chunk-hasher.ts).
// Invariant: memory is one buffer; the event loop runs at least every 8 MiB or 500 entries.
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { DiffId } from '../../core/digest.js';
import { invariant, TsbuildError } from '../../core/errors.js';
import type { ContentRef, LayerEntry, TreeNode } from '../entry.js';
import { encodeLines } from '../index-codec.js';
import type { HashedRange } from './chunk-hasher.js';
import type { CopiedEntries, TarEntry } from './copied-entries.js';
import {
  createContentSource,
  type ContentReader,
  type LayerRef,
  type OpenedContent,
} from './content-source.js';
import { entryHeaders, writeHeaders, type EntryHeaders } from './entry-headers.js';
import { excerpt } from './entry-path.js';
import { BLOCK, clear } from './header-fields.js';
import { createLayerIndexBuilder, type PlacedNode } from './layer-index-builder.js';
import { createOutputBuffer, type OutputBuffer, type OutputBufferOptions } from './output-buffer.js';

export interface TarOptions {
  /** Finds the uncompressed blob of a layer reference; required when entries have such content. */
  openContent?(ref: LayerRef): OpenedContent;
  readonly signal?: AbortSignal | undefined;
  /** False: contents whose hash is not known are not hashed, and the index lacks it. Default true. */
  readonly areContentsHashed?: boolean;
  /** Now and then, and once at the end. */
  onProgress?(progress: { readonly bytes: number; readonly entries: number }): void;
  /** False for an archive that is no layer: deletions are a mistake, `.wh.` names are not. Default true. */
  readonly whiteouts?: boolean;
}

export interface TarChunk {
  readonly data: Buffer;
  /** In order. A content that spans chunks has a range in each. */
  readonly ranges: readonly HashedRange[];
  /** The contents that end in this chunk, one for each range that is the last of its content. */
  readonly contents: readonly HashedContent[];
}

/** A content whose hash is asked for. */
export interface HashedContent {
  /** Takes the sha256 in hex. @throws TsbuildError CONTEXT_CHANGED when another one was expected */
  settle(sha256: string): void;
}

export interface TarChunks {
  /** To be read once, to the end. A chunk is valid until the `held`th after it is asked for. */
  readonly chunks: AsyncGenerator<TarChunk, void>;
  /** Bytes so far. */
  size(): number;
  /** What was written, sorted; every file with its place in this layer, and its sha256 when all contents were settled. */
  index(diffId: DiffId): LayerEntry[];
  /** The same in its text form (index-codec.ts). Instead of `index`. */
  indexText(): string;
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

/** A buffer with what is to be hashed in it. */
function createChunkMaker(out: OutputBuffer) {
  let ranges: HashedRange[] = [];
  let contents: HashedContent[] = [];
  return {
    /** What was just committed. */
    addRange(length: number, { isLast }: { readonly isLast: boolean }): void {
      ranges.push({ start: out.used - length, length, isLast });
    },
    addContent: (content: HashedContent) => void contents.push(content),
    take(): TarChunk {
      const chunk = { data: out.take(), ranges, contents };
      ranges = [];
      contents = [];
      return chunk;
    },
  };
}

type ChunkMaker = ReturnType<typeof createChunkMaker>;

/** Whether content whose hash is known cannot have become something else without being noticed. */
function isStable(content: ContentRef | undefined): boolean {
  return content?.kind !== 'file' || content.ctimeNs !== undefined;
}

function contentSize(entry: LayerEntry): number {
  return entry.kind === 'node' && entry.node.type === 'file' ? entry.node.size : 0;
}

function contentChanged({ path }: LayerEntry): TsbuildError {
  return new TsbuildError('CONTEXT_CHANGED', `${excerpt(path)} changed while the build was reading it`, {
    hint: 'run the build again when nothing writes to the build context',
  });
}

function hashedContent(entry: LayerEntry, object: PlacedNode): HashedContent {
  const expected = object.node.sha256;
  return {
    settle(sha256) {
      if (expected !== undefined && sha256 !== expected) throw contentChanged(entry);
      object.sha256 = sha256;
    },
  };
}

/** A regular file that is being written. */
interface File {
  readonly entry: LayerEntry;
  readonly node: TreeNode;
  readonly object: PlacedNode;
  readonly isHashed: boolean;
}

interface Tar {
  readonly out: OutputBuffer;
  readonly chunk: ChunkMaker;
  open(node: TreeNode): ContentReader | undefined;
}

function fileOf(
  entry: LayerEntry,
  node: TreeNode,
  { object, areContentsHashed }: { object: PlacedNode; areContentsHashed: boolean },
): File {
  const { sha256 } = node;
  const isHashed = sha256 === undefined ? areContentsHashed : !isStable(node.content);
  if (!isHashed && sha256 !== undefined) object.sha256 = sha256;
  return { entry, node, object, isHashed };
}

/** One piece of a content, as much as there is room for. @returns its length */
function copyPiece({ out }: Tar, reader: ContentReader, left: number): number {
  const length = Math.min(left, out.space());
  reader.read({ data: out.data, start: out.used, length, isLast: length === left });
  out.commit(length);
  return length;
}

/** Copies a content for which there is room. */
function copyWhole(tar: Tar, { entry, node, object, isHashed }: File): void {
  const reader = tar.open(node);
  try {
    if (reader && node.size > 0) copyPiece(tar, reader, node.size);
  } finally {
    reader?.close();
  }
  if (!isHashed) return;
  tar.chunk.addRange(node.size, { isLast: true });
  tar.chunk.addContent(hashedContent(entry, object));
}

/** Copies any other content, yielding full buffers. */
function* copyInPieces(tar: Tar, { entry, node, object, isHashed }: File): Generator<TarChunk, void> {
  const { out, chunk } = tar;
  const reader = tar.open(node);
  invariant(reader, 'only nothing has no content');
  try {
    for (let left = node.size; left > 0;) {
      if (out.space() === 0) yield chunk.take();
      left -= isHashed ? hashedPiece(tar, reader, left) : copyPiece(tar, reader, left);
    }
    if (isHashed) chunk.addContent(hashedContent(entry, object));
  } finally {
    reader.close();
  }
}

function hashedPiece(tar: Tar, reader: ContentReader, left: number): number {
  const length = copyPiece(tar, reader, left);
  tar.chunk.addRange(length, { isLast: length === left });
  return length;
}

/**
 * The tar of `entries` in their order, which must have the target of a hard link before the link.
 * @throws TsbuildError CONTEXT_CHANGED | CONTEXT_UNREADABLE | STORE_CORRUPT | LAYER_UNSAFE | ABORTED, from `chunks`
 */
export function tarChunks(entries: Iterable<TarEntry>, options: TarOptions & OutputBufferOptions): TarChunks {
  const { whiteouts = true, areContentsHashed = true } = options;
  const out = createOutputBuffer(options);
  const chunk = createChunkMaker(out);
  const index = createLayerIndexBuilder();
  const source = createContentSource();
  const pacer = createPacer(out, options);
  const tar: Tar = {
    out,
    chunk,
    open(node) {
      const { content, size } = node;
      if (content?.kind === 'layer') {
        if (size === 0) return undefined;
        invariant(options.openContent, 'content in a layer, but no openContent');
        return source.open(options.openContent(content), size);
      }
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
  function begin(entry: LayerEntry, headers: EntryHeaders): File | undefined {
    writeHeaders(out.data, out.used, headers);
    out.commit(headers.bytes);
    const isFile = entry.kind === 'node' && entry.node.type === 'file';
    const object = index.add(entry, isFile ? out.total : undefined);
    return isFile && object ? fileOf(entry, entry.node, { object, areContentsHashed }) : undefined;
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
    invariant(options.openContent, 'entries of another layer, but no openContent');
    const length = end - start;
    const reader = source.open(options.openContent({ kind: 'layer', diffId, offset: start }), length);
    for (let left = length; left > 0;) {
      if (out.space() === 0) yield chunk.take();
      left -= copyPiece(tar, reader, left);
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
      if (file && isWhole) copyWhole(tar, file);
      else if (file)
        for (const full of copyInPieces(tar, file)) {
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
