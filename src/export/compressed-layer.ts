// The compressed form of a layer, made once on the way out and remembered beside the store's blobs.
import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, openSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import * as zlib from 'node:zlib';
import { digestOfHash, hexOf, isDigest, type Digest, type DiffId } from '../core/digest.js';
import { TsbuildError } from '../core/errors.js';
import { MEDIA, type Descriptor } from '../oci/types.js';
import { commitFile, storeWriteError, writeDurably } from '../store/durable-write.js';
import type { Store } from '../store/store.js';
import { writeAll } from '../host/write-all.js';
import { seal, unseal } from '../store/sealed-json.js';
import { gzipBlocks } from './gzip-blocks.js';
import { verifiedBlob } from './verified-blob.js';

export interface CompressionChoice {
  readonly kind: 'gzip' | 'zstd';
  readonly level?: number;
}

const DEFAULT_LEVEL = { gzip: 4, zstd: 3 } as const;
const MEDIA_TYPE = { gzip: MEDIA.ociLayerGzip, zstd: MEDIA.ociLayerZstd } as const;

/** Descriptor of the compressed layer, whose blob then lies in the store. @throws TsbuildError STORE_*, OPTION_UNSUPPORTED, ABORTED */
export async function compressedLayer(
  store: Store,
  diffId: DiffId,
  choice: CompressionChoice,
  signal: AbortSignal,
): Promise<Descriptor> {
  const level = choice.level ?? DEFAULT_LEVEL[choice.kind];
  // The compressor is part of the name: another zlib gives other bytes, and a remembered digest must stay what it was.
  const memo = join(store.paths.cache, 'compressed', `${hexOf(diffId)}-${choice.kind}-${level}.json`);
  const known = readMemo(memo);
  if (known && store.blobSize(known.digest) === known.size) return known;
  const blobs = { blobPath: store.paths.blob, discardBlob: store.discardBlob };
  const source = verifiedBlob(blobs, { digest: diffId }, signal);
  const { digest, size } = await writeBlob(store, compress(source, choice.kind, level), signal);
  const descriptor = { mediaType: MEDIA_TYPE[choice.kind], digest, size };
  writeDurably(memo, seal(descriptor), store.paths.tmp);
  return descriptor;
}

/** Undefined when nothing is remembered, or nothing that can be read: a damaged memo is a miss. */
function readMemo(path: string): Descriptor | undefined {
  try {
    const known = unseal(readFileSync(path, 'utf8')) as Descriptor | undefined;
    return known && isDigest(known.digest) ? known : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function compress(
  source: AsyncIterable<Buffer>,
  kind: CompressionChoice['kind'],
  level: number,
): AsyncIterable<Buffer> {
  if (kind === 'gzip') return gzipBlocks(source, { level, parallel: availableParallelism() });
  const { createZstdCompress }: Partial<ZstdCapable> & typeof zlib = zlib;
  if (!createZstdCompress)
    throw new TsbuildError(
      'OPTION_UNSUPPORTED',
      `compression=zstd needs Node 22.15 or newer, this is ${process.version}`,
      {
        hint: 'use compression=gzip, or run tsbuild with a newer Node',
      },
    );
  return pipe(source, createZstdCompress({ params: { [ZSTD_COMPRESSION_LEVEL]: level } }));
}

/** The part of node:zlib that Node 20's type definitions do not have. */
interface ZstdCapable {
  createZstdCompress(options: { params: Record<number, number> }): NodeJS.ReadWriteStream;
}
/** ZSTD_c_compressionLevel of zstd.h. */
const ZSTD_COMPRESSION_LEVEL = 100;

async function* pipe(source: AsyncIterable<Buffer>, stream: NodeJS.ReadWriteStream): AsyncIterable<Buffer> {
  const { pipeline } = await import('node:stream/promises');
  const feeding = pipeline(source, stream as NodeJS.WritableStream);
  feeding.catch(() => undefined);
  for await (const chunk of stream) yield chunk as Buffer;
  await feeding;
}

async function writeBlob(
  store: Store,
  chunks: AsyncIterable<Buffer>,
  signal: AbortSignal,
): Promise<{ digest: Digest; size: number }> {
  const temporary = store.temporaryPath();
  const hash = createHash('sha256');
  let size = 0;
  try {
    const fd = openSync(temporary, 'wx', 0o644);
    try {
      for await (const chunk of chunks) {
        if (signal.aborted) throw new TsbuildError('ABORTED', 'interrupted', { cause: signal.reason });
        hash.update(chunk);
        size += chunk.length;
        writeAll(fd, chunk);
      }
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    const digest = digestOfHash(hash);
    commitFile(temporary, store.paths.blob(digest));
    return { digest, size };
  } catch (error) {
    throw storeWriteError(error, temporary);
  } finally {
    rmSync(temporary, { force: true });
  }
}
