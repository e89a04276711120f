// The cache around a step: a hit gives the recorded layer, a miss makes it and records it. Equal steps of one build are made once.
import { keyOf, type KeyInputs } from '../cache/step-key.js';
import { putRecord, readRecord } from '../cache/step-records.js';
import type { ChainLayer } from './chain-layer.js';
import type { IndexRef } from './rootfs/rootfs.js';
import type { Session } from './session.js';
import type { StepReporter } from './step-events.js';

export interface CachedWork {
  readonly inputs: KeyInputs;
  readonly isCacheIgnored: boolean;
  readonly reporter: StepReporter;
  make(): Promise<IndexRef>;
}

export async function runCached(session: Session, work: CachedWork): Promise<ChainLayer> {
  const key = keyOf(work.inputs);
  let isMade = false;
  const layer = await session.once(`step ${key}`, async () => {
    const known = work.isCacheIgnored ? undefined : lookUp(session, key);
    if (known) return known;
    isMade = true;
    const { diffId, size } = await work.make();
    const created = new Date(session.now() * 1000).toISOString();
    putRecord(session.store.paths, key, { diffId, size, created, inputs: work.inputs });
    return { diffId, size, created };
  });
  if (isMade) session.tally.executed++;
  else {
    session.tally.cached++;
    work.reporter.markCached();
  }
  return layer;
}

function lookUp(session: Session, key: ReturnType<typeof keyOf>): ChainLayer | undefined {
  const record = readRecord(session.store.paths, key);
  const isHere = record && session.store.blobSize(record.diffId) === record.size && session.store.hasIndex(record.diffId);
  return isHere ? { diffId: record.diffId, size: record.size, created: record.created } : undefined;
}
