// FIFOs and devices of a tree on the host's file system: Node has no function for mknod(2), so koffi makes the call.
import { loadBinary } from '../host/load-koffi.js';
import { S_IFBLK, S_IFCHR, S_IFIFO } from '../host/stat-layout.js';
import type { TreeNode } from '../layer/entry.js';

/**
 * False when this user, this machine or an installation without koffi cannot make it. `path`: bytes, without a final
 * NUL.
 */
export type MakeSpecialFile = (path: Buffer, node: TreeNode) => boolean;

const AT_FDCWD = -100;
const MKNODAT = { x64: 259, arm64: 33 } as const;
const TYPES: Readonly<Partial<Record<TreeNode['type'], number>>> = {
  fifo: S_IFIFO,
  char: S_IFCHR,
  block: S_IFBLK,
};

export function loadSpecialFiles(): MakeSpecialFile {
  const { arch, platform } = process;
  const koffi = platform === 'linux' && (arch === 'x64' || arch === 'arm64') ? loadBinary() : undefined;
  if (!koffi || (arch !== 'x64' && arch !== 'arm64')) return () => false;
  const mknodat = koffi.load(null).func('syscall', 'long', ['long', 'int', 'const char *', 'uint', 'uint']);
  return (path, { type, devMajor = 0, devMinor = 0 }) => {
    const kind = TYPES[type];
    if (kind === undefined) return false;
    // Its mode is given to it afterwards, by whoever has made it.
    const mode = kind | 0o600;
    return (
      mknodat(MKNODAT[arch], AT_FDCWD, Buffer.concat([path, NUL]), mode, numberOf(devMajor, devMinor)) === 0
    );
  };
}

const NUL = Buffer.alloc(1);

/** As the kernel takes it from user space (linux/kdev_t.h new_decode_dev). */
function numberOf(major: number, minor: number): number {
  return ((minor & 0xff) | ((major & 0xfff) << 8) | ((minor & 0xfff00) << 12)) >>> 0;
}
