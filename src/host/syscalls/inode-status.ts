// What stat(2) tells of an inode, as plain numbers: a BigInt for each field of each file would be most of what a walk
// over thousands of files leaves to the garbage collector. Pure.
import type { Timestamp } from './object-status.js';
import { STAT_LAYOUT } from '../stat-layout.js';

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
const WORD_BYTES = 4;

/**
 * A struct stat for a call to fill: a view of whole words reads a field in a fraction of the time that a Buffer takes.
 */
export type StatWords = Uint32Array<ArrayBuffer>;

export function statWords(): StatWords {
  return new Uint32Array(STAT_LAYOUT.bytes / WORD_BYTES);
}

/** What a struct stat says. The supported machines are little-endian. */
export function inodeStatusIn(stat: StatWords): InodeStatus {
  const { dev, ino, nlink, mode, uid, gid, rdev, size, atime, mtime } = STAT_LAYOUT;
  return {
    ino: longAt(stat, ino),
    identity: intAt(stat, nlink) > 1 ? `${wholeLongAt(stat, dev)}:${wholeLongAt(stat, ino)}` : undefined,
    mode: intAt(stat, mode),
    uid: intAt(stat, uid),
    gid: intAt(stat, gid),
    rdev: longAt(stat, rdev),
    size: longAt(stat, size),
    atime: timestampAt(stat, atime),
    mtime: timestampAt(stat, mtime),
  };
}

function intAt(stat: StatWords, at: number): number {
  return stat[at / WORD_BYTES]!;
}

function longAt(stat: StatWords, at: number): number {
  return intAt(stat, at + WORD_BYTES) * WORD + intAt(stat, at);
}

/** All bits of it, as text. */
function wholeLongAt(stat: StatWords, at: number): string {
  return `${intAt(stat, at + WORD_BYTES)}.${intAt(stat, at)}`;
}

function timestampAt(stat: StatWords, at: number): Timestamp {
  return {
    seconds: (intAt(stat, at + WORD_BYTES) | 0) * WORD + intAt(stat, at),
    nanoseconds: intAt(stat, at + 2 * WORD_BYTES),
  };
}
