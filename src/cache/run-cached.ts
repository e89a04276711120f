// The cache around a step: a hit gives the recorded layer, a miss makes it and records it. Equal steps of one build are made once.
import type { StoredLayer } from '../store/stored-layer.js';
import { keyOf, type KeyInputs, type StepKey } from './step-key.js';
import { putRecord, readRecord, removeRecord } from './step-records.js';
import { TsbuildError } from '../core/errors.js';
import type { ChainLayer } from '../images/chain-layer.js';
import type { Session } from '../builder/session.js';
import type { StepReporter } from '../core/step-events.js';

export interface CachedWork {
  readonly inputs: KeyInputs;
  readonly isCacheIgnored: boolean;
  readonly reporter: StepReporter;
  make(): Promise<StoredLayer>;
}

export async function runCached(session: Session, work: CachedWork): Promise<ChainLayer> {
  const key = keyOf(work.inputs);
  let isMade = false;
  const layer = await session.once(`step ${key}`, async () => {
    const known = work.isCacheIgnored ? undefined : lookUp(session, key);
    // A build without these secrets, or without the scan, may have made it.
    if (known) return withoutSecrets(session, key, work, async () => known);
    isMade = true;
    const { diffId, size, similar } = await withoutSecrets(session, key, work, work.make);
    const created = new Date(session.now() * 1000).toISOString();
    putRecord(session.store, key, { diffId, size, created, inputs: work.inputs });
    return { diffId, size, created, ...(similar && { similar }) };
  });
  if (isMade) session.tally.executed++;
  else {
    session.tally.cached++;
    work.reporter.markCached();
  }
  return layer;
}

/** A layer with a secret in it, or a definition, must be no hit: not now, and not by a record from a build without the scan. */
async function withoutSecrets<T extends Pick<StoredLayer, 'diffId'>>(
  session: Session,
  key: StepKey,
  work: Pick<CachedWork, 'inputs' | 'reporter'>,
  make: () => Promise<T>,
): Promise<T> {
  const { secretScan } = session;
  if (!secretScan) return make();
  const { name } = work.reporter;
  let layer: T | undefined;
  try {
    secretScan.data(work.inputs, `the definition of ${name}`);
    layer = await make();
    await secretScan.layer(layer.diffId, name);
    return layer;
  } catch (error) {
    if (error instanceof TsbuildError && error.code === 'SECRET_LEAKED') {
      removeRecord(session.store, key);
      const { removeLayer } = await import('../images/remove-layer.js');
      if (layer) await removeLayer(session, layer.diffId);
    }
    throw error;
  }
}

function lookUp(session: Session, key: StepKey): ChainLayer | undefined {
  const record = readRecord(session.store, key);
  const isHere =
    record && session.store.blobSize(record.diffId) === record.size && session.store.hasIndex(record.diffId);
  return isHere ? { diffId: record.diffId, size: record.size, created: record.created } : undefined;
}
