// Directories that processes keep their caches in (--mount=type=cache): mounts/<sha256 of the id>/<n>, each with a lock
// that the kernel frees when its build dies. shared: number 0 together; locked: number 0 alone, waiting; private: the
// first number that nobody has.
// Spec: BuildKit's solver/llbsolver/mounts/mount.go (getRefCacheDir).
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fromUtf8 } from '../core/bytes.js';
import { TsbuildError } from '../core/errors.js';
import { copyContents } from './copy-contents.js';
import type { Ownership } from './ownership.js';
import { removeTree } from './remove-tree.js';
import { openInside } from './path-in-root.js';
import { cacheMountName } from '../store/cache-mount-name.js';
import type { SystemCalls } from '../host/syscalls/system-calls.js';
import { isSystemCallError } from '../host/syscalls/binding.js';
import { O_DIRECTORY, O_PATH, O_RDONLY } from '../host/syscalls/open-flags.js';
import { createTemporaryTree } from './temporary-tree.js';
import { LOCK_EX, LOCK_NB, LOCK_SH, waitForLock } from '../host/flock.js';

/** What a process asks of a cache directory. */
export interface CacheMount {
  /** Key of the directory, already namespaced; any text. */
  readonly id: string;
  readonly sharing: 'shared' | 'private' | 'locked';
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Empty the directory first. */
  readonly isReset: boolean;
}

export interface CacheDirectory {
  /** Valid until the release: the name may meanwhile stand for a newer directory. */
  readonly fd: number;
  release(): void;
}

export interface CacheOptions {
  readonly mounts: string;
  readonly trees: string;
  readonly ownership: Ownership;
  readonly signal: AbortSignal;
  /** False: a shared directory is given to one process at a time, like a locked one. */
  readonly canShare: boolean;
  /** Puts the first content into a new directory; `path` and `fd` are of the same. */
  readonly fill?:
    ((made: { readonly path: string; readonly fd: number }) => Promise<FilledDirectory>) | undefined;
}

export interface FilledDirectory {
  /** The directory itself got its owner and mode too. */
  readonly isItselfSet: boolean;
}

/** Where the directories of a mount lie. */
export function cacheFolder(mounts: string, id: string): string {
  return join(mounts, cacheMountName(id));
}

export async function acquireCacheDirectory(
  calls: SystemCalls,
  mount: CacheMount,
  options: CacheOptions,
): Promise<CacheDirectory> {
  const base = cacheFolder(options.mounts, mount.id);
  mkdirSync(base, { recursive: true, mode: 0o755 });
  const sharing = mount.sharing === 'shared' && !options.canShare ? 'locked' : mount.sharing;
  const { number, lock } = await lockNumber(calls, base, sharing, options.signal);
  try {
    noteUse(base, lock, mount.id);
    const path = join(base, String(number));
    const fd = await openOrCreate(calls, path, mount, options);
    const release = (): void => {
      noteUse(base, lock, mount.id);
      for (const held of [fd, lock]) closeSync(held);
      removeDiscarded(calls, base);
    };
    return { fd, release };
  } catch (error) {
    closeSync(lock);
    throw error;
  }
}

/** For who looks at what the store holds: the lock's time is that of the last use, and `id` names the mount. */
function noteUse(base: string, lock: number, id: string): void {
  ftruncateSync(lock, 0);
  const note = join(base, 'id');
  if (!existsSync(note)) writeFileSync(note, id.slice(0, MOST_OF_ID), { mode: 0o600 });
}

const MOST_OF_ID = 1000;

/**
 * A process that begins with an empty directory gets the one that it made itself, whatever others that share it do at
 * this moment.
 */
async function openOrCreate(
  calls: SystemCalls,
  path: string,
  mount: CacheMount,
  options: CacheOptions,
): Promise<number> {
  for (;;) {
    if (mount.isReset) discard(calls, path);
    const fd =
      (mount.isReset ? undefined : openInUse(calls, path)) ?? (await create(calls, path, mount, options));
    if (fd !== undefined) return fd;
  }
}

/** The descriptor's own lock says that the directory is in use, also when it no longer has its name. */
function openInUse(calls: SystemCalls, path: string): number | undefined {
  const fd = openIfThere(path);
  if (fd === undefined) return undefined;
  if (calls.flock(fd, LOCK_SH | LOCK_NB) && fstatSync(fd).nlink > 0) return fd;
  // Somebody deletes it, or did between its opening and its lock.
  closeSync(fd);
  return undefined;
}

function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, O_RDONLY | O_DIRECTORY);
  } catch (error) {
    if (isSystemCallError(error, 'ENOENT')) return undefined;
    throw error;
  }
}

async function lockNumber(
  calls: SystemCalls,
  base: string,
  sharing: CacheMount['sharing'],
  signal: AbortSignal,
): Promise<{ number: number; lock: number }> {
  if (sharing !== 'private')
    return {
      number: 0,
      lock: await waitForLock(calls, join(base, '0.lock'), sharing === 'shared' ? LOCK_SH : LOCK_EX, signal),
    };
  for (let number = 0; ; number++) {
    const lock = openSync(join(base, `${number}.lock`), 'a', 0o644);
    if (calls.flock(lock, LOCK_EX | LOCK_NB)) return { number, lock };
    closeSync(lock);
  }
}

const DISCARDED = 'old-';

/** Processes that use it at this moment keep it until they end; the last of them deletes it. */
function discard(calls: SystemCalls, path: string): void {
  const base = dirname(path);
  try {
    renameSync(path, join(base, `${DISCARDED}${randomBytes(8).toString('hex')}`));
  } catch (error) {
    if (!isSystemCallError(error, 'ENOENT')) throw error;
  }
  removeDiscarded(calls, base);
}

/** Also those of builds that were killed. */
function removeDiscarded(calls: SystemCalls, base: string): void {
  for (const name of readdirSync(base)) if (name.startsWith(DISCARDED)) removeUnused(calls, join(base, name));
}

function removeUnused(calls: SystemCalls, path: string): void {
  const fd = openIfThere(path);
  if (fd === undefined) return;
  if (calls.flock(fd, LOCK_EX | LOCK_NB)) removeTree(calls, path);
  closeSync(fd);
}

/** @returns a descriptor of the new directory; undefined when another process that shares it was faster. */
async function create(
  calls: SystemCalls,
  path: string,
  mount: CacheMount,
  options: CacheOptions,
): Promise<number | undefined> {
  const temporary = createTemporaryTree(calls, options.trees);
  const made = join(temporary.path, 'cache');
  mkdirSync(made, { mode: 0o700 });
  const fd = openSync(made, O_RDONLY | O_DIRECTORY);
  try {
    const filled = await options.fill?.({ path: made, fd });
    if (!filled?.isItselfSet) setAttributes(calls, fd, mount, options.ownership);
    calls.flock(fd, LOCK_SH);
    if (publish(calls, made, path)) return fd;
    closeSync(fd);
    return undefined;
  } catch (error) {
    closeSync(fd);
    throw error;
  } finally {
    temporary.remove();
  }
}

function setAttributes(calls: SystemCalls, fd: number, mount: CacheMount, ownership: Ownership): void {
  fchownSync(fd, ownership.idOnDisk(mount.uid), ownership.idOnDisk(mount.gid));
  for (const [name, value] of Object.entries(ownership.record({ uid: mount.uid, gid: mount.gid })))
    calls.setXattr(fd, name, value);
  fchmodSync(fd, mount.mode);
}

/** False when there is a directory already. */
function publish(calls: SystemCalls, made: string, path: string): boolean {
  try {
    // rename(2) alone puts it in the place of a directory that is empty, which somebody has already.
    unlessUnknown(
      () => calls.renameNew(fromUtf8(made), fromUtf8(path)),
      () => renameSync(made, path),
    );
    return true;
  } catch (error) {
    if (isSystemCallError(error, 'ENOTEMPTY', 'EEXIST')) return false;
    throw error;
  }
}

/** Some file systems, as those of networks, do not have the call. */
function unlessUnknown(work: () => void, otherwise: () => void): void {
  try {
    work();
  } catch (error) {
    if (!isSystemCallError(error, 'EINVAL', 'ENOSYS')) throw error;
    otherwise();
  }
}

/** Copies what is at `subpath` of the tree that `view` shows. @throws TsbuildError COPY_NOT_FOUND */
export async function copySeed(calls: SystemCalls, view: string, subpath: string, to: number): Promise<void> {
  const top = openSync(view, O_PATH | O_DIRECTORY);
  const from = openInside(calls, top, subpath);
  try {
    if (from === undefined || !fstatSync(from).isDirectory()) {
      throw new TsbuildError(
        'COPY_NOT_FOUND',
        `failed to calculate checksum of ref: "${subpath}": not found`,
        { hint: 'source= of a cache mount must be a directory' },
      );
    }
    await copyContents(from, to);
  } finally {
    closeSync(top);
    if (from !== undefined) closeSync(from);
  }
}
