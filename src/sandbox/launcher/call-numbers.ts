// Numbers of the functions that a launcher knows by their name of the C library. Data.
import type { SyscallNumber } from '../../host/syscalls/binding.js';

/** Functions of the C library that are their system call, by name. */
export const CALL_NUMBERS: Readonly<Record<string, SyscallNumber>> = {
  openat: { x64: 257, arm64: 56 },
  mkdirat: { x64: 258, arm64: 34 },
  unlinkat: { x64: 263, arm64: 35 },
  symlinkat: { x64: 266, arm64: 36 },
  readlinkat: { x64: 267, arm64: 78 },
  fchownat: { x64: 260, arm64: 54 },
  utimensat: { x64: 280, arm64: 88 },
  fsetxattr: { x64: 190, arm64: 7 },
  close: { x64: 3, arm64: 57 },
  write: { x64: 1, arm64: 64 },
  fchmod: { x64: 91, arm64: 52 },
  fchown: { x64: 93, arm64: 55 },
  umask: { x64: 95, arm64: 166 },
  mount: { x64: 165, arm64: 40 },
  umount2: { x64: 166, arm64: 39 },
  unshare: { x64: 272, arm64: 97 },
  pipe2: { x64: 293, arm64: 59 },
  sethostname: { x64: 170, arm64: 161 },
  prctl: { x64: 157, arm64: 167 },
  chroot: { x64: 161, arm64: 51 },
  fchdir: { x64: 81, arm64: 50 },
  dup3: { x64: 292, arm64: 24 },
  fcntl: { x64: 72, arm64: 25 },
  socket: { x64: 41, arm64: 198 },
  ioctl: { x64: 16, arm64: 29 },
  setsid: { x64: 112, arm64: 157 },
  setns: { x64: 308, arm64: 268 },
  execve: { x64: 59, arm64: 221 },
};
