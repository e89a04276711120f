// Brings the blob of a layer of a base into the store, for whoever reads it on the way.
import { invariant } from '../core/errors.js';
import { parseReference } from '../oci/reference.js';
import type { ChainLayer } from './chain-layer.js';
import type { Session } from '../builder/session.js';
import { reportStep } from '../core/step-events.js';

/** By which a build fetches a blob once, whoever asks first. */
export function fetchKey({ base, diffId }: ChainLayer): string {
  return `fetch ${base?.descriptor.digest ?? diffId}`;
}

/**
 * The blob gets its name when `consume` has returned; until then it grows at `temporary`. A `tee` that ends has had the promised bytes.
 * @throws what `consume` throws; TsbuildError REGISTRY_*, STORE_FULL, STORE_UNWRITABLE, ABORTED
 */
export function fetchLayer(
  session: Session,
  { base }: ChainLayer,
  consume: (tee: AsyncIterable<Buffer>, temporary: string) => Promise<void>,
): Promise<void> {
  invariant(base, 'only layers of a base are fetched');
  const { descriptor, reference } = base;
  const short = `${descriptor.digest.slice(0, 19)}`;
  return reportStep(
    session,
    { id: `fetch ${descriptor.digest}`, name: `[internal] fetch ${reference} ${short}` },
    async ({ id }) => {
      const client = await session.registry();
      const source = client.fetchBlob(parseReference(reference), descriptor, { signal: session.signal });
      const counted = withProgress(session, source, { id, item: short, total: descriptor.size });
      await session.store.receiveBlob(descriptor, counted, consume);
    },
  );
}

async function* withProgress(
  session: Session,
  chunks: AsyncIterable<Buffer>,
  progress: { readonly id: string; readonly item: string; readonly total: number },
): AsyncIterable<Buffer> {
  let current = 0;
  let shown = 0;
  for await (const chunk of chunks) {
    current += chunk.length;
    const time = session.now();
    if (time - shown >= 0.25 || current >= progress.total) {
      shown = time;
      const isDone = current >= progress.total;
      session.emit({ kind: 'step-progress', ...progress, current, unit: 'bytes', isDone, time });
    }
    // Whoever has the last of the promised bytes asks for no more.
    yield chunk;
  }
}
