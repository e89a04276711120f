// What a layer deletes, as marks in a tree that is being written (tree-marks.ts). Invariant: as tree-writer.ts.
import { closeSync } from 'node:fs';
import type { ByteString } from '../core/bytes.js';
import { baseName, parentPath } from '../core/tree-path.js';
import { S_IFCHR } from '../host/stat-layout.js';
import type { SystemCalls } from '../host/syscalls/system-calls.js';
import { isSystemCallError } from '../host/syscalls/binding.js';
import { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } from '../host/syscalls/open-flags.js';
import { isDirectoryAt, type DirectoryWriter } from './directory-writer.js';
import { markOpaque, WHITEOUT_PREFIX } from './tree-marks.js';

export interface DeletionMarks {
  /** The object at `path` is deleted. */
  addWhiteout(path: ByteString): void;
  /** What is in the directory at `path` is deleted. */
  addOpaque(path: ByteString): void;
  /** Makes the marks, after the last entry: a layer may delete an object and have a new one of the same name. */
  apply(): void;
}

export function createDeletionMarks(calls: SystemCalls, directories: DirectoryWriter): DeletionMarks {
  const whiteouts = new Set<ByteString>();
  const opaques = new Set<ByteString>();

  function applyWhiteout(path: ByteString): void {
    const parent = directories.open(parentPath(path));
    try {
      makeWhiteout(calls, parent, baseName(path));
    } catch (error) {
      if (!isSystemCallError(error, 'EEXIST')) throw error;
      // The layer has a new object of that name. It hides the old one, unless both are directories.
      if (isDirectoryAt(calls, parent, baseName(path))) opaques.add(path);
    }
  }

  return {
    addWhiteout: (path) => void whiteouts.add(path),
    addOpaque: (path) => void opaques.add(path),
    apply() {
      for (const path of whiteouts) applyWhiteout(path);
      for (const path of opaques) markOpaque(calls, directories.open(path));
    },
  };
}

/** A store on an overlay cannot hold a device 0:0, which is that overlay's own mark: it gets a file instead. */
function makeWhiteout(calls: SystemCalls, parent: number, name: ByteString): void {
  try {
    calls.mknodat(parent, name, S_IFCHR, 0);
  } catch (error) {
    if (!isSystemCallError(error, 'EPERM')) throw error;
    const mark = `${WHITEOUT_PREFIX}${name}` as ByteString;
    closeSync(calls.openat(parent, mark, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600));
  }
}
