// Brings the files of a layer into the store when they are needed, and not before: its blob, its index, its uncompressed tar.
import { createReadStream, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fromUtf8, type ByteString } from '../core/bytes.js';
import { hexOf } from '../core/digest.js';
import { invariant } from '../core/errors.js';
import type { ContentRef } from '../layer/entry.js';
import { parseReference } from '../oci/reference.js';
import type { Descriptor } from '../oci/types.js';
import { writeDurably } from '../store/durable-write.js';
import { spoolWhile } from '../store/spool.js';
import type { ChainLayer } from './chain-layer.js';
import type { LayerRef } from './sandbox/sandbox.js';
import type { Session } from './session.js';
import { reportStep } from './step-events.js';

/** Files of a base that almost every RUN looks at; kept beside the index so that the layer need not be decompressed for them. */
const KEPT_FILES: ReadonlySet<ByteString> = new Set([fromUtf8('etc/passwd'), fromUtf8('etc/group')]);
const KEPT_BYTES = 1 << 20;

/** Path of the layer's blob in the store, compressed or not; fetched when it is missing. */
export async function ensureBlob(session: Session, layer: ChainLayer): Promise<string> {
  const { store } = session;
  if (store.hasBlob(layer.diffId)) return store.paths.blob(layer.diffId);
  invariant(layer.base, `layer ${layer.diffId} is in no registry and not in the store`);
  if (!store.hasBlob(layer.base.descriptor.digest)) await fetchLayer(session, layer);
  return store.paths.blob(layer.base.descriptor.digest);
}

/** The layers with their blobs, for a sandbox to unpack. */
export function layerRefs(session: Session, layers: readonly ChainLayer[]): Promise<LayerRef[]> {
  return Promise.all(
    layers.map(async (layer) => ({ diffId: layer.diffId, blobPath: await ensureBlob(session, layer) })),
  );
}

/** Makes sure that the layer's index is in the store. */
export async function ensureIndex(session: Session, layer: ChainLayer): Promise<void> {
  if (session.store.hasIndex(layer.diffId)) return;
  const path = await ensureBlob(session, layer);
  if (session.store.hasIndex(layer.diffId)) return;
  await session.once(`index ${layer.diffId}`, () =>
    indexLayer(session, layer, createReadStream(path, { highWaterMark: 1 << 20 })),
  );
}

/** Path of the layer's uncompressed tar, so that content can be read at an offset. */
export async function ensureTar(session: Session, layer: ChainLayer): Promise<string> {
  const path = session.store.paths.blob(layer.diffId);
  if (existsSync(path)) return path;
  const compressed = await ensureBlob(session, layer);
  if (compressed === path) return path;
  return session.once(`tar ${layer.diffId}`, async () => {
    const { decompress } = await import('../layer/decompress/decompress.js');
    const { readLayer } = await import('../layer/read-layer.js');
    const chunks = decompress(createReadStream(compressed, { highWaterMark: 1 << 20 }), {
      limits: session.layerLimits,
    });
    await spoolWhile(session.store.temporaryPath(), path, chunks, (tee) =>
      readLayer(tee, {
        expect: { diffId: layer.diffId },
        limits: session.layerLimits,
        signal: session.signal,
      }),
    );
    return path;
  });
}

/** A file of KEPT_FILES, by where its content stands in the layer; undefined when it was not kept. */
export function readKeptFile(session: Session, ref: LayerContent): Buffer | undefined {
  const file = keptPath(session, ref);
  return existsSync(file) ? readFileSync(file) : undefined;
}

type LayerContent = Extract<ContentRef, { kind: 'layer' }>;

function keptPath(session: Session, ref: LayerContent): string {
  return join(session.store.paths.root, 'index', `${hexOf(ref.diffId)}-${ref.offset}`);
}

function fetchLayer(session: Session, layer: ChainLayer): Promise<void> {
  const { descriptor, reference } = layer.base!;
  const short = `${descriptor.digest.slice(0, 19)}`;
  return session.once(`fetch ${descriptor.digest}`, () =>
    reportStep(
      session,
      { id: `fetch ${descriptor.digest}`, name: `[internal] fetch ${reference} ${short}` },
      async ({ id }) => {
        const client = await session.registry();
        const source = client.fetchBlob(parseReference(reference), descriptor, { signal: session.signal });
        const counted = withProgress(session, source, { id, item: short, total: descriptor.size });
        const path = session.store.paths.blob(descriptor.digest);
        await spoolWhile(session.store.temporaryPath(), path, counted, (tee) =>
          indexLayer(session, layer, tee, descriptor),
        );
      },
    ),
  );
}

/** Reads a layer once, verifying it, and puts its index into the store. */
export async function indexLayer(
  session: Session,
  layer: ChainLayer,
  chunks: AsyncIterable<Buffer>,
  expect?: Descriptor,
): Promise<void> {
  const { readLayer } = await import('../layer/read-layer.js');
  const kept = new Map<ByteString, Buffer[]>();
  let current: Buffer[] | undefined;
  const { index } = await readLayer(chunks, {
    expect: { ...(expect ? { digest: expect.digest, size: expect.size } : {}), diffId: layer.diffId },
    limits: session.layerLimits,
    signal: session.signal,
    sink: {
      onEntry(entry) {
        const isKept = entry.kind === 'node' && KEPT_FILES.has(entry.path) && entry.node.size <= KEPT_BYTES;
        current = isKept ? [] : undefined;
        if (current) kept.set(entry.path, current);
      },
      onData: (data) => void current?.push(Buffer.from(data)),
      onEntryEnd: () => (current = undefined),
    },
  });
  for (const entry of index) {
    const data = kept.get(entry.path);
    const content = entry.kind === 'node' ? entry.node.content : undefined;
    if (data && content?.kind === 'layer')
      writeDurably(keptPath(session, content), Buffer.concat(data), session.store.paths.tmp);
  }
  session.store.putIndex(layer.diffId, index);
}

async function* withProgress(
  session: Session,
  chunks: AsyncIterable<Buffer>,
  progress: { readonly id: string; readonly item: string; readonly total: number },
): AsyncIterable<Buffer> {
  let current = 0;
  let shown = 0;
  for await (const chunk of chunks) {
    yield chunk;
    current += chunk.length;
    const time = session.now();
    if (time - shown < 0.25 && current < progress.total) continue;
    shown = time;
    session.emit({
      kind: 'step-progress',
      ...progress,
      current,
      unit: 'bytes',
      isDone: current >= progress.total,
      time,
    });
  }
}
