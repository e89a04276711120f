// Deletes trees of any depth by directory descriptors, never through a link. Somebody else may delete the same at the
// same time: what is gone is what was wanted. Modes that keep their own owner out are changed.
import { chmodSync, closeSync, fchmodSync, openSync, readdirSync, type Dirent } from 'node:fs';
import { basename, dirname } from 'node:path';
import { fromUtf8, type ByteString } from '../core/bytes.js';
import type { SystemCalls } from '../host/syscalls/system-calls.js';
import { isSystemCallError, type Name } from '../host/syscalls/binding.js';
import { AT_REMOVEDIR } from '../host/syscalls/file-calls.js';
import { O_DIRECTORY, O_NOFOLLOW, O_PATH, O_RDONLY } from '../host/syscalls/open-flags.js';

/** Descriptors held at most; a deeper directory is first moved to the top. */
const MAX_OPEN_LEVELS = 64;

/** Entries of an open directory, their names as bytes. */
function entriesOf(dir: number): Dirent[] {
  return readdirSync(`/proc/self/fd/${dir}`, { encoding: 'latin1', withFileTypes: true });
}

/**
 * Deletes `path` and everything below; nothing happens when it does not exist. `path` is one of ours: its parents are
 * trusted.
 */
export function removeTree(calls: SystemCalls, path: string): void {
  let parent: number;
  try {
    parent = openSync(dirname(path), O_RDONLY | O_DIRECTORY);
  } catch (error) {
    if (isSystemCallError(error, 'ENOENT')) return;
    throw error;
  }
  try {
    removeAt(calls, parent, fromUtf8(basename(path)));
  } finally {
    closeSync(parent);
  }
}

/** Deletes the entry `name` of an open directory. */
export function removeAt(calls: SystemCalls, parent: number, name: Name): void {
  try {
    unlessGone(() => calls.unlinkat(parent, name, 0));
    return;
  } catch (error) {
    if (!isSystemCallError(error, 'EISDIR', 'EPERM')) throw error;
  }
  const top = openIfThere(calls, parent, name);
  if (top === undefined) return;
  try {
    let moved = 0;
    const bury = (dir: number, child: Name): void =>
      unlessGone(() => calls.renameat(dir, child, top, fromUtf8(`.deep-${moved++}`)));
    // What was too deep stands at the top after a round.
    for (let entries = entriesOf(top); entries.length > 0; entries = entriesOf(top)) {
      for (const entry of entries) removeBelow(calls, top, entry, { level: 1, bury });
    }
  } finally {
    closeSync(top);
  }
  unlessGone(() => calls.unlinkat(parent, name, AT_REMOVEDIR));
}

function unlessGone(remove: () => void): void {
  try {
    remove();
  } catch (error) {
    if (!isSystemCallError(error, 'ENOENT')) throw error;
  }
}

function openIfThere(calls: SystemCalls, parent: number, name: Name): number | undefined {
  try {
    return calls.openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  } catch (error) {
    if (isSystemCallError(error, 'ENOENT')) return undefined;
    if (!isSystemCallError(error, 'EACCES')) throw error;
    admitOwner(calls, parent, name, error);
    return calls.openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  }
}

const OWNER_ONLY = 0o700;

/** @throws `refusal` when the directory is another's */
function admitOwner(calls: SystemCalls, parent: number, name: Name, refusal: unknown): void {
  const closed = calls.openat(parent, name, O_PATH | O_DIRECTORY | O_NOFOLLOW);
  try {
    chmodSync(`/proc/self/fd/${closed}`, OWNER_ONLY);
  } catch {
    throw refusal;
  } finally {
    closeSync(closed);
  }
}

/** Takes an entry out of a directory, whose mode may forbid it to the owner. */
function unlinkIn(calls: SystemCalls, dir: number, name: Name, flags: number): void {
  try {
    unlessGone(() => calls.unlinkat(dir, name, flags));
  } catch (refusal) {
    if (!isSystemCallError(refusal, 'EACCES')) throw refusal;
    try {
      fchmodSync(dir, OWNER_ONLY);
    } catch {
      throw refusal;
    }
    unlessGone(() => calls.unlinkat(dir, name, flags));
  }
}

interface Descent {
  readonly level: number;
  readonly bury: (dir: number, child: Name) => void;
}

function removeBelow(calls: SystemCalls, parent: number, entry: Dirent, { level, bury }: Descent): void {
  const name = entry.name as ByteString;
  if (!entry.isDirectory()) return unlinkIn(calls, parent, name, 0);
  if (level >= MAX_OPEN_LEVELS) return bury(parent, name);
  const dir = openIfThere(calls, parent, name);
  if (dir === undefined) return;
  try {
    for (const child of entriesOf(dir)) removeBelow(calls, dir, child, { level: level + 1, bury });
  } finally {
    closeSync(dir);
  }
  unlinkIn(calls, parent, name, AT_REMOVEDIR);
}
