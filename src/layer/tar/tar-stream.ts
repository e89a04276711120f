// A tar from layer entries as a stream of big chunks, in one pass: every source is read once, hashed, and passed on.
// Invariant: memory is one buffer; the event loop runs at least every 8 MiB or 500 entries.
import { createHash, hash as hashOf } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { DiffId } from '../../core/digest.js';
import { invariant, TsbuildError } from '../../core/errors.js';
import type { ContentRef, LayerEntry, TreeNode } from '../entry.js';
import {
  copyFile,
  createBlobReader,
  spooled,
  type BlobReader,
  type LayerRef,
  type OpenedContent,
} from './content-source.js';
import { encodeEntry } from './encode-entry.js';
import { excerpt } from './entry-path.js';
import { createLayerIndexBuilder, type PlacedNode } from './layer-index-builder.js';
import { createOutputBuffer, type OutputBuffer } from './output-buffer.js';
import { BLOCK } from './header-fields.js';

export interface TarStreamOptions {
  /** Finds the uncompressed blob of a layer reference; required when entries have such content. */
  openContent?(ref: LayerRef): OpenedContent | Promise<OpenedContent>;
  readonly signal?: AbortSignal | undefined;
  /** Now and then, and once at the end. */
  onProgress?(progress: { readonly bytes: number; readonly entries: number }): void;
  /** False for an archive that is no layer: deletions are a mistake, `.wh.` names are not. Default true. */
  readonly whiteouts?: boolean;
}

export interface WrittenLayer {
  /** Of the tar; it is uncompressed, so this is its digest too. */
  readonly diffId: DiffId;
  readonly size: number;
  /** What was written, sorted; every file with its sha256 and its place in this layer. */
  readonly index: LayerEntry[];
}

export interface TarStream {
  /** To be read once, to the end. A chunk is valid until the `held`th after it (default 1: the next one) is asked for. */
  readonly chunks: AsyncGenerator<Buffer, void>;
  /** Once `chunks` has ended. */
  result(): WrittenLayer;
}

const PAUSE_BYTES = 8 * 1024 * 1024;
const PAUSE_ENTRIES = 500;

function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted)
    throw new TsbuildError('ABORTED', 'the build was interrupted', { cause: signal.reason });
}

/** Gives way to the event loop when enough was done since the last time. */
function createPacer(out: OutputBuffer, { signal, onProgress }: TarStreamOptions) {
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

async function contentOf(
  node: TreeNode,
  options: TarStreamOptions,
): Promise<ContentRef | OpenedContent | undefined> {
  const { content } = node;
  if (content?.kind !== 'layer' || node.size === 0) return content;
  invariant(options.openContent, 'content in a layer, but no openContent');
  return options.openContent(content);
}

interface Content {
  readonly node: TreeNode;
  readonly from: ContentRef | OpenedContent | undefined;
}

/** Copies and pads. Returns the sha256 of the content when it is wanted. */
function* copyHashed(
  out: OutputBuffer,
  blobs: BlobReader,
  content: Content,
  { isHashed }: { readonly isHashed: boolean },
): Generator<Buffer, string | undefined> {
  const { data, used } = out;
  const { size } = content.node;
  // Most files leave in one buffer: hashing them there at once takes a fraction of what a hash object does.
  const isWhole = size <= out.space();
  const hash = isHashed && !isWhole ? createHash('sha256') : undefined;
  yield* copyContent(out, blobs, content, hash && ((piece) => void hash.update(piece)));
  const whole = isHashed && isWhole ? hashOf('sha256', data.subarray(used, used + size), 'hex') : undefined;
  yield* out.pad(BLOCK);
  return hash?.digest('hex') ?? whole;
}

function* copyContent(
  out: OutputBuffer,
  blobs: BlobReader,
  { node, from }: Content,
  observe: ((piece: Buffer) => void) | undefined,
): Generator<Buffer, void> {
  if (from && !('kind' in from)) yield* blobs.copy(out, from, node.size, observe);
  else if (from?.kind === 'file' && from.offset === undefined) yield* copyFile(out, from, node.size, observe);
  else if (from?.kind === 'file') yield* blobs.copy(out, spooled(from), node.size, observe);
  else if (from?.kind === 'bytes') {
    invariant(from.data.length === node.size, 'content and size differ');
    observe?.(Buffer.from(from.data.buffer, from.data.byteOffset, from.data.byteLength));
    yield* out.put(from.data);
  } else invariant(node.size === 0, 'a file without content');
}

/** Whether content whose hash is known cannot have become something else without being noticed. */
function isStable(from: ContentRef | OpenedContent | undefined): boolean {
  return !from || !('kind' in from) || from.kind !== 'file' || from.ctimeNs !== undefined;
}

function contentChanged({ path }: LayerEntry): TsbuildError {
  return new TsbuildError('CONTEXT_CHANGED', `${excerpt(path)} changed while the build was reading it`, {
    hint: 'run the build again when nothing writes to the build context',
  });
}

/**
 * Streams the tar of `entries`, in their order, which must have the target of a hard link before the link.
 * @throws TsbuildError CONTEXT_CHANGED | CONTEXT_UNREADABLE | STORE_CORRUPT | LAYER_UNSAFE | ABORTED, from `chunks`
 */
export function createTarStream(
  entries: Iterable<LayerEntry> | AsyncIterable<LayerEntry>,
  options: TarStreamOptions & { readonly held?: number } = {},
): TarStream {
  const out = createOutputBuffer({ held: options.held ?? 1 });
  const index = createLayerIndexBuilder();
  const blobs = createBlobReader();
  const pacer = createPacer(out, options);
  const { whiteouts = true } = options;
  let written: WrittenLayer | undefined;

  function* header(entry: LayerEntry): Generator<Buffer, void> {
    const linked = entry.kind === 'hardlink' ? index.get(entry.target) : undefined;
    yield* out.put(encodeEntry(entry, { whiteouts, linked }));
  }

  /** The steps that write one entry; `from` is where its content is. */
  function* write(entry: LayerEntry, from: ContentRef | OpenedContent | undefined): Generator<Buffer, void> {
    yield* header(entry);
    const isFile = entry.kind === 'node' && entry.node.type === 'file';
    const object: PlacedNode | undefined = index.add(entry, isFile ? out.total : undefined);
    if (!isFile || !object) return;
    const { sha256: expected } = entry.node;
    const isHashed = expected === undefined || !isStable(from);
    const content = { node: entry.node, from };
    object.sha256 = (yield* copyHashed(out, blobs, content, { isHashed })) ?? expected!;
    if (expected !== undefined && object.sha256 !== expected) throw contentChanged(entry);
  }

  async function* produce(): AsyncGenerator<Buffer, void> {
    throwIfAborted(options.signal);
    for await (const entry of entries) {
      const from =
        entry.kind === 'node' && entry.node.type === 'file'
          ? await contentOf(entry.node, options)
          : undefined;
      for (const chunk of write(entry, from)) {
        yield chunk;
        if (pacer.isDue()) await pacer.pause();
      }
      pacer.countEntry();
      if (pacer.isDue()) await pacer.pause();
    }
    // The end mark: two blocks of zeros.
    yield* out.put(Buffer.alloc(2 * BLOCK));
    yield out.take();
    const diffId = out.digest();
    written = { diffId, size: out.total, index: index.finish(diffId) };
    pacer.end();
  }

  async function* chunks(): AsyncGenerator<Buffer, void> {
    try {
      yield* produce();
    } finally {
      blobs.close();
    }
  }

  return {
    chunks: chunks(),
    result() {
      invariant(written, 'the tar is not finished');
      return written;
    },
  };
}
