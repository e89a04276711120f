// What the cache of one build needs, opened once.
import type { Json } from '../core/canonical-json.js';
import type { DiffId } from '../core/digest.js';
import { createOnce, type Once } from '../core/once.js';
import type { Store } from '../store/store.js';
import type { StoredLayer } from '../store/stored-layer.js';
import { madeLayer, type Layer } from '../images/layer.js';
import type { SelectionSource } from './digest-once.js';
import { placeOf, rememberStep, type Ground } from './last-steps.js';
import type { Place, RecordSource } from './record-source.js';
import { keyOf, type KeyInputs, type StepKey } from './step-key.js';
import { putRecord, storeRecords, type StepRecord } from './step-records.js';

/** Refuses what must not be in the cache. A build of another time may have put it there. */
export interface Inspection {
  /** What the record of a step would hold. @param step its name as shown @throws TsbuildError SECRET_LEAKED */
  inputs(inputs: KeyInputs, step: string): void;
  /** Brings a layer that was found to where it can be looked at. @throws as `LayerFiles.tar` */
  bring(layer: Layer): Promise<void>;
  /** A layer in the store. @throws TsbuildError SECRET_LEAKED */
  layer(diffId: DiffId, step: string): Promise<void>;
  /** Deletes a layer that was refused. */
  remove(diffId: DiffId): Promise<void>;
}

/** Counts of a build, which its result tells. */
export interface Tally {
  executed: number;
  cached: number;
}

export interface StepCacheOptions {
  readonly store: Store;
  readonly ground: Ground;
  readonly signal: AbortSignal;
  /** Seconds since the epoch. */
  now(): number;
  /** Gets a sentence for the user. */
  note(message: string): void;
  /** Absent when there is nothing to look for. */
  readonly inspection: Inspection | undefined;
  /** Counts steps that were made, and those that were found, as they end. */
  readonly tally: Tally;
  /** Asked after the store. */
  readonly remote?: readonly RecordSource<StepRecord>[];
  /** Asked after the store for the digests of selections. */
  readonly selections?: SelectionSource;
  /** Told of each step that ended well, made or found, once per key. */
  onStep?(key: StepKey, layer: Layer): void;
  /** Told of each digest of a selection that was used, known or computed. */
  onSelection?(name: string, digest: string): void;
}

export interface StepCache extends Omit<StepCacheOptions, 'ground'> {
  /** The first that has a record decides. */
  readonly sources: readonly RecordSource<StepRecord>[];
  /** The store alone: for what is at hand, and quicker made than fetched. */
  readonly ownSources: readonly RecordSource<StepRecord>[];
  /** Equal steps of one build are asked for once. */
  readonly once: Once<StepKey, Layer>;
  /** @param where tells the place from all others of the same Dockerfile and context */
  placeOf(where: Json): Place;
}

export function openStepCache({ ground, ...options }: StepCacheOptions): StepCache {
  const ownSources = [storeRecords(options.store)];
  return {
    ...options,
    ownSources,
    sources: [...ownSources, ...(options.remote ?? [])],
    once: createOnce(),
    placeOf: (where) => placeOf(ground, where),
  };
}

export function layerOf({ diffId, size, created, remote }: StepRecord): Layer {
  if (remote) return { diffId, created, descriptor: remote.descriptor, source: remote.source };
  return madeLayer({ diffId, blob: diffId, size }, created);
}

/** From now on the layer is found by its inputs, and by its place. @throws TsbuildError STORE_FULL, STORE_UNWRITABLE */
export function keepLayer(
  { store, now }: Pick<StepCache, 'store' | 'now'>,
  made: StoredLayer,
  { inputs, place }: { readonly inputs: KeyInputs; readonly place: Place },
): Layer {
  const created = new Date(now() * 1000).toISOString();
  const key = keyOf(inputs);
  putRecord(store, key, { diffId: made.diffId, size: made.size, created, inputs });
  rememberStep(store, place, { key, isRefused: false });
  return madeLayer(made, created);
}
