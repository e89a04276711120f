// What stat(2) tells of an inode, as plain numbers: a BigInt for each field of each file would be most of what a walk over thousands of
// files leaves to the garbage collector. Pure.
import type { Timestamp } from './object-status.js';
import { STAT_LAYOUT } from './stat-layout.js';

export interface InodeStatus {
  /** Rounded to what a number holds; two inodes are told apart by `identity`. */
  readonly ino: number;
  /** Device and inode; undefined for an object that has one name only. A directory always has several. */
  readonly identity: string | undefined;
  /** With the type. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** As the kernel gives it: 0 is device 0:0. */
  readonly rdev: number;
  /** Bytes. */
  readonly size: number;
  readonly atime: Timestamp;
  readonly mtime: Timestamp;
}

const WORD = 2 ** 32;

/** What a struct stat says. */
export function inodeStatusIn(stat: Buffer): InodeStatus {
  const { dev, ino, nlink, mode, uid, gid, rdev, size, atime, mtime } = STAT_LAYOUT;
  return {
    ino: unsignedAt(stat, ino),
    identity:
      stat.readUInt32LE(nlink) > 1
        ? `${stat.toString('hex', dev, dev + 8)}:${stat.toString('hex', ino, ino + 8)}`
        : undefined,
    mode: stat.readUInt32LE(mode),
    uid: stat.readUInt32LE(uid),
    gid: stat.readUInt32LE(gid),
    rdev: unsignedAt(stat, rdev),
    size: unsignedAt(stat, size),
    atime: timestampAt(stat, atime),
    mtime: timestampAt(stat, mtime),
  };
}

function unsignedAt(stat: Buffer, at: number): number {
  return stat.readUInt32LE(at + 4) * WORD + stat.readUInt32LE(at);
}

function timestampAt(stat: Buffer, at: number): Timestamp {
  return {
    seconds: stat.readInt32LE(at + 4) * WORD + stat.readUInt32LE(at),
    nanoseconds: stat.readUInt32LE(at + 8),
  };
}
