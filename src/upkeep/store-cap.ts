// The size that the store may have: after a build that made something, what was used least recently goes until the
// store is below it. The check is cheap where the store is far from its cap: the free space of the disk tells how much
// can have been added since the store was measured.
import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Digest } from '../core/digest.js';
import { errnoOf } from '../core/errno.js';
import { parseSize } from '../core/parse-size.js';
import { STORE_MAX } from '../core/settings.js';
import { writeUnsynced } from '../store/durable-write.js';
import { storePaths, type StorePaths } from '../store/store-paths.js';
import type { Disk } from './choose.js';
import { diskOf } from './disk.js';
import type { Pruned } from './prune-store.js';

const MOST_BYTES = 20e9;
const PART_OF_DISK = 0.1;

/** Below this part of the cap the store is not measured after each build. */
const NEAR = 0.9;

/** What was measured is believed for so long; seconds. */
const BELIEVED = 3600;

/** Bytes; undefined: none. @throws TsbuildError OPTION_INVALID */
export function capOf(env: NodeJS.ProcessEnv, disk: Pick<Disk, 'totalBytes'>): number | undefined {
  const text = env[STORE_MAX];
  if (text === undefined || text === '') return Math.min(MOST_BYTES, disk.totalBytes * PART_OF_DISK);
  const bytes = parseSize(text, STORE_MAX);
  return bytes === 0 ? undefined : bytes;
}

/** A layer may lie in the store compressed, as a tar and as a tree. */
const COPIES = 4;

/** What was measured the last time, and what builds wrote since. */
interface Measured {
  readonly bytes: number;
  readonly freeBytes: number;
  /** Seconds since the epoch. */
  readonly at: number;
}

export interface CapOptions {
  readonly storeRoot: string;
  /** Hex of the digests that the build used. */
  readonly things: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  /** Seconds since the epoch. */
  now(): number;
}

/**
 * Undefined when nothing had to go.
 * @throws TsbuildError OPTION_INVALID, STORE_*, ABORTED
 */
export async function keepBelowCap(options: CapOptions): Promise<Pruned | undefined> {
  const { storeRoot, things, env, signal, now } = options;
  const paths = storePaths(storeRoot);
  const disk = diskOf(paths);
  const cap = capOf(env, disk);
  if (cap === undefined) return undefined;
  const before = readMeasured(paths);
  const measured = before && {
    ...before,
    bytes: before.bytes + COPIES * writtenSince(paths, things, before.at),
  };
  if (!mayExceed(cap, measured, disk, now())) {
    if (measured) keepMeasured(paths, measured);
    return undefined;
  }
  // Few builds come to this.
  const { pruneStore } = await import('./prune-store.js');
  const wish = { isAll: true, filters: [], limits: { maxUsedBytes: cap } };
  const pruned = await pruneStore({ storeRoot, wish, isDryRun: false, signal, now });
  keepMeasured(paths, { bytes: pruned.bytesAfter, freeBytes: diskOf(paths).freeBytes, at: now() });
  return pruned.items.length === 0 ? undefined : pruned;
}

/** Pure. */
export function mayExceed(
  cap: number,
  measured: Measured | undefined,
  { freeBytes }: Pick<Disk, 'freeBytes'>,
  now: number,
): boolean {
  if (!measured || Math.abs(now - measured.at) > BELIEVED) return true;
  return measured.bytes + Math.max(0, measured.freeBytes - freeBytes) >= cap * NEAR;
}

/** Bytes of the blobs among them that are not older. */
function writtenSince(paths: StorePaths, things: readonly string[], time: number): number {
  return things.reduce((sum, hex) => {
    const stats = statSync(paths.blob(`sha256:${hex}` as Digest), { throwIfNoEntry: false });
    return stats && stats.mtimeMs / 1000 >= time - CLOCK_LAG ? sum + stats.size : sum;
  }, 0);
}

/** Times of files lag behind the clock; seconds. */
const CLOCK_LAG = 1;

function readMeasured({ local }: StorePaths): Measured | undefined {
  try {
    const found = JSON.parse(readFileSync(join(local, 'measured.json'), 'utf8')) as Partial<Measured>;
    const { bytes, freeBytes, at } = found;
    return typeof bytes === 'number' && typeof freeBytes === 'number' && typeof at === 'number'
      ? { bytes, freeBytes, at }
      : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function keepMeasured({ local, tmp }: StorePaths, measured: Measured): void {
  mkdirSync(local, { recursive: true, mode: 0o700 });
  writeUnsynced(join(local, 'measured.json'), JSON.stringify(measured), tmp);
}
