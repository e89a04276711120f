// The first content of a volume: a directory for root of the container, or a copy of what the image has at the place
// where the volume is mounted, with owners, modes, times and attributes (docker's copy-up, moby daemon/create_unix.go).
// Invariant: nobody sees a volume that is half filled. What is copied lies aside under a name that says whether all of
// it is there, and is moved when it is; who comes after a kill finishes the moves, or begins anew.
import {
  closeSync,
  existsSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  openSync,
  readdirSync,
  renameSync,
  rmdirSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { ByteString } from '../../core/bytes.js';
import { TsbuildError } from '../../core/errors.js';
import { LOCK_EX, waitForLock } from '../../host/flock.js';
import { O_DIRECTORY, O_PATH, O_RDONLY } from '../../host/syscalls/open-flags.js';
import type { SystemCalls } from '../../host/syscalls/system-calls.js';
import { copyContents } from '../../rootfs/copy-contents.js';
import { RECORD_PREFIX } from '../../rootfs/owner-record.js';
import { isTreeXattr, type Ownership } from '../../rootfs/ownership.js';
import { makeContainerDirectory } from '../../rootfs/overlay.js';
import { modificationTime, openDirectory, openInside } from '../../rootfs/path-in-root.js';
import { removeTree } from '../../rootfs/remove-tree.js';

export interface VolumeToFill {
  /** Of its content; its parent is the folder of the volume, which exists. */
  readonly directory: string;
  /** Path in the rootfs of what it gets when it is empty. */
  readonly seed?: string;
}

export interface FillOptions {
  /** Path of the rootfs, in which no process runs. */
  readonly rootfs: string;
  readonly ownership: Ownership;
  readonly signal: AbortSignal;
}

const BEGUN = 'filling';
const WHOLE = 'filled';

/**
 * Makes the content when there is none. What is there is never touched.
 * @throws TsbuildError CONTAINER_MOUNT when the image has a file at the place, STORE_FULL, ABORTED
 */
export async function fillVolume(
  calls: SystemCalls,
  { directory, seed }: VolumeToFill,
  { rootfs, ownership, signal }: FillOptions,
): Promise<void> {
  const folder = dirname(directory);
  const lock = await waitForLock(calls, join(folder, 'lock'), LOCK_EX, signal);
  try {
    removeTree(calls, join(folder, BEGUN));
    finishMoves(calls, directory);
    if (existsSync(directory) && (seed === undefined || readdirSync(directory).length > 0)) return;
    const begun = join(folder, BEGUN);
    makeContainerDirectory(calls, begun, ownership);
    if (seed !== undefined) await copySeed(calls, rootfs, seed, begun);
    renameSync(begun, existsSync(directory) ? join(folder, WHOLE) : directory);
    finishMoves(calls, directory);
  } finally {
    closeSync(lock);
  }
}

/** Of an image that has nothing there, the volume stays empty. */
async function copySeed(calls: SystemCalls, rootfs: string, seed: string, to: string): Promise<void> {
  const opened = [openDirectory(rootfs)];
  try {
    const from = openInside(calls, opened[0]!, seed);
    if (from === undefined) return;
    opened.push(from);
    if (!fstatSync(from).isDirectory())
      throw new TsbuildError(
        'CONTAINER_MOUNT',
        `cannot mount volume over existing file, file exists ${seed}`,
        { hint: 'mount it at a directory, or at a path that the image does not have' },
      );
    const target = openSync(to, O_RDONLY | O_DIRECTORY);
    opened.push(target);
    await copyContents(from, target);
    copyAttributes(calls, from, target);
  } finally {
    opened.forEach((fd) => closeSync(fd));
  }
}

/** @param from O_PATH descriptor of a directory */
function copyAttributes(calls: SystemCalls, from: number, to: number): void {
  const { uid, gid, mode } = fstatSync(from);
  fchownSync(to, uid, gid);
  for (const [name, value] of Object.entries(calls.listXattrs(`/proc/self/fd/${from}/.`)))
    if (isTreeXattr(name) || name.startsWith(RECORD_PREFIX)) calls.setXattr(to, name, value);
  fchmodSync(to, mode & 0o7777);
  calls.futimens(to, modificationTime(from));
}

/** A volume that is empty may be mounted somewhere, so it stays the directory that it is. */
function finishMoves(calls: SystemCalls, directory: string): void {
  const whole = join(dirname(directory), WHOLE);
  if (!existsSync(whole)) return;
  const opened: number[] = [];
  const open = (path: string, flags: number): number => {
    const fd = openSync(path, flags | O_DIRECTORY);
    opened.push(fd);
    return fd;
  };
  try {
    const [from, to] = [open(whole, O_RDONLY), open(directory, O_RDONLY)];
    for (const name of readdirSync(whole, { encoding: 'latin1' }) as ByteString[])
      calls.renameat(from, name, to, name);
    copyAttributes(calls, open(whole, O_PATH), to);
  } finally {
    opened.forEach((fd) => closeSync(fd));
  }
  rmdirSync(whole);
}
