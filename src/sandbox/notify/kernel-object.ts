// File systems that the kernel makes up: nothing there is part of a layer, or belongs to a user of the image.
import type { NotifyCalls } from '../../host/syscalls/notify-calls.js';

/** linux/magic.h */
const PROC_SUPER_MAGIC = 0x9fa0;
const PIPEFS_MAGIC = 0x50495045;
const SOCKFS_MAGIC = 0x534f434b;
const ANON_INODE_FS_MAGIC = 0x09041934;
const MADE_UP = new Set([
  PROC_SUPER_MAGIC,
  PIPEFS_MAGIC,
  SOCKFS_MAGIC,
  ANON_INODE_FS_MAGIC,
  0x62656572,
  0x63677270,
  0x27e0eb,
  0x6e736673,
]);

type Calls = Pick<NotifyCalls, 'fileSystemOf'>;

/** Whether an open object lies in the proc file system. */
export function isProcObject(calls: Calls, fd: number): boolean {
  return calls.fileSystemOf(fd) === PROC_SUPER_MAGIC;
}

/**
 * Whether an open object is a pipe, a socket or the like, or lies in the proc, sys, cgroup or namespace file system.
 */
export function isKernelObject(calls: Calls, fd: number): boolean {
  return MADE_UP.has(calls.fileSystemOf(fd));
}
