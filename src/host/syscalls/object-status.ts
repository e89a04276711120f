// The parts of fstat(2) that the sandbox needs. Pure.
import { S_IFCHR, S_IFDIR, S_IFLNK, S_IFMT, S_IFREG, STAT_LAYOUT } from '../stat-layout.js';

export interface Timestamp {
  /** Whole seconds since the epoch. */
  readonly seconds: number;
  readonly nanoseconds: number;
}

export interface ObjectStatus {
  readonly type: 'file' | 'directory' | 'symlink' | 'character' | 'other';
  /** Permissions with the bits of set-id and sticky. */
  readonly mode: number;
  /** Device of the file system that it lies on. */
  readonly device: bigint;
  /** The number of a device: major << 8 | minor, where both have 8 bits. */
  readonly rdev: bigint;
  readonly mtime: Timestamp;
}

const TYPES = new Map<number, ObjectStatus['type']>([
  [S_IFREG, 'file'],
  [S_IFDIR, 'directory'],
  [S_IFLNK, 'symlink'],
  [S_IFCHR, 'character'],
]);

/** What a struct stat says. */
export function statusIn(stat: Buffer): ObjectStatus {
  const mode = stat.readUInt32LE(STAT_LAYOUT.mode);
  return {
    type: TYPES.get(mode & S_IFMT) ?? 'other',
    mode: mode & 0o7777,
    device: stat.readBigUInt64LE(STAT_LAYOUT.dev),
    rdev: stat.readBigUInt64LE(STAT_LAYOUT.rdev),
    mtime: {
      seconds: Number(stat.readBigInt64LE(STAT_LAYOUT.mtime)),
      nanoseconds: Number(stat.readBigInt64LE(STAT_LAYOUT.mtime + 8)),
    },
  };
}
