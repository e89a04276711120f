// Opens the places of the remote caches that a request names. Each kind is loaded when it is asked for.
import { resolve } from 'node:path';
import type { PackStore } from './cache/remote/pack-store.js';
import { TsbuildError } from './core/errors.js';
import type { Engine } from './engine.js';
import type { CachePlace } from './plan/request.js';

export interface PlaceTools {
  readonly engine: Engine;
  /** Relative paths are relative to it. */
  readonly cwd: string;
  /** Of the images that are pushed, for a place beside them. */
  readonly pushedTo: readonly string[];
  readonly signal: AbortSignal;
  /** Gets a sentence for the user. */
  note(message: string): void;
}

/** Of a cache for which nobody named one. */
const DEFAULT_SCOPE = 'main';

/** @throws TsbuildError OPTION_INVALID for a place that makes no sense; nothing is asked of it yet */
export async function openPackStore(
  place: CachePlace,
  scope: string | undefined,
  tools: PlaceTools,
): Promise<PackStore> {
  switch (place.type) {
    case 'local': {
      const { openLayoutPackStore } = await import('./cache/remote/local/open-layout-store.js');
      const { path, tag = scope ?? DEFAULT_SCOPE, digest } = place;
      return openLayoutPackStore({
        path: resolve(tools.cwd, path),
        tag,
        ...(digest === undefined ? {} : { digest }),
      });
    }
    case 's3': {
      const { openBucket } = await import('./cache/remote/s3/open-bucket.js');
      return openBucket(place, scope ?? DEFAULT_SCOPE, { ...tools.engine, note: tools.note });
    }
    default:
      throw new TsbuildError('OPTION_UNSUPPORTED', `a cache of type ${place.type} is not supported`);
  }
}
