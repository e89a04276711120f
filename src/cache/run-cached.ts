// The cache around a step: a hit gives the recorded layer, a miss makes it and records it.
import type { Json } from '../core/canonical-json.js';
import { TsbuildError } from '../core/errors.js';
import type { InputChange, MissReason } from '../core/miss-reason.js';
import type { StepReporter } from '../core/step-events.js';
import type { StoredLayer } from '../store/stored-layer.js';
import { findOrMake } from './find-or-make.js';
import { rememberStep } from './last-steps.js';
import type { Layer } from '../images/layer.js';
import { keepLayer, layerOf, type StepCache } from './step-cache.js';
import { keyOf, type KeyInputs } from './step-key.js';
import { removeRecord } from './step-records.js';

export interface CachedWork {
  readonly inputs: KeyInputs;
  readonly isCacheIgnored: boolean;
  /** Where the step stands in its build; asked for when it must be made. */
  where(): Json;
  readonly reporter: StepReporter;
  /** What an item of a list of the inputs is, in the words of the Dockerfile. Holds no secret. */
  nameOf?(change: InputChange): string | undefined;
  make(): Promise<StoredLayer>;
}

/** @throws TsbuildError SECRET_LEAKED, ABORTED, STORE_*, and what `make` throws */
export async function runCached(cache: StepCache, work: CachedWork): Promise<Layer> {
  let isMade = false;
  let from: string | undefined;
  const layer = await cache.once(keyOf(work.inputs), async () => {
    const result = await foundOrMade(cache, work);
    isMade = result.kind === 'made';
    if (result.kind === 'made') return result.made;
    await result.found.use();
    const { record } = result.found;
    const found = layerOf(record);
    if (found.source) from = result.from;
    // Its bytes need not come here.
    if (record.remote?.isInspected) return inspected(cache, work, async () => found, { isClean: true });
    // A build without these secrets, or without the scan, may have made it.
    await cache.inspection?.bring(found);
    return inspected(cache, work, async () => found);
  });
  cache.onStep?.(keyOf(work.inputs), layer);
  if (isMade) cache.tally.executed++;
  else {
    cache.tally.cached++;
    work.reporter.markCached(from);
  }
  return layer;
}

function foundOrMade(cache: StepCache, work: CachedWork) {
  const { store, sources, signal } = cache;
  const { inputs, isCacheIgnored, reporter } = work;
  const place = () => cache.placeOf(work.where());
  const onWait = () => cache.note(`another build is making the same step; waiting for it: ${reporter.name}`);
  return findOrMake(
    store.paths,
    {
      question: { inputs, isCacheIgnored, place },
      sources,
      async make(why) {
        reporter.markMissed(named(why, work));
        const made = await inspected(cache, work, work.make);
        return keepLayer(cache, made, { inputs, place: place() });
      },
    },
    { signal, onWait },
  );
}

function named(why: MissReason, { nameOf }: CachedWork): MissReason {
  if (why.kind !== 'changed' || !nameOf) return why;
  const inputs = why.inputs.map((change) => {
    const name = change.name ?? nameOf(change);
    return name === undefined ? change : { ...change, name };
  });
  return { kind: 'changed', inputs };
}

/**
 * A layer with a secret in it, or a definition, must be no hit: not now, and not by a record from a build without the
 * scan. A layer that is clean was looked through before.
 */
async function inspected<T extends Pick<StoredLayer, 'diffId'>>(
  cache: StepCache,
  work: Pick<CachedWork, 'inputs' | 'where' | 'reporter'>,
  make: () => Promise<T>,
  { isClean = false }: { readonly isClean?: boolean } = {},
): Promise<T> {
  const { store, inspection } = cache;
  if (!inspection) return make();
  const { name } = work.reporter;
  let layer: T | undefined;
  try {
    inspection.inputs(work.inputs, name);
    layer = await make();
    if (!isClean) await inspection.layer(layer.diffId, name);
    return layer;
  } catch (error) {
    if (error instanceof TsbuildError && error.code === 'SECRET_LEAKED') {
      const key = keyOf(work.inputs);
      removeRecord(store, key);
      rememberStep(store, cache.placeOf(work.where()), { key, isRefused: true });
      if (layer) await inspection.remove(layer.diffId);
    }
    throw error;
  }
}
