// Which blobs were seen to hold which layers. The word of a registry for it is an image; that of a cache is anybody's
// who may write there. A note is not synced: one that is not whole counts as absent.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { digestOf, hexOf, type Digest, type DiffId } from '../core/digest.js';
import { errnoOf } from '../core/errno.js';
import { writeUnsynced } from './durable-write.js';
import type { StorePaths } from './store-paths.js';

export interface LayerPair {
  readonly blob: Digest;
  readonly diffId: DiffId;
}

export function isKnownPair(paths: StorePaths, pair: LayerPair): boolean {
  const name = nameOf(pair);
  try {
    return readFileSync(join(paths.selections, name), 'latin1') === sha256(name);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw error;
  }
}

/** @throws TsbuildError STORE_FULL, STORE_UNWRITABLE */
export function rememberPair(paths: StorePaths, pair: LayerPair): void {
  const name = nameOf(pair);
  writeUnsynced(join(paths.selections, name), sha256(name), paths.tmp);
}

function nameOf({ blob, diffId }: LayerPair): string {
  return sha256(`layer ${diffId} in ${blob}`);
}

function sha256(text: string): string {
  return hexOf(digestOf(text));
}
