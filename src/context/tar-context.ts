// A build context that comes as a tar, compressed or not: on standard input or from a URL. Its names never become host
// paths: the uncompressed archive lies in one spool file and the entries are a tree over it.
import { createHash } from 'node:crypto';
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import type { ByteString } from '../core/bytes.js';
import { fromUtf8 } from '../core/bytes.js';
import { invariant, TsbuildError } from '../core/errors.js';
import type { ContentRef, LayerEntry, TreeNode } from '../layer/entry.js';
import { layeredTree, type ContentSource } from '../layer/layered-tree.js';
import type { LayerLimits } from '../layer/limits.js';
import { readLayer } from '../layer/read-layer.js';
import { createStoredReader } from '../layer/stored-content.js';
import type { TreeView } from '../layer/tree-view.js';
import { contextFailure } from './host-path.js';

const CHUNK_BYTES = 1 << 20;

type LayerContent = Extract<ContentRef, { kind: 'layer' }>;

export interface TarContextOptions {
  readonly stream: AsyncIterable<Buffer>;
  /**
   * Host path of the spool file, which must not exist. It must stay as long as the view is used; removing it is the
   * caller's.
   */
  readonly spool: string;
  readonly limits?: LayerLimits;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads the archive to its end. Files belong to 0:0, as those of a directory do; contents refer to the spool file by
 * offset.
 * @throws TsbuildError LAYER_INVALID, LAYER_UNSAFE, LAYER_LIMIT, ABORTED, and what the stream throws; the spool file is
 * then removed
 */
export async function openTarContext({
  stream,
  spool,
  limits,
  signal,
}: TarContextOptions): Promise<TreeView> {
  const fd = openSync(spool, 'wx', 0o600);
  try {
    const onArchive = (chunk: Buffer): void => writeAll(fd, chunk);
    const sink = { onEntry() {}, onData() {}, onEntryEnd() {}, onArchive };
    const { index } = await readLayer(stream, {
      whiteouts: false,
      sink,
      ...(limits ? { limits } : {}),
      ...(signal ? { signal } : {}),
    });
    return layeredTree([index.map((entry) => inContext(entry, fromUtf8(spool)))], spoolSource);
  } catch (error) {
    rmSync(spool, { force: true });
    throw error;
  } finally {
    closeSync(fd);
  }
}

function writeAll(fd: number, chunk: Buffer): void {
  for (let written = 0; written < chunk.length;) written += writeSync(fd, chunk, written);
}

function inContext(entry: LayerEntry, spool: ByteString): LayerEntry {
  return entry.kind === 'node' ? { ...entry, node: contextNode(entry.node, spool) } : entry;
}

/** Of the extended attributes only file capabilities count, as in `file-capability.ts`. */
function contextNode({ xattrs, content, ...node }: TreeNode, spool: ByteString): TreeNode {
  const capability = xattrs?.['security.capability'];
  return {
    ...node,
    uid: 0,
    gid: 0,
    ...(capability === undefined ? {} : { xattrs: { 'security.capability': capability } }),
    ...(content?.kind === 'layer' ? { content: inSpool(content, spool) } : {}),
  };
}

function inSpool({ offset, runs }: LayerContent, path: ByteString): ContentRef {
  return { kind: 'file', path, offset, ...(runs && { runs }) };
}

const spoolSource: ContentSource = {
  readContent(ref, sizeBytes) {
    const pieces = [...piecesOf(ref, sizeBytes)].map((piece) => Buffer.from(piece));
    return Buffer.concat(pieces);
  },
  hashContent(ref, sizeBytes) {
    const hash = createHash('sha256');
    for (const piece of piecesOf(ref, sizeBytes)) hash.update(piece);
    return hash.digest('hex');
  },
};

/** Exactly `sizeBytes` bytes at the place of a content; a piece is valid until the next one. */
function* piecesOf(ref: ContentRef, sizeBytes: number): Generator<Buffer, void> {
  invariant(ref.kind === 'file', 'the content of a spooled context is in its spool file');
  const buffer = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, Math.max(sizeBytes, 1)));
  const fd = openSpool(ref.path);
  try {
    const readOn = createStoredReader(fd, { offset: ref.offset ?? 0, runs: ref.runs });
    for (let done = 0; done < sizeBytes;) {
      const count = readOn(buffer, 0, Math.min(buffer.length, sizeBytes - done));
      if (count === 0) throw new TsbuildError('CONTEXT_CHANGED', 'the spooled build context was cut short');
      yield buffer.subarray(0, count);
      done += count;
    }
  } finally {
    closeSync(fd);
  }
}

function openSpool(path: ByteString): number {
  try {
    return openSync(Buffer.from(path, 'latin1'), 'r');
  } catch (error) {
    throw contextFailure(error, path);
  }
}
