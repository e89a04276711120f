// After a build that made something: the store is kept below its cap. The image is made and named, so whatever happens
// here is told and is no failure of the build.
import { dirname } from 'node:path';
import type { BuildOptions } from './build-options.js';
import { errnoOf } from './core/errno.js';
import { TsbuildError } from './core/errors.js';
import { STORE_MAX } from './core/settings.js';
import type { Engine } from './engine.js';
import { STORE_CLASSES } from './upkeep/item.js';
import type { Pruned } from './upkeep/prune-store.js';
import { keepBelowCap } from './upkeep/store-cap.js';

/** @throws TsbuildError ABORTED */
export async function capStore(
  { env, store, now }: Pick<Engine, 'env' | 'store' | 'now'>,
  { onEvent = () => undefined, signal = new AbortController().signal }: BuildOptions,
): Promise<void> {
  const note = (message: string): void => onEvent({ kind: 'note', message });
  try {
    const storeRoot = dirname(store.paths.root);
    store.temporaries.hold();
    const pruned = await keepBelowCap({ storeRoot, things: store.lease.things(), env, signal, now });
    if (pruned) note(wordsOf(pruned));
  } catch (error) {
    if (error instanceof TsbuildError && error.code === 'ABORTED') throw error;
    // Without locks nothing is deleted, ever: it is no news.
    if (error instanceof TsbuildError && error.code === 'STORE_NO_LOCKS') return;
    if (!(error instanceof TsbuildError) && errnoOf(error) === undefined) throw error;
    note(`the store could not be kept below its cap: ${(error as Error).message}`);
  }
}

function wordsOf({ items, bytesBefore, bytesAfter }: Pruned): string {
  const classes = STORE_CLASSES.flatMap((each) => {
    const bytes = items.reduce((sum, item) => (item.class === each ? sum + item.bytes : sum), 0);
    return bytes === 0 ? [] : [`${each} ${megabytes(bytes)}`];
  });
  return `the store was over its cap (${STORE_MAX}): freed ${megabytes(bytesBefore - bytesAfter)} that was used least recently (${classes.join(', ')}), ${megabytes(bytesAfter)} left`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)}MB`;
}
