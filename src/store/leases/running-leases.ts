// The leases of other processes: what running builds use, and when things were used last.
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { errnoOf } from '../../core/errno.js';
import { LOCK_EX, LOCK_NB, type Flock } from '../../host/flock.js';
import { writeUnsynced } from '../durable-write.js';
import type { StorePaths } from '../store-paths.js';
import { LOCKED, type Used } from './lease.js';

/**
 * A build of hits takes no lock; one that was killed leaves its lease. For so long it counts: no build without a single
 * step to make takes longer. Seconds.
 */
const UNLOCKED_LIFE = 24 * 3600;

export interface LeaseFile {
  readonly path: string;
  readonly things: readonly Used[];
  readonly isRunning: boolean;
  /** Whether the kernel says that it runs. */
  readonly isLocked: boolean;
  /** Of the last line; seconds since the epoch. */
  readonly mtime: number;
}

/** @param now seconds since the epoch */
export function readLeases(paths: Pick<StorePaths, 'leases'>, flock: Flock, now: number): LeaseFile[] {
  return namesIn(paths.leases).flatMap((name) => readLease(join(paths.leases, name), flock, now) ?? []);
}

/** Undefined when its build is over. */
function readLease(path: string, flock: Flock, now: number): LeaseFile | undefined {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const isHeld = flock(fd, LOCK_EX | LOCK_NB) !== 'taken';
    const lines = readFileSync(path, 'utf8').split('\n');
    const { mtimeMs } = statSync(path);
    const mtime = mtimeMs / 1000;
    const wasLocked = lines.includes(LOCKED);
    return {
      path,
      things: lines.filter((line) => line !== '' && line !== LOCKED),
      isRunning: isHeld || (!wasLocked && now - mtime < UNLOCKED_LIFE),
      isLocked: isHeld,
      mtime,
    };
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  } finally {
    closeSync(fd);
  }
}

/** What running builds use, for sure when the leases were read under the prune lock. */
export function usedNow(leases: readonly LeaseFile[]): Set<Used> {
  const used = new Set<Used>();
  for (const { isRunning, things } of leases) if (isRunning) for (const thing of things) used.add(thing);
  return used;
}

const MERGED = 'merged.json';

/** When things were used last, in seconds since the epoch. */
export type LastUses = ReadonlyMap<Used, number>;

/** What ended builds left, and leases as they are. */
export function readLastUses(paths: Pick<StorePaths, 'used'>, leases: readonly LeaseFile[]): LastUses {
  const uses = readMerged(paths.used);
  const add = (thing: Used, time: number) => uses.set(thing, Math.max(time, uses.get(thing) ?? 0));
  for (const name of namesIn(paths.used).filter((each) => each !== MERGED)) {
    const file = readUsed(join(paths.used, name));
    for (const thing of file?.things ?? []) add(thing, file!.mtime);
  }
  for (const { things, mtime } of leases) for (const thing of things) add(thing, mtime);
  return uses;
}

/** Files that are being put together. */
const MERGING = 'merging-';

/** Older ones say no more than the times of the things themselves. Seconds. */
const REMEMBERED = 90 * 24 * 3600;

/**
 * Keeps the uses in one file in place of many, and forgets the leases of dead builds. To be called under the prune
 * lock, with the leases read under it. A build may end meanwhile: its file gets another name before it is read, so that
 * one which comes later stays.
 * @throws TsbuildError STORE_FULL, STORE_UNWRITABLE
 */
export function mergeLastUses(
  paths: Pick<StorePaths, 'used' | 'tmp'>,
  leases: readonly LeaseFile[],
  now: number,
): void {
  const { used } = paths;
  for (const name of namesIn(used))
    if (name !== MERGED && !name.startsWith(MERGING))
      renameSync(join(used, name), join(used, MERGING + name));
  const merging = namesIn(used).filter((name) => name.startsWith(MERGING));
  const uses = [...readLastUses(paths, leases)].filter(([, time]) => now - time < REMEMBERED);
  mkdirSync(used, { recursive: true, mode: 0o700 });
  writeUnsynced(join(used, MERGED), JSON.stringify(Object.fromEntries(uses)), paths.tmp);
  for (const name of merging) rmSync(join(used, name), { force: true });
  for (const { path, isRunning } of leases) if (!isRunning) rmSync(path, { force: true });
}

/** What cannot be read says nothing: things count as unused since they were made. */
function readMerged(folder: string): Map<Used, number> {
  try {
    const entries = Object.entries(JSON.parse(readFileSync(join(folder, MERGED), 'utf8')) as object);
    return new Map(entries.filter((entry): entry is [string, number] => typeof entry[1] === 'number'));
  } catch (error) {
    if (error instanceof SyntaxError || errnoOf(error) === 'ENOENT') return new Map();
    throw error;
  }
}

function readUsed(path: string): { readonly things: readonly Used[]; readonly mtime: number } | undefined {
  try {
    const things = readFileSync(path, 'utf8').split('\n');
    return {
      things: things.filter((line) => line !== '' && line !== LOCKED),
      mtime: statSync(path).mtimeMs / 1000,
    };
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function namesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}
