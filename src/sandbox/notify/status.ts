// The status of an object as far as a supervisor reads it.
import type { Timestamp } from '../../host/syscalls/object-status.js';
import type { NotifyCalls } from '../../host/syscalls/notify-calls.js';
import { S_IFBLK, S_IFCHR, S_IFDIR, S_IFMT, S_IFREG, STAT_LAYOUT } from '../../host/stat-layout.js';

export interface Status {
  /** `other`: links, fifos, sockets. */
  readonly type: 'file' | 'dir' | 'device' | 'other';
  /** With the bits of the type. */
  readonly mode: number;
  readonly size: bigint;
  readonly atime: Timestamp;
}

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
