// Which step was made at a place of a build the last time, whatever it was made of then. Nothing depends on it: it
// explains a miss, and whoever makes a layer anew looks at the layer before it for what has not changed. It is never
// synced, so what cannot be read counts as absent; the record of the step is valid or absent by itself.
import { readFileSync } from 'node:fs';
import type { Json } from '../core/canonical-json.js';
import { writeUnsynced } from '../store/durable-write.js';
import type { Store } from '../store/store.js';
import type { LastStep, Place } from './record-source.js';
import { keyOf, type StepKey } from './step-key.js';

/** Raised whenever the same entries give another tar: bytes of the layer before are taken over. */
const TAR_VERSION = 1;

/** The Dockerfile and the context that a build is of, as they were given. */
export interface Ground {
  readonly cwd: string;
  readonly context: string;
  readonly dockerfile: string | undefined;
}

/** @param where tells the place from all others of the same Dockerfile and context */
export function placeOf({ cwd, context, dockerfile }: Ground, where: Json): Place {
  return keyOf({ op: 'place', tar: TAR_VERSION, cwd, context, dockerfile, where });
}

const LINE = /^([0-9a-f]{64})( refused)?$/;

export function lastStep(store: Store, place: Place): Omit<LastStep, 'inputs'> | undefined {
  try {
    const [, key, refused] = LINE.exec(readFileSync(pathOf(store, place), 'latin1')) ?? [];
    return key === undefined ? undefined : { key: key as StepKey, isRefused: refused !== undefined };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** @throws TsbuildError STORE_FULL, STORE_UNWRITABLE */
export function rememberStep(store: Store, place: Place, { key, isRefused }: Omit<LastStep, 'inputs'>): void {
  writeUnsynced(pathOf(store, place), isRefused ? `${key} refused` : key, store.paths.tmp);
}

function pathOf({ paths }: Store, place: Place): string {
  return `${paths.last}/${place}`;
}
