// Left-overs of killed builds. A process id says nothing across containers that share a store, so age decides: a file that is
// being written has a young mtime.
import { existsSync, lstatSync, readdirSync, rmSync } from 'node:fs';
import { bootId } from './boot-id.js';
import { join } from 'node:path';
import type { StorePaths } from './store-paths.js';

const ABANDONED_AFTER_MS = 24 * 3600 * 1000;

/** Deletes what nobody has written to for a day. `nowMs` is the present time in milliseconds since the epoch. */
export function removeAbandonedTemporaries(paths: StorePaths, nowMs: number): void {
  for (const name of readdirSync(paths.tmp)) {
    const path = join(paths.tmp, name);
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (stat && nowMs - stat.mtimeMs > ABANDONED_AFTER_MS) rmSync(path, { recursive: true, force: true });
  }
  removeOtherBoots(paths);
}

/** What only counted before the machine was started again. */
function removeOtherBoots(paths: StorePaths): void {
  const boot = bootId();
  if (boot === undefined) return;
  for (const folder of [paths.unsynced, paths.last])
    for (const name of existsSync(folder) ? readdirSync(folder) : [])
      if (name !== boot) rmSync(join(folder, name), { recursive: true, force: true });
}
