// A layer of files with the help of the layer that the same place of the build gave the last time: what has not changed
// is taken from there.
import { toUtf8 } from '../core/bytes.js';
import type { DiffId } from '../core/digest.js';
import type { ChangedPaths } from '../core/miss-reason.js';
import { commitTar } from '../images/commit-layer.js';
import { compareWithLast, type ComparedEntries } from '../layer/copy/compare-with-last.js';
import type { LayerEntry } from '../layer/entry.js';
import { layerEntries } from '../layer/layer-xattrs.js';
import type { Store } from '../store/store.js';
import type { StoredLayer } from '../store/stored-layer.js';
import { lastStep } from './last-steps.js';
import type { Place } from './record-source.js';
import { findRecord } from './step-records.js';

export interface CommitPlace {
  readonly place: Place;
  /** The last layer is not looked at. */
  readonly isCacheIgnored: boolean;
  /** Gets what is not what it was the last time, when there was one. */
  onCompared?(changed: ChangedPaths): void;
}

/** @param entries sorted by path. @throws TsbuildError as `commitTar` */
export async function commitAtPlace(
  cache: { readonly store: Store; readonly signal: AbortSignal },
  { place, isCacheIgnored, onCompared = () => undefined }: CommitPlace,
  entries: readonly LayerEntry[],
): Promise<StoredLayer> {
  const { store } = cache;
  const last = isCacheIgnored ? undefined : lastLayer(store, place);
  const wanted = layerEntries(entries);
  const compared = last && compareWithLast(wanted, { diffId: last, rows: store.readIndexRows(last) });
  const made = await commitTar(cache, compared?.entries ?? wanted, contentBytes(entries));
  if (compared) onCompared(changedPaths(compared));
  const changed = made.diffId === last ? undefined : compared?.changes();
  return { ...made, ...(last && changed && { similar: { diffId: last, changed } }) };
}

function changedPaths({ differences }: ComparedEntries): ChangedPaths {
  const { paths, count } = differences();
  return { paths: paths.map((path) => `/${toUtf8(path)}`), count };
}

/** Undefined unless its tar and its index are in the store. */
function lastLayer(store: Store, place: Place): DiffId | undefined {
  const last = lastStep(store, place);
  const found = last && findRecord(store, last.key);
  return found && found.lost === undefined ? found.record.diffId : undefined;
}

function contentBytes(entries: readonly LayerEntry[]): number {
  return entries.reduce((sum, entry) => sum + (entry.kind === 'node' ? entry.node.size : 0), 0);
}
