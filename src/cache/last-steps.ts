// The layer that a step gave the last time, whatever it was made of then. Nothing depends on it: whoever makes the layer anew looks there
// for what has not changed. It is never synced, and neither may be the layer: so it counts in the same boot of the machine only, and what
// cannot be read counts as absent.
import { readFileSync } from 'node:fs';
import { isDigest, type DiffId } from '../core/digest.js';
import { writeUnsynced } from '../store/durable-write.js';
import type { Store } from '../store/store.js';
import { keyOf, type KeyInputs, type StepKey } from './step-key.js';

/** A step, told by where it stands and not by what it works on. */
export type Place = StepKey;

/** Raised whenever the same entries give another tar: its bytes are taken over. */
const TAR_VERSION = 1;

export function placeOf(where: KeyInputs): Place {
  return keyOf({ op: 'place', tar: TAR_VERSION, ...where });
}

/** Undefined unless its tar and its index are in the store. */
export function lastLayer(store: Store, place: Place): DiffId | undefined {
  const path = pathOf(store, place);
  const diffId = path === undefined ? undefined : readAt(path);
  return diffId !== undefined && store.hasBlob(diffId) && store.hasIndex(diffId) ? diffId : undefined;
}

/** Does nothing where boots cannot be told apart. */
export function rememberLayer(store: Store, place: Place, diffId: DiffId): void {
  const path = pathOf(store, place);
  if (path !== undefined) writeUnsynced(path, diffId, store.paths.tmp);
}

function pathOf(store: Store, place: Place): string | undefined {
  const boot = store.boot();
  return boot === undefined ? undefined : `${store.paths.last}/${boot}/${place}`;
}

function readAt(path: string): DiffId | undefined {
  try {
    const text = readFileSync(path, 'utf8');
    return isDigest(text) ? (text as DiffId) : undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
