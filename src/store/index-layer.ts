// Reads a layer once, verifying it, and puts its index into the store.
import type { ByteString } from '../core/bytes.js';
import type { Digest, DiffId } from '../core/digest.js';
import { ACCOUNT_FILES } from '../layer/accounts/account-files.js';
import { encodeIndex } from '../layer/index-codec.js';
import type { LayerEntry } from '../layer/entry.js';
import type { LayerLimits } from '../layer/limits.js';
import { readLayer, type LayerSink } from '../layer/read-layer.js';
import { writeDurably } from './durable-write.js';
import type { StorePaths } from './store-paths.js';
import { putKeptFile } from './kept-files.js';

/** Files of a base that almost every step looks at. */
const KEPT_FILES: ReadonlySet<ByteString> = new Set(ACCOUNT_FILES);
const KEPT_BYTES = 1 << 20;

export interface IndexLayerOptions {
  readonly diffId: DiffId;
  readonly paths: StorePaths;
  readonly limits: LayerLimits;
  readonly signal: AbortSignal;
  /** What was promised about the bytes of `chunks`. */
  readonly expect?: { readonly digest: Digest; readonly size: number };
  /** Gets the layer as it passes. */
  readonly sink?: Pick<LayerSink, 'onEntry' | 'onData' | 'onEntryEnd' | 'drain'>;
}

/** @throws TsbuildError as `readLayer`, STORE_FULL, STORE_UNWRITABLE */
export async function indexLayer(
  chunks: AsyncIterable<Buffer>,
  { diffId, paths, limits, signal, expect, sink }: IndexLayerOptions,
): Promise<void> {
  const kept = new Map<ByteString, Buffer[]>();
  let current: Buffer[] | undefined;
  const { index } = await readLayer(chunks, {
    expect: { ...(expect && { digest: expect.digest, size: expect.size }), diffId },
    limits,
    signal,
    sink: {
      ...sink,
      onEntry(entry) {
        current = isKept(entry) ? [] : undefined;
        if (current) kept.set(entry.path, current);
        sink?.onEntry(entry);
      },
      onData(data) {
        current?.push(Buffer.from(data));
        sink?.onData(data);
      },
      onEntryEnd() {
        current = undefined;
        sink?.onEntryEnd();
      },
    },
  });
  for (const entry of index) {
    const data = kept.get(entry.path);
    const content = entry.kind === 'node' ? entry.node.content : undefined;
    if (data && content?.kind === 'layer') putKeptFile(paths, content, Buffer.concat(data));
  }
  writeDurably(paths.index(diffId), encodeIndex(index), paths.tmp);
}

function isKept(entry: LayerEntry): boolean {
  return entry.kind === 'node' && KEPT_FILES.has(entry.path) && entry.node.size <= KEPT_BYTES;
}
