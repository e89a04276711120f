// struct stat of this machine (asm/stat.h, asm-generic/stat.h), as far as a supervisor reads it.
import type { Timestamp } from '../syscalls/file-calls.js';
import type { NotifyCalls } from '../syscalls/notify-calls.js';

export interface StatLayout {
  readonly bytes: number;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly rdev: number;
  readonly size: number;
  readonly atime: number;
  readonly mtime: number;
}

const LAYOUTS: Readonly<Record<'x64' | 'arm64', StatLayout>> = {
  x64: { bytes: 144, mode: 24, uid: 28, gid: 32, rdev: 40, size: 48, atime: 72, mtime: 88 },
  arm64: { bytes: 128, mode: 16, uid: 24, gid: 28, rdev: 32, size: 48, atime: 72, mtime: 88 },
};

export const STAT_LAYOUT: StatLayout = LAYOUTS[process.arch === 'arm64' ? 'arm64' : 'x64'];

export interface Status {
  /** `other`: links, fifos, sockets. */
  readonly type: 'file' | 'dir' | 'device' | 'other';
  /** With the bits of the type. */
  readonly mode: number;
  readonly size: bigint;
  readonly atime: Timestamp;
}

export const S_IFMT = 0o170000;
export const S_IFIFO = 0o010000;
export const S_IFCHR = 0o020000;
export const S_IFDIR = 0o040000;
export const S_IFBLK = 0o060000;
export const S_IFREG = 0o100000;
export const S_IFSOCK = 0o140000;
export const S_ISUID = 0o4000;
export const S_ISGID = 0o2000;

const TYPES = new Map<number, Status['type']>([
  [S_IFREG, 'file'],
  [S_IFDIR, 'dir'],
  [S_IFCHR, 'device'],
  [S_IFBLK, 'device'],
]);

const buffer = Buffer.alloc(STAT_LAYOUT.bytes);

/** Of an open object. */
export function readStatus(calls: Pick<NotifyCalls, 'stat'>, fd: number): Status {
  calls.stat(fd, buffer);
  return statusIn(buffer);
}

/** What a struct stat says. */
export function statusIn(stat: Buffer): Status {
  const mode = stat.readUInt32LE(STAT_LAYOUT.mode);
  return {
    type: TYPES.get(mode & S_IFMT) ?? 'other',
    mode,
    size: stat.readBigInt64LE(STAT_LAYOUT.size),
    atime: {
      seconds: Number(stat.readBigInt64LE(STAT_LAYOUT.atime)),
      nanoseconds: Number(stat.readBigInt64LE(STAT_LAYOUT.atime + 8)),
    },
  };
}
