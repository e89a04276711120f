// The calls of a walk over thousands of files: entries, status, content. They make no objects that are thrown away at
// once.
import type { ByteString } from '../../core/bytes.js';
import { constants } from 'node:os';
import { cString, systemCallError, type Binding, type Name } from './binding.js';
import { AT_SYMLINK_NOFOLLOW } from './file-calls.js';
import { inodeStatusIn, statWords, type InodeStatus } from './inode-status.js';
import { O_CLOEXEC, O_NOATIME, O_NOFOLLOW, O_NONBLOCK, O_RDONLY } from './open-flags.js';
import { FSTAT, FSTATAT } from '../stat-layout.js';

const { ENOENT, ENOTDIR } = constants.errno;

const DIRECTORY_BYTES = 0x8000;
const TO_READ = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOATIME | O_CLOEXEC;

export interface WalkCalls {
  /** Of an open file. */
  inodeStatus(fd: number): InodeStatus;
  /**
   * Of an entry of a directory, or of a path, which is not followed when it is a link; undefined when there is nothing.
   */
  inodeStatusAt(dir: number, name: Name): InodeStatus | undefined;
  /** What is in an open directory, in any order. Once per descriptor. */
  entriesOf(dir: number): DirectoryEntry[];
  /**
   * Opens a file for reading that is no link, without waiting and without changing its time of access; undefined when
   * that cannot be.
   */
  openToRead(dir: number, name: Name): number | undefined;
}

export function walkCalls(binding: Binding): WalkCalls {
  const fstat = binding.raw('fstat', FSTAT, ['int', 'void *']);
  const fstatat = binding.attempt('newfstatat', FSTATAT, ['int', 'const char *', 'void *', 'int']);
  const tryOpenat = binding.attempt('openat', { x64: 257, arm64: 56 }, ['int', 'const char *', 'int']);
  const getdents = binding.raw('getdents64', { x64: 217, arm64: 61 }, ['int', 'void *', 'size_t']);
  /** Launchers, which have these calls too, do not walk. */
  let entries: Buffer | undefined;
  const inode = statWords();
  const inodeBytes = new Uint8Array(inode.buffer);
  return {
    inodeStatus: (fd) => {
      fstat(fd, inodeBytes);
      return inodeStatusIn(inode);
    },
    inodeStatusAt: (dir, name) => {
      const result = fstatat(dir, cString(name), inodeBytes, AT_SYMLINK_NOFOLLOW);
      if (result === 0) return inodeStatusIn(inode);
      if (result === -ENOENT || result === -ENOTDIR) return undefined;
      throw systemCallError('newfstatat', -result);
    },
    entriesOf: (dir) => {
      const found: DirectoryEntry[] = [];
      entries ??= Buffer.alloc(DIRECTORY_BYTES);
      for (;;) {
        const length = getdents(dir, entries, entries.length);
        if (length === 0) return found;
        found.push(...directoryEntriesIn(entries, length));
      }
    },
    openToRead: (dir, name) => {
      const fd = tryOpenat(dir, cString(name), TO_READ);
      return fd < 0 ? undefined : fd;
    },
  };
}

/** What getdents64(2) tells of a directory, without a look at each object: struct linux_dirent64 of getdents(2). */
export interface DirectoryEntry {
  readonly name: ByteString;
  /** One of DT_* (dirent.h); 0 where the file system does not say. */
  readonly type: number;
}

export const DT_REG = 8;

const LENGTH_AT = 16;
const TYPE_AT = 18;
const NAME_AT = 19;

/** The entries in `length` bytes, without those of the directory itself and its parent. */
function directoryEntriesIn(buffer: Buffer, length: number): DirectoryEntry[] {
  const entries: DirectoryEntry[] = [];
  for (let at = 0; at < length;) {
    const start = at + NAME_AT;
    const name = buffer.toString('latin1', start, buffer.indexOf(0, start)) as ByteString;
    if (name !== '.' && name !== '..') entries.push({ name, type: buffer[at + TYPE_AT]! });
    at += buffer.readUInt16LE(at + LENGTH_AT);
  }
  return entries;
}
