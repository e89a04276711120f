// What the store holds.
import { dirname } from 'node:path';
import type { BuildOptions } from '../build-options.js';
import { diskUsage as usageOf, type DiskUsage } from '../upkeep/disk-usage.js';
import { parseFilter } from '../upkeep/filters.js';
import { onEngine } from './on-engine.js';
import { diskUsageRequest } from './request-checks.js';

export type { ClassUsage, DiskUsage, UsedItem } from '../upkeep/disk-usage.js';
export type { ImageUsage, StoreClass } from '../upkeep/item.js';

export interface DiskUsageRequest {
  /** As `tsbuild du --filter`: `until=24h`, `type=trees`, `id=…`, `description~=…`. */
  readonly filters?: readonly string[];
}

/**
 * Sizes in bytes as `du --apparent-size` counts them, times in seconds since the epoch.
 * @throws TsbuildError OPTION_INVALID, STORE_CORRUPT, STORE_UNWRITABLE, ABORTED
 */
export async function diskUsage(
  request: DiskUsageRequest = {},
  options: BuildOptions = {},
): Promise<DiskUsage> {
  diskUsageRequest(request, 'request');
  const filters = (request.filters ?? []).map(parseFilter);
  return onEngine(options, ({ engine: { store, now }, signal }) =>
    usageOf({ storeRoot: dirname(store.paths.root), filters, signal, now }),
  );
}
