// Copies the contents of regular files into the chunks of a tar, and marks the ranges whose hash is not known.
import { invariant, TsbuildError } from '../../core/errors.js';
import type { ContentRef, LayerEntry, TreeNode } from '../entry.js';
import type { HashedRange } from './chunk-hasher.js';
import type { ContentReader, ContentSource } from './content-source.js';
import { excerpt } from './entry-path.js';
import type { PlacedNode } from './layer-index-builder.js';
import type { OutputBuffer } from './output-buffer.js';

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

/** A buffer with the ranges in it that are to be hashed. */
export function createChunkMaker(out: OutputBuffer) {
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

export type ChunkMaker = ReturnType<typeof createChunkMaker>;

/** Whether content whose hash is known need not be compared with it. */
function isStable(content: ContentRef | undefined, areTarsVerified: boolean): boolean {
  if (content?.kind === 'layer') return areTarsVerified;
  return content?.kind !== 'file' || content.ctimeNs !== undefined;
}

function contentChanged({ path }: LayerEntry): TsbuildError {
  return new TsbuildError('CONTEXT_CHANGED', `${excerpt(path)} changed while the build was reading it`, {
    hint: 'run the build again when nothing writes to the build context',
  });
}

function hashedContent({ entry, node, object, source }: CopiedFile): HashedContent {
  const expected = object.node.sha256;
  return {
    settle(sha256) {
      if (expected !== undefined && sha256 !== expected)
        throw node.content?.kind === 'layer' ? source.damaged(node.content.diffId) : contentChanged(entry);
      object.sha256 = sha256;
    },
  };
}

/** A regular file that is being written. */
export interface CopiedFile {
  readonly entry: LayerEntry;
  readonly node: TreeNode;
  readonly object: PlacedNode;
  readonly isHashed: boolean;
  readonly source: Pick<ContentSource, 'damaged'>;
}

/** What contents are copied with. */
export interface Copying {
  readonly out: OutputBuffer;
  readonly chunk: ChunkMaker;
  open(node: TreeNode): ContentReader | undefined;
}

/** `areContentsHashed`: whether a content whose hash is not known is hashed. */
export function fileOf(
  entry: LayerEntry,
  node: TreeNode,
  {
    object,
    areContentsHashed,
    areTarsVerified,
    source,
  }: Pick<CopiedFile, 'object' | 'source'> & {
    readonly areContentsHashed: boolean;
    readonly areTarsVerified: boolean;
  },
): CopiedFile {
  const { sha256 } = node;
  const isHashed = sha256 === undefined ? areContentsHashed : !isStable(node.content, areTarsVerified);
  if (!isHashed && sha256 !== undefined) object.sha256 = sha256;
  return { entry, node, object, isHashed, source };
}

/** One piece of a content, as much as there is room for. @returns its length */
export function copyPiece({ out }: Copying, reader: ContentReader, left: number): number {
  const length = Math.min(left, out.space());
  reader.read({ data: out.data, start: out.used, length, isLast: length === left });
  out.commit(length);
  return length;
}

/** Copies a content for which there is room. */
export function copyWhole(copying: Copying, file: CopiedFile): void {
  const { node, isHashed } = file;
  const reader = copying.open(node);
  try {
    if (reader && node.size > 0) copyPiece(copying, reader, node.size);
  } finally {
    reader?.close();
  }
  if (!isHashed) return;
  copying.chunk.addRange(node.size, { isLast: true });
  copying.chunk.addContent(hashedContent(file));
}

/** Copies any other content, yielding full buffers. */
export function* copyInPieces(copying: Copying, file: CopiedFile): Generator<TarChunk, void> {
  const { node, isHashed } = file;
  const { out, chunk } = copying;
  const reader = copying.open(node);
  invariant(reader, 'only nothing has no content');
  try {
    for (let left = node.size; left > 0;) {
      if (out.space() === 0) yield chunk.take();
      left -= isHashed ? hashedPiece(copying, reader, left) : copyPiece(copying, reader, left);
    }
    if (isHashed) chunk.addContent(hashedContent(file));
  } finally {
    reader.close();
  }
}

function hashedPiece(copying: Copying, reader: ContentReader, left: number): number {
  const length = copyPiece(copying, reader, left);
  copying.chunk.addRange(length, { isLast: length === left });
  return length;
}
