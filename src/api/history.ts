// The steps an image of the store was made of.
import { filledText } from '../argument-checks.js';
import type { BuildOptions } from '../build-options.js';
import { historyOf, type HistoryRow } from '../images/image-history.js';
import { findLocalImage, openLocalImage } from '../images/local-image.js';
import { onEngine } from './on-engine.js';

export type { HistoryRow } from '../images/image-history.js';

/**
 * The last step first.
 * @param name a name, the beginning of an id, or a digest
 * @throws TsbuildError IMAGE_NOT_FOUND, OPTION_INVALID, STORE_CORRUPT, STORE_UNWRITABLE, STORE_FULL, ABORTED
 */
export async function history(name: string, options: BuildOptions = {}): Promise<readonly HistoryRow[]> {
  filledText(name, 'name');
  return onEngine(options, async ({ engine: { store } }) =>
    historyOf(openLocalImage(store, findLocalImage(store, name))),
  );
}
