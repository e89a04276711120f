// struct stat of this machine (asm/stat.h, asm-generic/stat.h): where it holds what, the types of files in its
// mode, and the numbers of the calls that fill it. Data.

export interface StatLayout {
  readonly bytes: number;
  readonly dev: number;
  readonly ino: number;
  readonly nlink: number;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly rdev: number;
  readonly size: number;
  readonly atime: number;
  readonly mtime: number;
  readonly ctime: number;
}

const LAYOUTS: Readonly<Record<'x64' | 'arm64', StatLayout>> = {
  x64: {
    bytes: 144,
    dev: 0,
    ino: 8,
    nlink: 16,
    mode: 24,
    uid: 28,
    gid: 32,
    rdev: 40,
    size: 48,
    atime: 72,
    mtime: 88,
    ctime: 104,
  },
  arm64: {
    bytes: 128,
    dev: 0,
    ino: 8,
    nlink: 20,
    mode: 16,
    uid: 24,
    gid: 28,
    rdev: 32,
    size: 48,
    atime: 72,
    mtime: 88,
    ctime: 104,
  },
};

export const STAT_LAYOUT: StatLayout = LAYOUTS[process.arch === 'arm64' ? 'arm64' : 'x64'];

/** fstat(2), newfstatat(2) and openat(2). */
export const FSTAT = { x64: 5, arm64: 80 } as const;
export const FSTATAT = { x64: 262, arm64: 79 } as const;
export const OPENAT = { x64: 257, arm64: 56 } as const;

export const S_IFMT = 0o170000;
export const S_IFIFO = 0o010000;
export const S_IFCHR = 0o020000;
export const S_IFDIR = 0o040000;
export const S_IFBLK = 0o060000;
export const S_IFREG = 0o100000;
export const S_IFLNK = 0o120000;
export const S_IFSOCK = 0o140000;
