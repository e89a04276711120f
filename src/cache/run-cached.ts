// The cache around a step: a hit gives the recorded layer, a miss makes it and records it. Equal steps of one build are made once.
import type { StoredLayer } from '../store/stored-layer.js';
import { keyOf, type KeyInputs, type StepKey } from './step-key.js';
import { putRecord, readRecord, removeRecord } from './step-records.js';
import { TsbuildError } from '../core/errors.js';
import { madeLayer, type Layer } from '../images/layer.js';
import type { BuildTools } from '../builder/build-tools.js';
import type { StepReporter } from '../core/step-events.js';

export interface CachedWork {
  readonly inputs: KeyInputs;
  readonly isCacheIgnored: boolean;
  readonly reporter: StepReporter;
  make(): Promise<StoredLayer>;
}

export async function runCached(session: BuildTools, work: CachedWork): Promise<Layer> {
  const key = keyOf(work.inputs);
  let isMade = false;
  const layer = await session.once(key, async () => {
    const known = work.isCacheIgnored ? undefined : lookUp(session, key);
    // A build without these secrets, or without the scan, may have made it.
    if (known) return withoutSecrets(session, key, work, async () => known);
    isMade = true;
    const made = await withoutSecrets(session, key, work, work.make);
    const { diffId, size } = made;
    const created = new Date(session.now() * 1000).toISOString();
    putRecord(session.store, key, { diffId, size, created, inputs: work.inputs });
    return madeLayer(made, created);
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
  session: BuildTools,
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
      const { forgetLayer } = await import('../builder/secrets/forget-layer.js');
      if (layer) await forgetLayer(session, layer.diffId);
    }
    throw error;
  }
}

function lookUp(session: BuildTools, key: StepKey): Layer | undefined {
  const record = readRecord(session.store, key);
  const isHere =
    record && session.store.blobSize(record.diffId) === record.size && session.store.hasIndex(record.diffId);
  return isHere ? madeLayer({ ...record, blob: record.diffId }, record.created) : undefined;
}
