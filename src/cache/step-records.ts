// What steps gave: one small JSON file per key. A record is valid or absent: it is written last, in one step, and names
// a layer whose blob and index lie in the store already. As long as these are not synced it lies in a folder of the
// present boot, where no later boot looks: a kill loses nothing, and a power loss loses the record together with what
// it names.
import { readFileSync, rmSync } from 'node:fs';
import { isDigest, type DiffId } from '../core/digest.js';
import { writeUnsynced } from '../store/durable-write.js';
import { seal, unseal } from '../store/sealed-json.js';
import type { LayerSource } from '../images/layer.js';
import type { Descriptor } from '../oci/types.js';
import type { Store } from '../store/store.js';
import { layerFiles, type StorePaths } from '../store/store-paths.js';
import { lastStep } from './last-steps.js';
import type { Found, RecordSource } from './record-source.js';
import type { KeyInputs, StepKey } from './step-key.js';

export interface StepRecord {
  readonly diffId: DiffId;
  /** Bytes of the uncompressed layer. */
  readonly size: number;
  /** RFC 3339. */
  readonly created: string;
  readonly inputs: KeyInputs;
  /** Of a layer that another store made, which may not lie in this one; never in a file. */
  readonly remote?: {
    readonly descriptor: Descriptor;
    readonly source: LayerSource;
    /** The build that gave the record has looked through the layer for its secrets. */
    readonly isInspected: boolean;
  };
}

/** The records of the store. */
export function storeRecords(store: Store): RecordSource<StepRecord> {
  return {
    name: 'the store',
    find: (key) => findRecord(store, key),
    lastAt(place) {
      const last = lastStep(store, place);
      return last && { ...last, inputs: findRecord(store, last.key)?.record.inputs };
    },
  };
}

/** Undefined when there is no record, or none that can be read: a damaged record is a miss. */
export function findRecord(store: Store, key: StepKey): Found<StepRecord> | undefined {
  const unsynced = unsyncedPathOf(store, key);
  const fresh = unsynced === undefined ? undefined : readAt(unsynced);
  const record = fresh ?? readAt(pathOf(store.paths, key));
  if (!record) return undefined;
  const lost = lostOf(store, record);
  return {
    record,
    ...(lost && { lost }),
    // Unsynced, it is of a build that still runs, or that ended before it came to that.
    use: () => (fresh ? syncLater(store, key, fresh) : undefined),
  };
}

/** Forgets what a step gave, when there was anything. */
export function removeRecord(store: Store, key: StepKey): void {
  for (const path of [unsyncedPathOf(store, key), pathOf(store.paths, key)])
    if (path !== undefined) rmSync(path, { force: true });
}

/**
 * The layer, as `putLayer` left it, is found from now on in this boot, and in later ones when `store.unsynced` was
 * synced.
 */
export function putRecord(store: Store, key: StepKey, record: StepRecord): void {
  const { paths } = store;
  const path = unsyncedPathOf(store, key);
  if (path !== undefined) writeUnsynced(path, seal(record), paths.tmp);
  syncLater(store, key, record);
}

function pathOf(paths: StorePaths, key: StepKey): string {
  return `${paths.cache}/${key.slice(0, 2)}/${key}.json`;
}

/** Where the record lies until its layer is on the disk; undefined when boots cannot be told apart. */
function unsyncedPathOf(store: Store, key: StepKey): string | undefined {
  const boot = store.boot();
  return boot === undefined ? undefined : `${store.paths.unsynced}/${boot}/${key}.json`;
}

function lostOf(store: Store, { diffId, size }: StepRecord): Found<StepRecord>['lost'] {
  if (store.blobSize(diffId) !== size) return 'blob';
  return store.hasIndex(diffId) ? undefined : 'index';
}

function readAt(path: string): StepRecord | undefined {
  try {
    const record = unseal(readFileSync(path, 'utf8')) as StepRecord | undefined;
    return record &&
      isDigest(record.diffId) &&
      typeof record.size === 'number' &&
      typeof record.created === 'string'
      ? record
      : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function syncLater(store: Store, key: StepKey, record: StepRecord): void {
  const { paths, unsynced } = store;
  unsynced.add(layerFiles(paths, record.diffId), () => {
    // Written anew, since another build may have put a record of its own there. One that a power loss cuts short is a
    // miss.
    writeUnsynced(pathOf(paths, key), seal(record), paths.tmp);
    const path = unsyncedPathOf(store, key);
    if (path !== undefined) rmSync(path, { force: true });
  });
}
