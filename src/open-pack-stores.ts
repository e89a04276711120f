// Opens the places of the remote caches that a request names. Each kind is loaded when it is asked for.
import { resolve } from 'node:path';
import { cacheReference, besideImage } from './cache/remote/cache-reference.js';
import type { PackStore } from './cache/remote/pack-store.js';
import { DEFAULT_SCOPE, tagOfScope } from './cache/remote/scope-tag.js';
import type { Engine } from './engine.js';
import type { Reference } from './oci/reference.js';
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

/** @throws TsbuildError OPTION_INVALID for a place that makes no sense; nothing is asked of it yet */
export async function openPackStore(
  place: CachePlace,
  scope: string | undefined,
  tools: PlaceTools,
): Promise<PackStore> {
  switch (place.type) {
    case 'registry':
      return repositoryPacks(cacheReference(place.ref, scope), tools);
    case 'inline':
      return repositoryPacks(besideImage(tools.pushedTo, scope), tools);
    case 'local': {
      const { openLayoutPackStore } = await import('./cache/remote/local/open-layout-store.js');
      const { path, tag = tagOfScope(scope ?? DEFAULT_SCOPE), digest } = place;
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
    case 'gha': {
      const { openGhaPackStore } = await import('./cache/remote/gha/open-gha-store.js');
      return openGhaPackStore(place, scope ?? DEFAULT_SCOPE, { ...tools.engine, note: tools.note });
    }
  }
}

async function repositoryPacks(reference: Reference, { engine }: PlaceTools): Promise<PackStore> {
  const { registryPacks } = await import('./cache/remote/registry-packs.js');
  return registryPacks(reference, { client: engine.directRegistry, writer: engine.writer });
}
