// The compressed form of a layer: made from the tar in the store, and put there too.
import { availableParallelism } from 'node:os';
import * as zlib from 'node:zlib';
import type { DiffId } from '../core/digest.js';
import { invariant, TsbuildError } from '../core/errors.js';
import { MEDIA, type Descriptor } from '../oci/types.js';
import type { CompressionInputs } from '../store/compressed-forms.js';
import type { BlobRef } from '../store/read-blob.js';
import type { Store } from '../store/store.js';
import type { GrowingFile } from '../store/write-blob.js';
import { BLOCKS_FORMAT, gzipBlocks } from './gzip-blocks.js';

export interface CompressionChoice {
  readonly kind: 'gzip' | 'zstd';
  readonly level?: number;
}

const DEFAULT_LEVEL = { gzip: 'auto', zstd: 3 } as const;
const MEDIA_TYPE = { gzip: MEDIA.ociLayerGzip, zstd: MEDIA.ociLayerZstd } as const;

/** Versions of the libraries in Node, as `process.versions` has them. */
type Versions = Readonly<Record<string, string | undefined>>;

/** All that decides the bytes. Pure. */
export function compressionInputs(
  diffId: DiffId,
  { kind, level: given }: CompressionChoice,
  { versions, arch }: { readonly versions: Versions; readonly arch: string } = process,
): CompressionInputs {
  // Node's zlib chooses other matches on processors of another kind.
  const compressor =
    kind === 'gzip' ? `${BLOCKS_FORMAT} zlib ${versions['zlib']} ${arch}` : `zstd ${versions['zstd']}`;
  return { diffId, kind, level: given ?? DEFAULT_LEVEL[kind], compressor };
}

export interface CompressionStore extends Pick<Store, 'putBlob'> {
  openBlob(blob: BlobRef, signal: AbortSignal): AsyncIterable<Buffer>;
}

/**
 * Needs nothing but the layer's tar in the store.
 * @throws TsbuildError STORE_*, OPTION_UNSUPPORTED, ABORTED
 */
export async function compressLayer(
  store: CompressionStore,
  { diffId, kind, level }: CompressionInputs,
  signal: AbortSignal,
  onBegun?: (growing: GrowingFile) => void,
): Promise<Descriptor> {
  const tar = store.openBlob({ digest: diffId }, signal);
  const { digest, size } = await store.putBlob(compress(tar, kind, level), onBegun);
  return { mediaType: MEDIA_TYPE[kind], digest, size };
}

function compress(
  source: AsyncIterable<Buffer>,
  kind: CompressionChoice['kind'],
  level: CompressionInputs['level'],
): AsyncIterable<Buffer> {
  if (kind === 'gzip') return gzipBlocks(source, { level, parallel: availableParallelism() });
  invariant(level !== 'auto', 'zstd has a level');
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
