// What a running build uses, so that nobody deletes it: a file of the store, one line per thing, written before the
// build looks whether the thing is there. Readers and rules: running-leases.ts, prune-lock.ts.
//
// Why nothing is deleted that a build relies on. A build first writes the line and then looks for the prune lock. Who
// deletes first makes the prune lock and then reads the lines. Both are system calls on one file system, so one of the
// two sees the other: either the line is read and the thing stays, or the build waits until the deletion is over and
// then looks whether the thing is there, which it has to do anyway. Neither needs a lock of the kernel's in the
// common case: a build of hits writes a few short lines.
//
// Invariant: a line that was written stays until the build is over. It then says when the things were used last.
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  unlinkSync,
  utimesSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { digestOf, hexOf } from '../../core/digest.js';
import { errnoOf } from '../../core/errno.js';
import { LOCK_EX, type Flock } from '../../host/flock.js';
import { writeAll } from '../../host/write-all.js';
import type { StorePaths } from '../store-paths.js';
import { waitForPrune } from './wait-for-prune.js';

/** The hex of a digest: a blob, or the blob and index of a layer. Behind a `t`: the tree of that layer. */
export type Used = string;

/** Tells that the lease is locked as long as its build lives. */
export const LOCKED = 'locked';

export interface Lease {
  /** To be called before looking whether it is there. */
  use(thing: Used): void;
  /** Where a process of the same build adds lines of its own: `joinLease`. Undefined where none can be written. */
  path(): string | undefined;
  /** What this process said. */
  things(): readonly Used[];
  /** The build may take long: from now on the kernel knows whether it lives. */
  lock(flock: Flock | undefined): void;
  /** Nothing is used any more. */
  release(): void;
}

export interface LeasePaths extends Pick<StorePaths, 'leases' | 'used' | 'pruneLock'> {}

/** Its file is made with the first line. */
export function createLease(paths: LeasePaths): Lease {
  let opened: { readonly path: string; readonly fd: number } | 'unwritable' | undefined;
  const written = new Set<Used>();

  function open() {
    opened ??= openLease(paths.leases) ?? 'unwritable';
    return opened === 'unwritable' ? undefined : opened;
  }

  return {
    use(thing) {
      if (written.has(thing)) return;
      written.add(thing);
      const lease = open();
      if (lease) addLine(lease.fd, thing);
      waitForPrune(paths.pruneLock);
    },
    path: () => open()?.path,
    things: () => [...written],
    lock(flock) {
      const lease = open();
      // Who reads leases holds the lock for a moment.
      if (lease && flock?.(lease.fd, LOCK_EX) === 'taken') addLine(lease.fd, LOCKED);
    },
    release() {
      if (opened && opened !== 'unwritable') endLease(paths, opened);
      opened = undefined;
      written.clear();
    },
  };
}

/** Adds to the lease of another process, which lives longer. */
export function joinLease(path: string, { pruneLock }: Pick<StorePaths, 'pruneLock'>): Pick<Lease, 'use'> {
  const written = new Set<Used>();
  let fd: number | undefined;
  return {
    use(thing) {
      if (written.has(thing)) return;
      written.add(thing);
      addLine((fd ??= openSync(path, 'a')), thing);
      waitForPrune(pruneLock);
    },
  };
}

/** Undefined where nothing can be written: a build of hits works there too, and nothing can be deleted either. */
function openLease(folder: string): { readonly path: string; readonly fd: number } | undefined {
  const path = join(folder, randomBytes(8).toString('hex'));
  try {
    return { path, fd: openNew(path) };
  } catch (error) {
    if (UNWRITABLE.has(errnoOf(error) ?? '')) return undefined;
    throw error;
  }
}

const UNWRITABLE: ReadonlySet<string> = new Set(['EROFS', 'EACCES', 'EPERM', 'ENOSPC', 'EDQUOT']);

function openNew(path: string): number {
  try {
    return openSync(path, 'ax', 0o600);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    return openSync(path, 'ax', 0o600);
  }
}

/** A full disk keeps no build of hits from its work: what it uses is fetched or made again when it was deleted. */
function addLine(fd: number, line: string): void {
  try {
    writeAll(fd, Buffer.from(`${line}\n`));
  } catch (error) {
    if (!UNWRITABLE.has(errnoOf(error) ?? '')) throw error;
  }
}

/** What a rename does, sooner: some file systems write a file out when it takes the place of another. */
function keepAs(path: string, kept: string): void {
  const { atime, mtime } = statSync(path);
  try {
    utimesSync(kept, atime, mtime);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
    return renameSync(path, kept);
  }
  unlinkSync(path);
}

/** Builds that use the same things leave one file, however many they are. */
function endLease({ used }: LeasePaths, { path, fd }: { readonly path: string; readonly fd: number }): void {
  try {
    const things = [...new Set(readFileSync(path, 'utf8').split('\n'))].filter((line) => line !== '').sort();
    const name = hexOf(digestOf(things.join('\n')));
    mkdirSync(used, { recursive: true, mode: 0o700 });
    keepAs(path, join(used, name));
  } catch (error) {
    // It says no more than when things were used.
    if (errnoOf(error) === undefined) throw error;
    rmSync(path, { force: true });
  } finally {
    closeSync(fd);
  }
}
